/**
 * A property of images as a function of their latents, over the grid of the manifold, with its uncertainty.
 */
import { OptionError, RandomStream } from 'pyro-ts';
import type { Encoding } from '../models/index.js';
import { evenQuantiles } from '../models/queries/manifold.js';
import { type OptionTable, openFraction, positiveInteger, resolveOptions } from '../options.js';
import { GaussianProcess } from './gaussianProcess.js';

/** Options of `latentMap`. */
export interface LatentMapOptions {
  /** Number of points along each axis. @default 20 */
  readonly size?: number;
  /** The two latents that vary along rows and columns, as in `manifold`; the others are 0. @default [0, 1] */
  readonly axes?: readonly [number, number];
  /** Probability mass of the prior that each axis spans. @default 0.9 */
  readonly coverage?: number;
  /** Maximum number of images to fit, drawn at random by `seed` if there are more. @default 1000 */
  readonly most?: number;
  /** Seed of this choice. @default 1 */
  readonly seed?: string | number;
}

const table = {
  size: { default: 20, ...positiveInteger },
  axes: { default: [0, 1] as readonly [number, number] },
  coverage: { default: 0.9, ...openFraction },
  most: { default: 1000, ...positiveInteger },
  seed: { default: 1 as string | number },
} satisfies OptionTable<LatentMapOptions>;

/** A property predicted over a grid of two latents. */
export interface LatentMap {
  /** mean[row][column] in the unit of the property, the first row at the bottom. */
  readonly mean: readonly (readonly number[])[];
  /** Standard deviation of the mean, in the same layout; large far from all images. */
  readonly sd: readonly (readonly number[])[];
  /** Values of the latent that varies along the rows, smallest first. */
  readonly rows: readonly number[];
  /** Values of the latent that varies along the columns, smallest first. */
  readonly columns: readonly number[];
  /** Predicts the property at other latents. */
  readonly process: GaussianProcess;
}

/**
 * Fits a Gaussian process to a property of images as a function of their content latents, without the pose, and predicts
 * it over the grid of the manifold.
 * @param values the property of each image; NaN if unknown
 * @throws {OptionError} when an option is invalid, or fewer than three values are known.
 * @see `pyroved.models.iVAE.predict_on_latent`
 * @example
 * const { mean, sd, rows, columns } = latentMap(vae.encode(images), images.factors.length, { size: 30 });
 */
export function latentMap(
  { count, content }: Pick<Encoding, 'count' | 'content'>,
  values: ArrayLike<number>,
  options: LatentMapOptions = {},
): LatentMap {
  const { size, axes, coverage, most, seed } = resolveOptions('latentMap', options, table);
  const latentDim = content.length / count;
  if (values.length !== count) throw new OptionError(`There are ${values.length} values for ${count} images.`);
  const [down, across] = axes;
  if (![down, across].every((a) => Number.isInteger(a) && a >= 0 && a < latentDim) || down === across)
    throw new OptionError(
      `latentMap: axes must be two different latents from 0 to ${latentDim - 1}; got [${down}, ${across}].`,
    );
  const order = new RandomStream(seed).fork('latent map').permutation(count);
  const known = Array.from(order.filter((i) => Number.isFinite(values[i]))).slice(0, most);
  const process = new GaussianProcess({
    points: known.flatMap((i) => [...content.subarray(i * latentDim, (i + 1) * latentDim)]),
    targets: known.map((i) => values[i]),
  });
  const ticks = evenQuantiles(size, coverage);
  const grid = ticks.flatMap((y) =>
    ticks.flatMap((x) => Array.from({ length: latentDim }, (_, k) => (k === down ? y : k === across ? x : 0))),
  );
  const { mean, sd } = process.predict(grid);
  const rowsOf = (list: Float32Array) => ticks.map((_, r) => [...list.subarray(r * size, (r + 1) * size)]);
  return { mean: rowsOf(mean), sd: rowsOf(sd), rows: ticks, columns: ticks, process };
}
