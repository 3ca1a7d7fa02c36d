/** Calibration of angle uncertainties: how often the interval around a predicted angle contains the true angle. */
import { OptionError } from 'pyro-ts';
import { type OptionTable, openFraction, resolveOptions } from '../options.js';
import { shareInterval } from './shareInterval.js';

/** Predicted and true angles, and options of `angleCoverage`. */
export interface PredictedAngles {
  /** Radians. */
  readonly predicted: ArrayLike<number>;
  readonly truth: ArrayLike<number>;
  /** Predicted standard deviation of each angle in radians (wrapped normal). Pass either this or `concentration`. */
  readonly standardDeviation?: ArrayLike<number>;
  /** Predicted concentration of each angle (von Mises). */
  readonly concentration?: ArrayLike<number>;
  /**
   * Order of the symmetry: rotations by 360 / order degrees leave the object unchanged. One for all images, or one for
   * each; objects without an angle (a disc) have 0 and are ignored.
   * @default 1
   */
  readonly symmetry?: number | ArrayLike<number>;
  /** Nominal probability of the interval. @default 0.9 */
  readonly level?: number;
}

/** The result of `angleCoverage`. */
export interface AngleCoverage {
  /** Nominal probability of the intervals. */
  readonly level: number;
  /**
   * Fraction of the images whose interval contains the true angle, modulo symmetry; close to `level` if the
   * uncertainties are calibrated.
   */
  readonly coverage: number;
  /** 95% confidence interval of the coverage. */
  readonly interval: readonly [number, number];
  /** Median half-width of the intervals, in radians. */
  readonly medianHalfWidth: number;
  /** Median absolute error in radians, modulo symmetry. */
  readonly medianError: number;
  /** Number of images with an angle. */
  readonly count: number;
}

const table = {
  predicted: { required: true },
  truth: { required: true },
  standardDeviation: {},
  concentration: {},
  symmetry: { default: 1 as number | ArrayLike<number> },
  level: { default: 0.9, ...openFraction },
} satisfies OptionTable<PredictedAngles>;

/**
 * The coverage of the intervals around predicted angles.
 * @throws {OptionError} when the lists have different lengths, or not exactly one uncertainty is passed.
 * @example angleCoverage({ predicted, truth, standardDeviation, symmetry: 2 }).coverage // between .85 and .95 for well-calibrated angles
 */
export function angleCoverage(angles: PredictedAngles): AngleCoverage {
  const resolved = resolveOptions('angleCoverage', angles, table);
  const { predicted, truth, standardDeviation, concentration, symmetry, level } = resolved;
  if ((standardDeviation === undefined) === (concentration === undefined)) {
    throw new OptionError('angleCoverage requires either standardDeviation or concentration.');
  }
  const spread = standardDeviation ?? (concentration as ArrayLike<number>);
  const lengths = [truth, spread, ...(typeof symmetry === 'number' ? [] : [symmetry])].map(({ length }) => length);
  if (lengths.some((length) => length !== predicted.length)) {
    throw new OptionError(
      `angleCoverage: all lists must have the length of predicted, ${predicted.length}; got ${lengths.join(', ')}.`,
    );
  }
  const z = normalQuantile((1 + level) / 2);
  const errors: number[] = [];
  const halves: number[] = [];
  let inside = 0;
  for (let i = 0; i < predicted.length; i++) {
    const order = typeof symmetry === 'number' ? symmetry : symmetry[i];
    if (order === 0) continue;
    const period = (2 * Math.PI) / order;
    const difference = predicted[i] - truth[i];
    const error = Math.abs(difference - period * Math.round(difference / period));
    const half = standardDeviation ? Math.min(Math.PI, z * spread[i]) : vonMisesHalfWidth(spread[i], level);
    if (error <= half) inside++;
    errors.push(error);
    halves.push(half);
  }
  const count = errors.length;
  const coverage = inside / count;
  return {
    level,
    coverage,
    interval: shareInterval(coverage, count),
    medianHalfWidth: median(halves),
    medianError: median(errors),
    count,
  };
}

/**
 * Half-width h in radians of the interval around the mean of a von Mises distribution that contains probability
 * `level`.
 * @param concentration kappa, at least 0
 */
export function vonMisesHalfWidth(concentration: number, level: number): number {
  if (!(concentration >= 0)) throw new OptionError(`The concentration must be at least 0; got ${concentration}.`);
  // A narrow distribution is approximately normal, with variance 1 / kappa.
  if (concentration > 500) return normalQuantile((1 + level) / 2) / Math.sqrt(concentration);
  const steps = 2000;
  const width = Math.PI / steps;
  const density = (k: number) => Math.exp(concentration * (Math.cos((k + 0.5) * width) - 1));
  let total = 0;
  for (let k = 0; k < steps; k++) total += density(k);
  let sum = 0;
  for (let k = 0; k < steps; k++) {
    const share = density(k) / total;
    if (sum + share >= level) return (k + (level - sum) / share) * width;
    sum += share;
  }
  return Math.PI;
}

/**
 * The standard normal quantile, by Acklam's rational approximation with a relative error below 1.2e-9.
 * @throws {OptionError} when `p` is not in (0, 1).
 */
export function normalQuantile(p: number): number {
  if (!(p > 0 && p < 1)) throw new OptionError(`A quantile needs a probability between 0 and 1; got ${p}.`);
  if (p > 0.97575) return -normalQuantile(1 - p);
  if (p < 0.02425) {
    const q = Math.sqrt(-2 * Math.log(p));
    return horner(TAIL[0], q) / horner(TAIL[1], q);
  }
  const q = p - 0.5;
  return (q * horner(CENTRE[0], q * q)) / horner(CENTRE[1], q * q);
}

const CENTRE = [
  [-39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239],
  [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1],
];
const TAIL = [
  [
    -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968,
    2.938163982698783,
  ],
  [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1],
];
const horner = (coefficients: readonly number[], x: number): number => coefficients.reduce((sum, c) => sum * x + c, 0);

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const n = sorted.length;
  return n === 0 ? Number.NaN : (sorted[(n - 1) >> 1] + sorted[n >> 1]) / 2;
}
