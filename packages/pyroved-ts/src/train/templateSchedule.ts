/** What changes in the course of the joint steps of a template model: learning rates and blur. */

/** Of images of 48 pixels: blur at first, and the least until the last steps. */
const BLUR = { first: 2, least: 1, falls: 0.6, sharp: 0.9 } as const;

/** What the learning rates are multiplied by: 1 for the first half of the joint steps, then down a cosine. @param progress from 0 to 1 */
export const slowing = (progress: number): number =>
  0.01 + (progress < 0.5 ? 1 : 0.5 * (1 + Math.cos((Math.PI * (progress - 0.5)) / 0.5)));

/** Standard deviation in pixels of the blur under which images of `shape` and pictures are compared. */
export function blurAt(progress: number, shape: readonly number[]): number {
  const least = progress < BLUR.sharp ? BLUR.least : 0;
  const pixels = Math.max(least, BLUR.first * Math.max(0, 1 - progress / BLUR.falls));
  return (pixels * Math.max(...shape)) / 48;
}
