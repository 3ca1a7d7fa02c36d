/** What ours is told of a task: the ranges of the poses, which every method may know. All else is the library's default. */

const RADIANS = Math.PI / 180;

/** The settings of the model: the task's ranges of poses. */
export function modelSettings({ ranges: { angle, shift, scale, shear } }) {
  const [across, down] = shift;
  return {
    recognition: {
      // Shifts in units of the [-1, 1] grid, the vertical axis first.
      ranges: { angle: angle * RADIANS, shift: [2 * down, 2 * across], scale, shear: shear * RADIANS },
    },
  };
}
