/**
 * What ours is told of a task: the range of the angle, and those of shift, scale and shear where they go further than the default ranges. Every method may know
 * the ranges; ours draws the labelled images at the default ones too, because further poses are what a few labelled images teach most by. All else is the
 * library's default.
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
