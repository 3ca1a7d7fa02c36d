/** Where a value may lie. Every distribution has a `support`, every parameter may have a constraint. */
import { equal, firstOutside, greater, greaterEqual, isPositiveDefinite, less, lessEqual } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';

export interface Constraint {
  /** As in messages: "positive", "in (0, 1)". */
  readonly name: string;
  /** Number of rightmost dimensions that make one value: 0 for a number, 1 for a vector. */
  readonly eventDim: number;
  readonly isDiscrete: boolean;
  /** What sort of set it is: the key under which `biject` and `transformTo` find a map onto it. */
  readonly kind: string;
  /** For each value, whether it lies inside: a bool tensor without the event dimensions. NaN never does. */
  check(value: tf.Tensor): tf.Tensor;
  /** Whether all of a float32 `value` lies inside, where there is a faster way to see it than `check`. */
  holdsThroughout?(value: tf.Tensor): boolean;
}

/** A constraint on numbers (eventDim 0), vectors (1) or matrices (2); `check` may take its value for float32. */
const constraint = (
  kind: string,
  name: string,
  eventDim: number,
  check: (x: tf.Tensor) => tf.Tensor,
  isDiscrete = false,
): Constraint => ({ kind, name, eventDim, isDiscrete, check: (x) => tf.tidy(() => check(tf.cast(x, 'float32'))) });

const scalar = (kind: string, name: string, check: (x: tf.Tensor) => tf.Tensor) => constraint(kind, name, 0, check);
const discrete = (name: string, check: (x: tf.Tensor) => tf.Tensor, eventDim = 0) =>
  constraint('discrete', name, eventDim, check, true);

const and = (a: tf.Tensor, b: tf.Tensor) => tf.logicalAnd(a, b);
const isInteger = (x: tf.Tensor) => equal(x, tf.floor(x));

/** The last dimension, or the last two, taken together: true where all entries are. */
const allOf = (each: tf.Tensor, n = 1) =>
  tf.all(
    each,
    Array.from({ length: n }, (_, i) => each.rank - 1 - i),
  );
/** Slack of checks on sums and norms in float32. */
const TOLERANCE = 1e-5;
const near = (a: tf.Tensor, b: number, slack = TOLERANCE) => less(tf.abs(tf.sub(a, b)), slack);

export const real: Constraint = scalar('real', 'real', (x) => tf.isFinite(x));
export const positive: Constraint = scalar('positive', 'positive', (x) => greater(x, 0));
/** Positive numbers too, reached through softplus rather than exp: it grows more gently. */
export const softplusPositive: Constraint = scalar('softplusPositive', 'positive', (x) => greater(x, 0));
export const nonNegative: Constraint = scalar('nonNegative', 'non-negative', (x) => greaterEqual(x, 0));
export const boolean: Constraint = discrete('0 or 1', (x) => tf.logicalOr(equal(x, 0), equal(x, 1)));
export const nonNegativeInteger: Constraint = discrete('a non-negative integer', (x) =>
  and(greaterEqual(x, 0), isInteger(x)),
);

/** A bound: one for all values, or a tensor that broadcasts against them. */
export type Bound = number | tf.Tensor;
/** A bound in a message. */
const shown = (bound: Bound, word: string) => (typeof bound === 'number' ? `${bound}` : word);

/** Real numbers between `low` and `high`, both included. */
export const interval = (low: Bound, high: Bound): Constraint & { low: Bound; high: Bound } => ({
  ...scalar('interval', `in [${shown(low, 'low')}, ${shown(high, 'high')}]`, (x) =>
    and(greaterEqual(x, low), lessEqual(x, high)),
  ),
  ...(typeof low === 'number' &&
    typeof high === 'number' && { holdsThroughout: (x: tf.Tensor) => firstOutside(x, low, high) < 0 }),
  low,
  high,
});
export const unitInterval: Constraint = interval(0, 1);
/** Real numbers above `low`. */
export const greaterThan = (low: Bound): Constraint & { low: Bound } => ({
  ...scalar('greaterThan', `greater than ${shown(low, 'low')}`, (x) => greater(x, low)),
  low,
});
/** Real numbers below `high`. */
export const lessThan = (high: Bound): Constraint & { high: Bound } => ({
  ...scalar('lessThan', `less than ${shown(high, 'high')}`, (x) => less(x, high)),
  high,
});
/** Integers from `low` to `high`, both included. */
export const integerInterval = (low: Bound, high: Bound): Constraint =>
  discrete(`an integer from ${shown(low, 'low')} to ${shown(high, 'high')}`, (x) =>
    and(and(greaterEqual(x, low), lessEqual(x, high)), isInteger(x)),
  );

export const realVector: Constraint = constraint('realVector', 'a vector of real numbers', 1, (x) =>
  allOf(tf.isFinite(x)),
);
/** Vectors of non-negative numbers that add to 1. */
export const simplex: Constraint = constraint('simplex', 'a vector of non-negative numbers that add to 1', 1, (x) =>
  and(allOf(greaterEqual(x, 0)), near(tf.sum(x, -1), 1)),
);
/** Vectors that a sum divides into probabilities. */
export const weights: Constraint = constraint('weights', 'a vector of non-negative numbers, not all 0', 1, (x) =>
  and(allOf(and(greaterEqual(x, 0), tf.isFinite(x))), greater(tf.sum(x, -1), 0)),
);
/** Vectors of which a softmax makes probabilities; minus infinity stands for a probability of 0. */
export const logWeights: Constraint = constraint('logWeights', 'a vector of log weights, one of them finite', 1, (x) =>
  and(allOf(less(x, Number.POSITIVE_INFINITY)), tf.any(tf.isFinite(x), -1)),
);
/** Vectors of length 1. */
export const sphere: Constraint = constraint('sphere', 'a vector of length 1', 1, (x) =>
  near(tf.sum(tf.square(x), -1), 1),
);
/** Symmetric positive definite matrices. */
export const positiveDefinite: Constraint = constraint(
  'positiveDefinite',
  'a symmetric positive definite matrix',
  2,
  (x) => {
    const transposed = tf.transpose(x, [...x.shape.map((_, i) => i).slice(0, -2), x.rank - 1, x.rank - 2]);
    const asymmetry = tf.max(tf.abs(tf.sub(x, transposed)), [-2, -1]);
    const size = tf.max(tf.abs(x), [-2, -1]);
    return and(lessEqual(asymmetry, tf.mul(size, TOLERANCE)), isPositiveDefinite(x));
  },
);
/** Vectors whose entries increase strictly. */
export const orderedVector: Constraint = constraint('orderedVector', 'a strictly increasing vector', 1, (x) => {
  const n = x.shape[x.rank - 1];
  if (n === 1) return allOf(tf.isFinite(x));
  const lead = x.shape.slice(0, -1);
  const start = (i: number) => [...lead.map(() => 0), i];
  return allOf(greater(tf.slice(x, start(1), [...lead, n - 1]), tf.slice(x, start(0), [...lead, n - 1])));
});
/** Vectors of zeros with a single 1. */
export const oneHot: Constraint = discrete(
  'a one-hot vector',
  (x) => and(allOf(boolean.check(x)), equal(tf.sum(x, -1), 1)),
  1,
);
/** Vectors of counts that add to `total`. */
export const counts = (total: number): Constraint =>
  discrete(
    `a vector of non-negative integers that add to ${total}`,
    (x) => and(allOf(nonNegativeInteger.check(x)), equal(tf.sum(x, -1), total)),
    1,
  );

/** Ones below (and, with `diagonal`, on) the diagonal of an n x n matrix. */
const lowerMask = (n: number, diagonal: boolean) =>
  tf.tensor2d(
    Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => (j < i || (diagonal && i === j) ? 1 : 0))),
  );

/** Lower triangular matrices with a positive diagonal. */
export const lowerCholesky: Constraint = constraint(
  'lowerCholesky',
  'a lower triangular matrix with a positive diagonal',
  2,
  (x) => {
    const n = x.shape[x.rank - 1];
    const above = tf.mul(x, tf.sub(1, lowerMask(n, true)));
    const diagonal = tf.sum(tf.mul(x, tf.eye(n)), -1);
    return and(and(allOf(equal(above, 0), 2), allOf(greater(diagonal, 0))), allOf(tf.isFinite(x), 2));
  },
);
/** `base` on each entry, with `n` rightmost dimensions taken together as one value. */
export const independent = (base: Constraint, n: number): Constraint & { base?: Constraint; n?: number } =>
  n === 0
    ? base
    : {
        kind: 'independent',
        base,
        n,
        name: base.name,
        eventDim: base.eventDim + n,
        isDiscrete: base.isDiscrete,
        check: (x) => tf.tidy(() => allOf(base.check(x), n)),
        ...(base.holdsThroughout && { holdsThroughout: base.holdsThroughout }),
      };
