/** Whether stated distributions of an angle are right: how often the region of highest density contains the true angle. */
import { OptionError } from 'pyro-ts';
import { refuseUnknownKeys } from 'pyro-ts/internal';
import type { AngleMixture } from '../models/index.js';
import { shareInterval } from './shareInterval.js';

export interface RegionCoverage {
  /** Probability that the regions state. */
  readonly level: number;
  /** Share of the images whose region contains the true angle; near `level` where the distributions are right. */
  readonly coverage: number;
  /** 95% interval of the coverage. */
  readonly interval: readonly [low: number, high: number];
  /** Median size of the regions in radians, of 2 pi. */
  readonly medianSize: number;
  readonly count: number;
}

export interface RegionOptions {
  /** @default 0.9 */
  readonly level?: number;
  /** Factor on all concentrations: below 1 the distributions are wider than the model states. @default 1 */
  readonly sharpness?: number;
}

/** Angles at which densities are compared. */
const GRID = 720;

/**
 * The coverage of the smallest sets of angles that contain `level` of each distribution. A set may consist of several intervals, so that an object with a
 * symmetry, whose angle is known modulo a part of the circle, needs no special treatment.
 * @param truth true angles in radians, [count]
 * @throws {OptionError} for lists of different lengths or a level outside (0, 1).
 * @example regionCoverage(model.angleMixture(images, labels), truePoses(images).angle).coverage // 0.85 to 0.95 for calibrated angles
 */
export function regionCoverage(
  mixture: AngleMixture,
  truth: ArrayLike<number>,
  options: RegionOptions = {},
): RegionCoverage {
  refuseUnknownKeys('regionCoverage', options, ['level', 'sharpness']);
  const { level = 0.9, sharpness = 1 } = options;
  const { count } = mixture;
  if (truth.length !== count) throw new OptionError(`${truth.length} true angles for ${count} images.`);
  if (!(level > 0 && level < 1)) throw new OptionError(`level must be between 0 and 1; got ${level}.`);
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

/** Range in which a sharpness is looked for. */
const [DULLEST, SHARPEST, HALVINGS] = [1 / 16, 16, 12];

/**
 * The sharpness at which regions of probability `level` contain that share of the true angles. Distributions that a network states from few labelled images are
 * often too wide or too narrow all alike.
 * @returns 1 for no images
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

/** The images `wanted` of a mixture, in that order. */
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
 * The places of a list in two halves, those of one image in the same half: every other image in the order in which they first occur.
 * @param images which image each place shows
 * @example halvesOf([4, 4, 8, 12]) // [[0, 1, 3], [2]]
 */
export function halvesOf(images: readonly number[]): readonly [readonly number[], readonly number[]] {
  const order = new Map([...new Set(images)].map((image, rank) => [image, rank] as const));
  const half = (wanted: number): number[] =>
    Array.from(images.keys()).filter((place) => (order.get(images[place]) ?? 0) % 2 === wanted);
  return [half(0), half(1)];
}

/** Probabilities of the angles of the grid, of image i. */
function densitiesOf(
  { views, weights, means, concentrations }: AngleMixture,
  i: number,
  sharpness: number,
): Float64Array {
  const total = new Float64Array(GRID);
  const own = new Float64Array(GRID);
  for (let v = i * views; v < (i + 1) * views; v++) {
    if (weights[v] < 1e-6) continue;
    // A narrower peak than this would fall between two angles of the grid.
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
