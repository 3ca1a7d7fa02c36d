/**
 * Gaussian process regression: a smooth function fitted to noisy values at some points, with the uncertainty of its
 * predictions.
 */
import { NotPositiveDefiniteError } from '@pyro-ts/engine';
import { factorize, type Matrix, solveLower } from '@pyro-ts/engine/internal';
import { OptionError } from 'pyro-ts';
import { type OptionTable, resolveOptions } from '../options.js';

/** The kernel amplitude^2 exp(-distance^2 / (2 lengthScale^2)), with independent normal noise. */
export interface Kernel {
  readonly lengthScale: number;
  /** Standard deviation of the function, in the unit of the targets. */
  readonly amplitude: number;
  /** Standard deviation of the noise, likewise. */
  readonly noise: number;
}

/** Predictions, one for each point. */
export interface GaussianPrediction {
  readonly mean: Float32Array;
  /** Standard deviation of the function, without the noise. */
  readonly sd: Float32Array;
}

/** The training points and their targets. */
export interface KnownPoints {
  /** [count, dims], row major. */
  readonly points: ArrayLike<number>;
  /** [count] */
  readonly targets: ArrayLike<number>;
}

const table = { points: { required: true }, targets: { required: true } } satisfies OptionTable<KnownPoints>;

/**
 * Gaussian process regression with the kernel that maximises the marginal likelihood: length scale and noise are
 * searched on a grid, with a closed form for the amplitude. Exact inference, whose cost grows with the cube of the
 * number of points: 1,000 points take a few seconds.
 * @see Rasmussen & Williams 2006, "Gaussian Processes for Machine Learning", algorithm 2.1.
 * @example
 * const process = new GaussianProcess({ points: [0, 1, 2], targets: [0, 1, 4] });
 * process.predict([1.5]).mean; // about 2.2
 */
export class GaussianProcess {
  readonly kernel: Kernel;
  /** Mean of the targets, which is the prediction far from all points. */
  readonly centre: number;
  /**
   * 1 - mean squared error / variance, where each target is predicted from all others: 1 for a perfect fit, 0 or less if
   * the points carry no information. Rasmussen & Williams, eq. 5.12.
   */
  readonly leaveOneOutR2: number;
  readonly #points: Float64Array;
  readonly #dims: number;
  readonly #factor: Matrix;
  /** (K + noise)^-1 (targets - centre). */
  readonly #weights: Float64Array;

  /**
   * @throws {OptionError} when there are fewer than three points, a number is not finite, or all targets are equal.
   */
  constructor(known: KnownPoints) {
    const given = resolveOptions('GaussianProcess', known, table);
    const points = Float64Array.from(given.points);
    const targets = Float64Array.from(given.targets);
    const n = targets.length;
    const dims = points.length / n;
    if (n < 3 || !Number.isInteger(dims) || dims < 1)
      throw new OptionError(`${points.length} numbers are no rows for ${n} targets, of which there have to be three.`);
    if (![...points, ...targets].every(Number.isFinite))
      throw new OptionError('Points or targets hold a number that is not finite. Leave out what is not known.');
    const centre = targets.reduce((sum, v) => sum + v, 0) / n;
    const rest = targets.map((v) => v - centre);
    const variance = rest.reduce((sum, v) => sum + v * v, 0) / n;
    if (!(variance > 1e-14 * centre ** 2))
      throw new OptionError('All targets are the same: there is nothing to predict.');
    const some = n <= SEARCHED ? n : SEARCHED;
    // Evenly spaced, since rows may be sorted.
    const picked = Int32Array.from({ length: some }, (_, i) => Math.floor((i * n) / some));
    const { lengthScale, ratio } = likeliest(
      squaredDistances(points, dims, picked),
      Float64Array.from(picked, (i) => rest[i]),
    );
    const all = squaredDistances(
      points,
      dims,
      Int32Array.from({ length: n }, (_, i) => i),
    );
    const { factor, weights, amplitude } = fitted(all, rest, lengthScale, ratio);
    this.kernel = { lengthScale, amplitude, noise: amplitude * Math.sqrt(ratio) };
    this.centre = centre;
    this.#points = points;
    this.#dims = dims;
    this.#factor = factor;
    this.#weights = weights;
    const precision = inverseDiagonal(factor, n);
    const errors = weights.reduce((sum, w, i) => sum + (w / precision[i]) ** 2, 0);
    this.leaveOneOutR2 = 1 - errors / (n * variance);
  }

  /** The function at points [count, dims], row major. */
  predict(points: ArrayLike<number>): GaussianPrediction {
    const n = this.#weights.length;
    const dims = this.#dims;
    const count = points.length / dims;
    if (!Number.isInteger(count))
      throw new OptionError(`${points.length} numbers are no points of ${dims} numbers each.`);
    const { lengthScale, amplitude } = this.kernel;
    const mean = new Float32Array(count);
    const sd = new Float32Array(count);
    const near = new Float64Array(n);
    for (let q = 0; q < count; q++) {
      for (let i = 0; i < n; i++) {
        let squares = 0;
        for (let d = 0; d < dims; d++) squares += (points[q * dims + d] - this.#points[i * dims + d]) ** 2;
        near[i] = Math.exp(-squares / (2 * lengthScale ** 2));
      }
      mean[q] = this.centre + near.reduce((sum, k, i) => sum + k * this.#weights[i], 0);
      const explained = Float64Array.from(near);
      solveLower(this.#factor, explained, n, 1, false);
      sd[q] = amplitude * Math.sqrt(Math.max(0, 1 - explained.reduce((sum, v) => sum + v * v, 0)));
    }
    return { mean, sd };
  }
}

/** So many points choose the kernel. */
const SEARCHED = 200;

/** Squared distances between the points at `rows`. */
function squaredDistances(points: Float64Array, dims: number, rows: Int32Array): Matrix {
  const n = rows.length;
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      let squares = 0;
      for (let d = 0; d < dims; d++) squares += (points[rows[i] * dims + d] - points[rows[j] * dims + d]) ** 2;
      out[i * n + j] = squares;
      out[j * n + i] = squares;
    }
  }
  return out;
}

interface Fit {
  readonly factor: Matrix;
  readonly weights: Float64Array;
  readonly amplitude: number;
  /** Of the targets, up to a constant. */
  readonly logLikelihood: number;
}

/** For noise of `ratio` times the function's variance; the amplitude is the likeliest one. */
function fitted(squares: Matrix, targets: Float64Array, lengthScale: number, ratio: number): Fit {
  const n = targets.length;
  const covariance = squares.map((s) => Math.exp(-s / (2 * lengthScale ** 2)));
  for (let i = 0; i < n; i++) covariance[i * n + i] += ratio;
  const factor = factorize(covariance, n, 0);
  const weights = Float64Array.from(targets);
  solveLower(factor, weights, n, 1, false);
  solveLower(factor, weights, n, 1, true);
  const variance = targets.reduce((sum, y, i) => sum + y * weights[i], 0) / n;
  let logDeterminant = 0;
  for (let i = 0; i < n; i++) logDeterminant += 2 * Math.log(factor[i * n + i]);
  return {
    factor,
    weights,
    amplitude: Math.sqrt(variance),
    logLikelihood: -(n * Math.log(variance) + logDeterminant) / 2,
  };
}

interface Candidate {
  readonly lengthScale: number;
  /** Variance of the noise over that of the function. */
  readonly ratio: number;
  readonly logLikelihood: number;
}

/**
 * The length scale and the ratio of noise to function that maximise the likelihood: the best of a coarse grid, then hill
 * climbing with decreasing steps.
 */
function likeliest(squares: Matrix, targets: Float64Array): Candidate {
  const typical = Math.sqrt(squares.reduce((sum, s) => sum + s, 0) / squares.length) || 1;
  const tried = (lengthScale: number, ratio: number): Candidate => {
    try {
      return { lengthScale, ratio, logLikelihood: fitted(squares, targets, lengthScale, ratio).logLikelihood };
    } catch (error) {
      // Points that nearly coincide, with hardly any noise.
      if (!(error instanceof NotPositiveDefiniteError)) throw error;
      return { lengthScale, ratio, logLikelihood: Number.NEGATIVE_INFINITY };
    }
  };
  const best = (candidates: readonly Candidate[]) =>
    candidates.reduce((a, b) => (b.logLikelihood > a.logLikelihood ? b : a));
  const ratios = [1e-4, 1e-3, 1e-2, 1e-1, 1];
  let found = best([1 / 16, 1 / 8, 1 / 4, 1 / 2, 1, 2].flatMap((f) => ratios.map((r) => tried(f * typical, r))));
  for (let step = 2; step > 1.02; ) {
    const { lengthScale, ratio } = found;
    const around = [1 / step, 1, step].flatMap((f) =>
      [1 / step ** 2, 1, step ** 2].map((g) => tried(f * lengthScale, Math.max(1e-6, g * ratio))),
    );
    const next = best([found, ...around]);
    if (next === found) step = Math.sqrt(step);
    found = next;
  }
  return found;
}

/** The diagonal of (L L')^-1. */
function inverseDiagonal(factor: Matrix, n: number): Float64Array {
  const inverse = new Float64Array(n * n);
  for (let i = 0; i < n; i++) inverse[i * n + i] = 1;
  solveLower(factor, inverse, n, n, false);
  return Float64Array.from({ length: n }, (_, j) => {
    let sum = 0;
    for (let i = j; i < n; i++) sum += inverse[i * n + j] ** 2;
    return sum;
  });
}
