/**
 * The settings of our classifier for a task: the range of the angle, and the ranges of shift, scale and shear where they exceed the defaults. Every method may use
 * the task's ranges; ours never trains on ranges smaller than the defaults, because with few labelled images a wider range of poses helps most. All other options
 * have the library's defaults.
 */
import { defaultRanges } from 'pyroved-ts';

const RADIANS = Math.PI / 180;

/** The settings of the model. */
export function modelSettings({ ranges: { angle, shift, scale, shear } }) {
  const [across, down] = shift;
  return {
    recognition: {
      ranges: {
        angle: angle * RADIANS,
        // In units of the [-1, 1] grid, the vertical axis first.
        shift: [2 * down, 2 * across].map((shift) => Math.max(shift, defaultRanges.shift)),
        scale: [Math.min(scale[0], defaultRanges.scale[0]), Math.max(scale[1], defaultRanges.scale[1])],
        shear: Math.max(shear * RADIANS, defaultRanges.shear),
      },
    },
  };
}
