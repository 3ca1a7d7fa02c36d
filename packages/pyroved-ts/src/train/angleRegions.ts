/** Calibration of angle distributions: how often the highest-density region contains the true angle. */
import { OptionError } from 'pyro-ts';
import type { AngleMixture } from '../models/index.js';
import { type OptionTable, openFraction, resolveOptions } from '../options.js';
import { shareInterval } from './shareInterval.js';

/** The result of `regionCoverage`. */
export interface RegionCoverage {
  /** Nominal probability of the regions. */
  readonly level: number;
  /**
   * Fraction of the images whose region contains the true angle; close to `level` if the distributions are calibrated.
   */
  readonly coverage: number;
  /** 95% confidence interval of the coverage. */
  readonly interval: readonly [low: number, high: number];
  /** Median size of the regions in radians, at most 2 pi. */
  readonly medianSize: number;
  readonly count: number;
}

/** Options of `regionCoverage`. */
export interface RegionOptions {
  /** @default 0.9 */
  readonly level?: number;
  /** Factor of all concentrations; below 1, the distributions are wider than those of the model. @default 1 */
  readonly sharpness?: number;
}

const table = {
  level: { default: 0.9, ...openFraction },
  sharpness: { default: 1 },
} satisfies OptionTable<RegionOptions>;

/** Number of angles at which densities are evaluated. */
const GRID = 720;

/**
 * The coverage of the highest-density regions with probability `level`. A region may consist of several intervals, so
 * objects with a symmetry need no special treatment.
 * @param truth true angles in radians, [count]
 * @throws {OptionError} when the lists have different lengths or the level is outside (0, 1).
 * @example regionCoverage(model.angleMixture(images, labels), truePoses(images).angle).coverage // 0.85 to 0.95 for calibrated angles
 */
export function regionCoverage(
  mixture: AngleMixture,
  truth: ArrayLike<number>,
  options: RegionOptions = {},
): RegionCoverage {
  const { level, sharpness } = resolveOptions('regionCoverage', options, table);
  const { count } = mixture;
  if (truth.length !== count)
    throw new OptionError(`Expected one true angle for each of the ${count} images; got ${truth.length}.`);
  const sizes: number[] = [];
  let inside = 0;
  for (let i = 0; i < count; i++) {
    const densities = densitiesOf(mixture, i, sharpness);
    const sorted = Float64Array.from(densities).sort().reverse();
    let [mass, members] = [0, 0];
    while (mass < level && members < GRID) mass += sorted[members++];
    sizes.push((2 * Math.PI * members) / GRID);
    const nearest = Math.round((truth[i] / (2 * Math.PI)) * GRID);
    if (densities[((nearest % GRID) + GRID) % GRID] >= sorted[members - 1]) inside++;
  }
  const coverage = count === 0 ? Number.NaN : inside / count;
  const medianSize = sizes.sort((a, b) => a - b)[(count - 1) >> 1] ?? Number.NaN;
  return { level, coverage, interval: shareInterval(coverage, count), medianSize, count };
}

/** Range and number of halvings of the bisection for the sharpness. */
const [DULLEST, SHARPEST, HALVINGS] = [1 / 16, 16, 12];

/**
 * The sharpness at which regions of probability `level` contain that fraction of the true angles. A network trained on
 * few labelled images is often over- or underconfident for all images alike.
 * @returns 1 if there are no images
 * @example fitSharpness(model.angleMixture(validation, labels), angles) // 1.4
 */
export function fitSharpness(mixture: AngleMixture, truth: ArrayLike<number>, level = 0.9): number {
  if (mixture.count === 0) return 1;
  let [low, high] = [Math.log(DULLEST), Math.log(SHARPEST)];
  for (let step = 0; step < HALVINGS; step++) {
    const middle = (low + high) / 2;
    const { coverage } = regionCoverage(mixture, truth, { level, sharpness: Math.exp(middle) });
    if (coverage > level) low = middle;
    else high = middle;
  }
  return Math.exp((low + high) / 2);
}

/** The subset `wanted` of the images of a mixture, in that order. */
export function mixtureOf(
  { views, weights, means, concentrations }: AngleMixture,
  wanted: readonly number[],
): AngleMixture {
  const rows = (all: Float32Array): Float32Array => {
    const out = new Float32Array(wanted.length * views);
    wanted.forEach((image, i) => {
      out.set(all.subarray(image * views, (image + 1) * views), i * views);
    });
    return out;
  };
  return {
    ...{ count: wanted.length, views },
    ...{ weights: rows(weights), means: rows(means), concentrations: rows(concentrations) },
  };
}

/**
 * Splits the indices of a list into two halves, assigning distinct images alternately in order of first occurrence, so
 * that all indices of an image are in the same half.
 * @param images the image at each index
 * @example halvesOf([4, 4, 8, 12]) // [[0, 1, 3], [2]]
 */
export function halvesOf(images: readonly number[]): readonly [readonly number[], readonly number[]] {
  const order = new Map([...new Set(images)].map((image, rank) => [image, rank] as const));
  const half = (wanted: number): number[] =>
    Array.from(images.keys()).filter((index) => (order.get(images[index]) ?? 0) % 2 === wanted);
  return [half(0), half(1)];
}

/** Probabilities of the angles of the grid for image i. */
function densitiesOf(
  { views, weights, means, concentrations }: AngleMixture,
  i: number,
  sharpness: number,
): Float64Array {
  const total = new Float64Array(GRID);
  const own = new Float64Array(GRID);
  for (let v = i * views; v < (i + 1) * views; v++) {
    if (weights[v] < 1e-6) continue;
    // A narrower peak could fall between two angles of the grid.
    const concentration = Math.min(sharpness * concentrations[v], (GRID / (2 * Math.PI)) ** 2);
    let sum = 0;
    for (let k = 0; k < GRID; k++) {
      own[k] = Math.exp(concentration * (Math.cos((2 * Math.PI * k) / GRID - means[v]) - 1));
      sum += own[k];
    }
    for (let k = 0; k < GRID; k++) total[k] += (weights[v] * own[k]) / sum;
  }
  return total;
}
