/** Applies preprocessing to values in memory, and to sets of images, including streamed ones. */
import { type ImageSet, imageSize, type StreamedSet } from '../dataset.js';
import { gaussianPlan, subtractBlur } from './gaussian.js';
import { fitPlan, subtractFit } from './polynomial.js';
import { type BackgroundRemoval, checkPreprocessing, isIdentity, type Preprocessing } from './preprocessing.js';

/** Added to the divisor of an image, whose values are about 1. */
const LEAST = 1e-4;

/**
 * Removes the background and standardises, separately for each channel of each image. A constant image becomes 0.
 * @param values `[count, channels, ...shape]`, row major; not changed
 * @returns values of the same layout; `values` itself if there is nothing to do
 * @throws {OptionError} when the preprocessing is unknown.
 * @example
 * const flat = preprocessValues(images, { shape: [48, 48] }, { background: 'plane', standardise: 'rms' });
 */
export function preprocessValues(
  values: Float32Array,
  { shape }: Pick<ImageSet, 'shape'>,
  preprocessing: Preprocessing,
): Float32Array {
  checkPreprocessing(preprocessing);
  if (isIdentity(preprocessing)) return values;
  const { background, standardise } = preprocessing;
  const out = Float32Array.from(values);
  const points = imageSize({ shape, channels: 1 });
  const subtract = subtraction(background, shape);
  for (let at = 0; at < values.length; at += points) {
    const plane = out.subarray(at, at + points);
    subtract(plane);
    if (standardise === 'rms') scale(plane, 0);
    if (standardise === 'std') scale(plane, mean(plane));
  }
  return out;
}

/**
 * The set with preprocessed images: at once if they are in memory, otherwise as they are read.
 * @throws {OptionError} when the preprocessing is unknown.
 * @example const flat = preprocessed(images, { background: 'plane', standardise: 'rms' });
 */
export function preprocessed<S extends ImageSet | StreamedSet>(set: S, preprocessing: Preprocessing): S {
  checkPreprocessing(preprocessing);
  if (isIdentity(preprocessing)) return set;
  if (!('read' in set)) return { ...set, images: preprocessValues(set.images, set, preprocessing) };
  const read = (indices: ArrayLike<number>) => preprocessValues(set.read(indices), set, preprocessing);
  return { ...set, read };
}

function subtraction(background: BackgroundRemoval, shape: readonly number[]): (plane: Float32Array) => void {
  if (background === 'none') return () => {};
  const fit = fitPlan(shape, background === 'plane' ? 1 : 2);
  if (background !== 'gaussian') return (plane) => subtractFit(plane, fit);
  const blur = gaussianPlan(shape);
  const inliers = new Uint8Array(fit.points);
  return (plane) => {
    // Pixels far from a smooth surface belong to objects, not to the background.
    subtractFit(plane, fit, inliers);
    subtractBlur(plane, blur, inliers);
  };
}

function mean(plane: Float32Array): number {
  let sum = 0;
  for (const v of plane) sum += v;
  return sum / plane.length;
}

/** (plane - centre) / its root mean square, in place. */
function scale(plane: Float32Array, centre: number): void {
  let squares = 0;
  for (const v of plane) squares += (v - centre) ** 2;
  const size = Math.sqrt(squares / plane.length);
  // The rounding errors of a constant image must not be amplified.
  const factor = size > 1e-6 * Math.max(1, Math.abs(centre)) ? 1 / (size + LEAST) : 0;
  for (let p = 0; p < plane.length; p++) plane[p] = (plane[p] - centre) * factor;
}
