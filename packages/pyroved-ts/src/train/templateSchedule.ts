/** Schedules of the joint steps of a template model: learning rates and blur. */

/**
 * For images of 48 pixels: initial and minimum blur in pixels; as progress, when the minimum is reached (`falls`) and
 * when the blur ends (`sharp`).
 */
const BLUR = { first: 2, least: 1, falls: 0.6, sharp: 0.9 } as const;

/**
 * Factor of the learning rates: constant for the first half of the joint steps, then cosine decay. @param progress from
 * 0 to 1
 */
export const slowing = (progress: number): number =>
  0.01 + (progress < 0.5 ? 1 : 0.5 * (1 + Math.cos((Math.PI * (progress - 0.5)) / 0.5)));

/** Standard deviation in pixels of the blur of images of `shape` and of pictures. */
export function blurAt(progress: number, shape: readonly number[]): number {
  const least = progress < BLUR.sharp ? BLUR.least : 0;
  const pixels = Math.max(least, BLUR.first * Math.max(0, 1 - progress / BLUR.falls));
  return (pixels * Math.max(...shape)) / 48;
}
