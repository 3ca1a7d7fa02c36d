/** Copies of upright images at random poses: images of known class and pose, for validation or training. */
import { OptionError, RandomStream } from 'pyro-ts';
import { type AffineRanges, drawPoses, type Outside, type Poses, posedImages } from '../coordinates/index.js';
import { posedTable } from '../coordinates/posedImages.js';
import { type OptionTable, positiveInteger, resolveOptions } from '../options.js';
import { type ImageSet, imageAt, imageSize, inMemory, type StreamedSet } from './dataset.js';
import { estimateNoise, lostNoise } from './noise.js';

/** Options of `posedCopies`. */
export interface PosedCopiesOptions {
  /** Number of copies of each image, each at a different pose. @default 1 */
  readonly copies?: number;
  /**
   * Standard deviation of Gaussian noise added afterwards, in the units of the images. `lost`: as much as interpolation
   * removes (see `estimateNoise`), so that copies are as noisy as the originals, with values clipped to the range of the
   * set.
   * @default 0
   */
  readonly noise?: number | 'lost';
  /** Seed of poses and noise. @default 1 */
  readonly seed?: number | string;
  /** See `PosedOptions`. @default 'edge' */
  readonly outside?: Outside;
}

const table = {
  copies: { default: 1, ...positiveInteger },
  noise: { default: 0 as number | 'lost' },
  seed: { default: 1 as number | string },
  ...posedTable,
} satisfies OptionTable<PosedCopiesOptions>;

/** Copies of images at random poses, with the labels, names and factors of the originals. */
export interface PosedCopies extends ImageSet {
  /** The pose of each copy. */
  readonly poses: Poses;
  /**
   * Index of the original of each copy, [count]. The copies of image i are i * copies, i * copies + 1, ...
   */
  readonly originals: Int32Array;
}

/**
 * Copies of each image of a set at random poses. The same arguments give the same copies.
 * @param set upright images, or signals (which are only shifted)
 * @throws {OptionError} when a range or an option is invalid.
 * @example posedCopies(validation, { angle: Math.PI, shift: 0.2 }, { copies: 8, noise: 0.05, seed: 1 })
 */
export function posedCopies(
  set: ImageSet | StreamedSet,
  ranges: AffineRanges,
  options: PosedCopiesOptions = {},
): PosedCopies {
  const { copies, noise, seed, outside } = resolveOptions('posedCopies', options, table);
  const { images: upright, count: distinct, ...rest } = inMemory(set);
  const original: ImageSet = { ...rest, images: upright, count: distinct };
  const [count, size] = [distinct * copies, imageSize(original)];
  const originals = Int32Array.from({ length: count }, (_, i) => Math.floor(i / copies));
  const repeated = new Float32Array(count * size);
  for (let i = 0; i < count; i++) repeated.set(imageAt(original, originals[i]), i * size);
  const stream = new RandomStream(seed).fork('posed copies');
  const poses = drawPoses(count, ranges, stream.fork('poses'), set.shape.length);
  const images = posedImages(repeated, set.shape, set.channels, poses, { outside });
  const deviation = noise === 'lost' ? lostNoise(estimateNoise(original), set.shape.length) : noise;
  addNoise(images, deviation, stream.fork('noise'));
  if (noise === 'lost' && deviation > 0) clampTo(images, upright);
  const { labels, names, factors } = original;
  return {
    ...rest,
    images,
    count,
    poses,
    originals,
    ...(labels && { labels: originals.map((i) => labels[i]) }),
    ...(names && { names: Array.from(originals, (i) => names[i]) }),
    ...(factors && {
      factors: Object.fromEntries(
        Object.entries(factors).map(([name, values]) => [name, Float32Array.from(originals, (i) => values[i])]),
      ),
    }),
  };
}

/** Clips values to the range of others. */
function clampTo(images: Float32Array, others: Float32Array): void {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const v of others) {
    low = Math.min(low, v);
    high = Math.max(high, v);
  }
  for (let i = 0; i < images.length; i++) images[i] = Math.min(high, Math.max(low, images[i]));
}

/**
 * Adds independent Gaussian noise to `images`, in place. No random number is drawn if the deviation is 0.
 * @throws {OptionError} when the standard deviation is negative.
 */
export function addNoise(images: Float32Array, standardDeviation: number, rng: RandomStream): void {
  if (!(standardDeviation >= 0 && Number.isFinite(standardDeviation))) {
    throw new OptionError(`The standard deviation of the noise must be at least 0; got ${standardDeviation}.`);
  }
  if (standardDeviation === 0) return;
  for (let i = 0; i < images.length; i++) images[i] += standardDeviation * rng.nextNormal();
}
