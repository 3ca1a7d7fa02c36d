/** Damped Newton steps on the latents of many independent rows at once, and the Laplace approximation at the end of them. */
import { NonFiniteError, OptionError, rejectUnknownKeys, ShapeError } from '../../errors.js';
import type { RandomStream } from '../../random.js';
import { factorizeDamped, logDetFactored, solveFactored, solveTransposed } from './factor.js';
import type { RowObjective, RowQuadratic } from './rows.js';

export interface RefineOptions {
  /** Largest number of steps. Each row keeps its best point, so that more steps never make one worse. @default 10 */
  readonly steps?: number;
  /** Damping of the first step, as a fraction of the curvature (Levenberg-Marquardt). @default 0.02 */
  readonly damping?: number;
  /** Largest change of each latent in one step, [dim] or one number for all. @default no limit */
  readonly maxStep?: number | readonly number[];
  /** Latents that stay as they are, by index. @default none */
  readonly fixed?: readonly number[];
  /** Stop when no row's cost falls by more than this many nats. @default 0: all steps are taken */
  readonly tolerance?: number;
  /** Added to the diagonal of the curvature, so that a flat direction has a finite volume. @default 1e-6 */
  readonly ridge?: number;
}

const KEYS: readonly (keyof RefineOptions)[] = ['steps', 'damping', 'maxStep', 'fixed', 'tolerance', 'ridge'];

/** Where refinement ended, row major. */
export interface RefinedRows {
  readonly rows: number;
  readonly dim: number;
  /** The best point of each row in unconstrained space, [rows, dim]. */
  readonly z: Float64Array;
  /** The cost there, [rows]. */
  readonly cost: ArrayLike<number>;
  /** The curvature there, [rows, dim, dim]. */
  readonly curvature: ArrayLike<number>;
  /** The ridge that `laplaceEvidence` and `drawRows` add to the curvature. */
  readonly ridge: number;
}

/** After a step that lowered the cost and after one that did not. */
const [EASE, TIGHTEN] = [0.5, 8];

/**
 * Minimises the cost of every row on its own, from `initial`, by Newton steps with Levenberg-Marquardt damping: (H + damping diag |H|) step = -gradient.
 * A step that raises a row's cost is undone and the row's damping raised; where H is not positive definite, damping is raised until the sum is.
 * @param initial [rows, dim]
 * @throws {ShapeError} where `initial` does not fit the objective, {OptionError} for options that make no sense, {NonFiniteError} where the cost is not
 * finite at the initial point of a row.
 * @see Levenberg 1944; Marquardt 1963; for refinement of an amortised guess, Kim et al. 2018, "Semi-amortized variational autoencoders".
 * @example
 * // exp(-(z - 3)^2 / 2) has the integral sqrt(2 pi).
 * const at = (z: Float64Array) => ({ cost: z.map((v) => (v - 3) ** 2 / 2), gradient: z.map((v) => v - 3), curvature: [1] });
 * const refined = refineRows({ rows: 1, dim: 1, at }, [0], { steps: 5 });
 * laplaceEvidence(refined)[0]; // about 0.92
 */
export function refineRows(
  objective: RowObjective,
  initial: ArrayLike<number>,
  options: RefineOptions = {},
): RefinedRows {
  const { rows, dim } = objective;
  const { steps, damping, limits, free, tolerance, ridge } = resolve(options, dim);
  if (initial.length !== rows * dim) {
    throw new ShapeError(`refineRows: ${initial.length} initial values are not ${rows} rows of ${dim} latents.`);
  }
  const best = new Float64Array(initial);
  const first = objective.at(best.slice());
  checkFinite(first, rows);
  const cost = new Float64Array(first.cost);
  const gradient = new Float64Array(first.gradient);
  const curvature = new Float64Array(first.curvature);
  const ridges = new Float64Array(rows).fill(damping);
  const step = newtonStep(dim, free, limits);
  const z = new Float64Array(best.length);
  for (let i = 0; i < steps; i++) {
    z.set(best);
    for (let row = 0; row < rows; row++) ridges[row] = step(z, gradient, curvature, row, ridges[row]);
    const next = objective.at(z.slice());
    let largest = 0;
    for (let row = 0; row < rows; row++) {
      const fall = cost[row] - next.cost[row];
      // NaN is no fall.
      if (!(fall > 0)) {
        ridges[row] *= TIGHTEN;
        continue;
      }
      ridges[row] *= EASE;
      largest = Math.max(largest, fall);
      cost[row] = next.cost[row];
      copy(z, best, row * dim, dim);
      copy(next.gradient, gradient, row * dim, dim);
      copy(next.curvature, curvature, row * dim * dim, dim * dim);
    }
    if (largest < tolerance) break;
  }
  return { rows, dim, z: best, cost, curvature, ridge };
}

/**
 * The Laplace approximation of log p(data) of each row in nats: -cost + dim/2 log(2 pi) - 1/2 log det(curvature). Exact where the cost is quadratic; NaN
 * where the curvature is not positive definite, so that the point is no peak.
 * @see Tierney and Kadane 1986.
 * @example laplaceEvidence({ rows: 1, dim: 1, z: [0], cost: [0], curvature: [2 * Math.PI], ridge: 0 }) // [0]
 */
export function laplaceEvidence({ rows, dim, cost, curvature, ridge }: RefinedRows): Float64Array {
  const factor = new Float64Array(dim * dim);
  return Float64Array.from({ length: rows }, (_, row) => {
    if (!factorizeDamped(curvature, row * dim * dim, dim, 0, ridge, factor)) return Number.NaN;
    return -cost[row] + (dim / 2) * Math.log(2 * Math.PI) - logDetFactored(factor, dim) / 2;
  });
}

/**
 * One draw of the latents of each row from its Laplace approximation, N(z, curvature^-1), [rows, dim]; the point itself where the curvature is not positive
 * definite.
 * @example drawRows({ rows: 1, dim: 1, z: Float64Array.of(0), cost: [0], curvature: [4], ridge: 0 }, new RandomStream(0)) // of scale 1 / 2
 */
export function drawRows({ rows, dim, z, curvature, ridge }: RefinedRows, rng: RandomStream): Float64Array {
  const drawn = z.slice();
  const factor = new Float64Array(dim * dim);
  const noise = new Float64Array(dim);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < dim; i++) noise[i] = rng.nextNormal();
    if (!factorizeDamped(curvature, row * dim * dim, dim, 0, ridge, factor)) continue;
    solveTransposed(factor, dim, noise);
    for (let i = 0; i < dim; i++) drawn[row * dim + i] += noise[i];
  }
  return drawn;
}

/**
 * Standard deviations of the latents of one row under its Laplace approximation, [dim]; NaN where the curvature is not positive definite.
 * @example rowDeviations({ rows: 1, dim: 1, z: Float64Array.of(0), cost: [0], curvature: [4], ridge: 0 }, 0) // [0.5]
 */
export function rowDeviations({ dim, curvature, ridge }: RefinedRows, row: number): Float64Array {
  const factor = new Float64Array(dim * dim);
  if (!factorizeDamped(curvature, row * dim * dim, dim, 0, ridge, factor))
    return new Float64Array(dim).fill(Number.NaN);
  const column = new Float64Array(dim);
  return Float64Array.from({ length: dim }, (_, i) => {
    column.fill(0);
    column[i] = 1;
    solveFactored(factor, dim, column);
    return Math.sqrt(column[i]);
  });
}

/** Moves one row of z by a damped step; returns the damping that the row needed. */
function newtonStep(dim: number, free: readonly number[], limits: readonly number[]) {
  const n = free.length;
  const matrix = new Float64Array(n * n);
  const factor = new Float64Array(n * n);
  const move = new Float64Array(n);
  return (
    z: Float64Array,
    gradient: Float64Array,
    curvature: Float64Array,
    row: number,
    firstDamping: number,
  ): number => {
    for (let i = 0; i < n; i++) {
      move[i] = -gradient[row * dim + free[i]];
      for (let j = 0; j < n; j++) matrix[i * n + j] = curvature[row * dim * dim + free[i] * dim + free[j]];
    }
    let damping = firstDamping;
    // A diagonal that dominates is positive definite; the bound ends the search where the curvature is not finite.
    while (!factorizeDamped(matrix, 0, n, damping, LEAST_CURVATURE * (1 + damping), factor)) {
      damping = Math.max(damping * 4, 1e-3);
      if (damping > 1e12) return firstDamping;
    }
    solveFactored(factor, n, move);
    for (let i = 0; i < n; i++) {
      const limit = limits[free[i]];
      z[row * dim + free[i]] += Math.min(Math.max(move[i], -limit), limit);
    }
    return damping;
  };
}

/** Keeps the step along a flat direction finite. */
const LEAST_CURVATURE = 1e-6;

function resolve(options: RefineOptions, dim: number) {
  rejectUnknownKeys('refineRows', options, KEYS);
  const { steps = 10, damping = 0.02, maxStep = Number.POSITIVE_INFINITY, fixed = [], tolerance = 0 } = options;
  const { ridge = 1e-6 } = options;
  if (!Number.isInteger(steps) || steps < 0) {
    throw new OptionError(`refineRows: steps must be an integer of at least 0; got ${steps}.`);
  }
  for (const [name, value] of Object.entries({ damping, tolerance, ridge })) {
    if (!(value >= 0)) throw new OptionError(`refineRows: ${name} must be at least 0; got ${value}.`);
  }
  const limits = typeof maxStep === 'number' ? new Array<number>(dim).fill(maxStep) : maxStep;
  if (limits.length !== dim || limits.some((limit) => !(limit > 0))) {
    throw new OptionError(`refineRows: maxStep must be a positive number, or one for each of ${dim} latents.`);
  }
  if (fixed.some((i) => !Number.isInteger(i) || i < 0 || i >= dim)) {
    throw new OptionError(`refineRows: fixed must be indices from 0 to ${dim - 1}; got [${fixed.join(', ')}].`);
  }
  const free = Array.from({ length: dim }, (_, i) => i).filter((i) => !fixed.includes(i));
  return { steps, damping, limits, free, tolerance, ridge };
}

function checkFinite({ cost }: RowQuadratic, rows: number): void {
  for (let row = 0; row < rows; row++) {
    if (Number.isFinite(cost[row])) continue;
    throw new NonFiniteError(
      `refineRows: the cost of row ${row} is ${cost[row]} at its initial point. Start from a point of positive density.`,
    );
  }
}

function copy(from: ArrayLike<number>, to: Float64Array, at: number, count: number): void {
  for (let i = at; i < at + count; i++) to[i] = from[i];
}
