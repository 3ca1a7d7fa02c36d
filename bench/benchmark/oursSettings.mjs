/** What ours is told of a task: the ranges of the poses, which every method may know. All else is the library's default. */
import { defaultRanges } from 'pyroved-ts';

const RADIANS = Math.PI / 180;

/** The settings of the model: known ranges of angle and shift; scale and shear where they go further than the default ranges. */
export function modelSettings({ ranges: { angle, shift, scale, shear } }) {
  const [across, down] = shift;
  return {
    recognition: {
      ranges: {
        angle: angle * RADIANS,
        // In units of the [-1, 1] grid, the vertical axis first.
        shift: [2 * down, 2 * across],
        scale: [Math.min(scale[0], defaultRanges.scale[0]), Math.max(scale[1], defaultRanges.scale[1])],
        shear: Math.max(shear * RADIANS, defaultRanges.shear),
      },
    },
  };
}
