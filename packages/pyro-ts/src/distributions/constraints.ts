/** Where a value may lie. Every distribution has a `support`, every parameter may have a constraint. */
import {
  broadcastShapes,
  isPositiveDefinite,
  isRecording,
  readBroadcast,
  sizeOf,
  varies,
} from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { constraintOn, type Numbers, together } from './checks.js';

export interface Constraint {
  /** As in messages: "positive", "in (0, 1)". */
  readonly name: string;
  /** Number of rightmost dimensions that make one value: 0 for a number, 1 for a vector. */
  readonly eventDim: number;
  readonly isDiscrete: boolean;
  /** What sort of set it is: the key under which `bijectTo` and `transformTo` find a map onto it. */
  readonly kind: string;
  /** For each value, whether it lies inside: a bool tensor without the event dimensions. NaN and infinite numbers never do, but where said. */
  check(value: tf.Tensor): tf.Tensor;
}

/** The largest float32, and the smallest above 0. */
const MAX = (2 - 2 ** -23) * 2 ** 127;
const LEAST = 2 ** -149;
/** Slack of checks on sums and norms in float32. */
const TOLERANCE = 1e-5;

const within = (kind: string, name: string, low: number, high: number): Constraint =>
  constraintOn({ kind, name, eventDim: 0, isDiscrete: false }, { low, high });

/** A constraint on vectors: `inside` looks at `size` numbers of `x` from `from` on. */
const vector = (
  kind: string,
  name: string,
  inside: (x: Numbers, from: number, size: number) => boolean,
  isDiscrete = false,
): Constraint =>
  constraintOn({ kind, name, eventDim: 1, isDiscrete }, (value) => {
    const size = value.shape[value.rank - 1];
    return { shape: value.shape.slice(0, -1), inside: (x, i) => inside(x, i * size, size) };
  });

const each = (x: Numbers, from: number, size: number, test: (entry: number) => boolean): boolean => {
  for (let i = from; i < from + size; i++) if (!test(x[i])) return false;
  return true;
};
const sumOf = (x: Numbers, from: number, size: number, f: (entry: number) => number): number => {
  let sum = 0;
  for (let i = from; i < from + size; i++) sum += f(x[i]);
  return sum;
};
const isCount = (x: number) => x >= 0 && Number.isInteger(x);
const isNotNegative = (x: number) => x >= 0 && x <= MAX;

export const real: Constraint = within('real', 'real', -MAX, MAX);
export const positive: Constraint = within('positive', 'positive', LEAST, MAX);
/** Positive numbers too, reached through softplus rather than exp: it grows more gently. */
export const softplusPositive: Constraint = within('softplusPositive', 'positive', LEAST, MAX);
export const nonNegative: Constraint = within('nonNegative', 'non-negative', 0, MAX);
/** Probabilities as they are computed: rounding may have carried them a little past 0 or 1. */
export const probability: Constraint = within('interval', 'a probability, in [0, 1]', -TOLERANCE, 1 + TOLERANCE);

/** A bound: one for all values, or a tensor that broadcasts against them. */
export type Bound = number | tf.Tensor;
/** A bound in a message. */
const shown = (bound: Bound, word: string) => (typeof bound === 'number' ? `${bound}` : word);

/** A constraint on numbers by bounds; `inside` gets a finite number, and its own low and high. */
const bounded = (
  kind: string,
  name: string,
  low: Bound,
  high: Bound,
  inside: (x: number, low: number, high: number) => boolean,
  isDiscrete = false,
): Constraint => constraintOn({ kind, name, eventDim: 0, isDiscrete }, boundedLook(low, high, inside));

function boundedLook(low: Bound, high: Bound, inside: (x: number, low: number, high: number) => boolean) {
  const held = [low, high].map(heldBound);
  return (value: tf.Tensor) => {
    const bounds = held.map((bound) => bound());
    const tensors = bounds.map((b) => (typeof b === 'number' ? [] : b.shape));
    const shape = broadcastShapes(value.shape, ...tensors) ?? value.shape;
    const [lows, highs] = bounds.map((b) => (typeof b === 'number' ? undefined : readBroadcast(b, shape)));
    const values = sizeOf(shape) === value.size ? undefined : readBroadcast(value, shape);
    return {
      shape,
      inside: (data: Numbers, i: number) => {
        const x = (values ?? data)[i];
        return Number.isFinite(x) && inside(x, lows?.[i] ?? (low as number), highs?.[i] ?? (high as number));
      },
    };
  };
}

/** A recorded program checks later data too, when the tensors of the recording are gone: those that are the same in every run are remembered. */
function heldBound(bound: Bound): () => Bound {
  if (typeof bound === 'number' || !isRecording() || varies(bound)) return () => bound;
  const [numbers, { shape }] = [bound.dataSync().slice(), bound];
  return () => tf.tensor(numbers, shape);
}

/** Real numbers between `low` and `high`, both included. */
export const interval = (low: Bound, high: Bound): Constraint & { low: Bound; high: Bound } => {
  const name = `in [${shown(low, 'low')}, ${shown(high, 'high')}]`;
  const isPlain = typeof low === 'number' && typeof high === 'number' && low >= -MAX && high <= MAX;
  const made = isPlain
    ? within('interval', name, low, high)
    : bounded('interval', name, low, high, (x, a, b) => x >= Math.fround(a) && x <= Math.fround(b));
  return { ...made, low, high };
};
export const unitInterval: Constraint = interval(0, 1);
/** Real numbers above `low`. */
export const greaterThan = (low: Bound): Constraint & { low: Bound } => ({
  ...bounded('greaterThan', `greater than ${shown(low, 'low')}`, low, 0, (x, a) => x > Math.fround(a)),
  low,
});
/** Real numbers below `high`. */
export const lessThan = (high: Bound): Constraint & { high: Bound } => ({
  ...bounded('lessThan', `less than ${shown(high, 'high')}`, 0, high, (x, _, b) => x < Math.fround(b)),
  high,
});
/** Integers from `low` to `high`, both included. */
export const integerInterval = (low: Bound, high: Bound): Constraint =>
  bounded(
    'discrete',
    `an integer from ${shown(low, 'low')} to ${shown(high, 'high')}`,
    low,
    high,
    (x, a, b) => Number.isInteger(x) && x >= a && x <= b,
    true,
  );
export const boolean: Constraint = bounded('discrete', '0 or 1', 0, 1, (x) => x === 0 || x === 1, true);
/** Any whole number. */
export const integer: Constraint = bounded('discrete', 'an integer', 0, 0, Number.isInteger, true);
export const nonNegativeInteger: Constraint = bounded('discrete', 'a non-negative integer', 0, 0, isCount, true);

export const realVector: Constraint = vector('realVector', 'a vector of real numbers', (x, from, size) =>
  each(x, from, size, Number.isFinite),
);
/** Vectors of non-negative numbers that add to 1. */
export const simplex: Constraint = vector(
  'simplex',
  'a vector of non-negative numbers that add to 1',
  (x, from, size) => each(x, from, size, isNotNegative) && Math.abs(sumOf(x, from, size, (v) => v) - 1) < TOLERANCE,
);
/** Vectors that a sum divides into probabilities. */
export const weights: Constraint = vector(
  'weights',
  'a vector of non-negative numbers, not all 0',
  (x, from, size) => each(x, from, size, isNotNegative) && sumOf(x, from, size, (v) => v) > 0,
);
/** Vectors of which a softmax makes probabilities; minus infinity stands for a probability of 0. */
export const logWeights: Constraint = vector(
  'logWeights',
  'a vector of log weights, one of them finite',
  (x, from, size) => each(x, from, size, (v) => v <= MAX) && sumOf(x, from, size, (v) => Number(v >= -MAX)) > 0,
);
/** Vectors of length 1. */
export const sphere: Constraint = vector(
  'sphere',
  'a vector of length 1',
  (x, from, size) => Math.abs(sumOf(x, from, size, (v) => v * v) - 1) < TOLERANCE,
);
/** Vectors whose entries increase strictly. */
export const orderedVector: Constraint = vector('orderedVector', 'a strictly increasing vector', (x, from, size) => {
  for (let i = from + 1; i < from + size; i++) if (!(x[i] > x[i - 1])) return false;
  return each(x, from, size, Number.isFinite);
});
/** Vectors of zeros with a single 1. */
export const oneHot: Constraint = vector(
  'discrete',
  'a one-hot vector',
  (x, from, size) => each(x, from, size, (v) => v === 0 || v === 1) && sumOf(x, from, size, (v) => v) === 1,
  true,
);
/** Vectors of counts that add to `total`. */
export const counts = (total: number): Constraint =>
  vector(
    'discrete',
    `a vector of non-negative integers that add to ${total}`,
    (x, from, size) => each(x, from, size, isCount) && sumOf(x, from, size, (v) => v) === total,
    true,
  );

/** Symmetric positive definite matrices. */
export const positiveDefinite: Constraint = constraintOn(
  { kind: 'positiveDefinite', name: 'a symmetric positive definite matrix', eventDim: 2, isDiscrete: false },
  (value) => {
    const n = value.shape[value.rank - 1];
    const definite = tf.tidy(() => isPositiveDefinite(value).dataSync());
    return {
      shape: value.shape.slice(0, -2),
      inside: (x, i) => definite[i] !== 0 && isSymmetric(x, i * n * n, n),
    };
  },
);

function isSymmetric(x: Numbers, from: number, n: number): boolean {
  let [asymmetry, size] = [0, 0];
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const entry = x[from + i * n + j];
      if (!Number.isFinite(entry)) return false;
      asymmetry = Math.max(asymmetry, Math.abs(entry - x[from + j * n + i]));
      size = Math.max(size, Math.abs(entry));
    }
  }
  return asymmetry <= size * TOLERANCE;
}

/** A constraint on lower triangular matrices of positive diagonal; `rows` looks at the row that begins at `from` too. */
const lowerTriangular = (
  kind: string,
  name: string,
  rows: (x: Numbers, from: number, n: number) => boolean,
): Constraint =>
  constraintOn({ kind, name, eventDim: 2, isDiscrete: false }, (value) => {
    const n = value.shape[value.rank - 1];
    const fits = (entry: number, i: number, j: number): boolean =>
      Number.isFinite(entry) && (j < i || (i === j ? entry > 0 : entry === 0));
    return {
      shape: value.shape.slice(0, -2),
      inside: (x, which) => {
        const from = which * n * n;
        for (let k = 0; k < n * n; k++) if (!fits(x[from + k], Math.floor(k / n), k % n)) return false;
        for (let i = 0; i < n; i++) if (!rows(x, from + i * n, n)) return false;
        return true;
      },
    };
  });

/** Lower triangular matrices with a positive diagonal. */
export const lowerCholesky: Constraint = lowerTriangular(
  'lowerCholesky',
  'a lower triangular matrix with a positive diagonal',
  () => true,
);
/** Cholesky factors of correlation matrices: lower triangular with a positive diagonal and rows of length 1. */
export const corrCholesky: Constraint = lowerTriangular(
  'corrCholesky',
  'a lower triangular matrix with a positive diagonal and rows of length 1',
  (x, from, n) => Math.abs(sumOf(x, from, n, (v) => v * v) - 1) < TOLERANCE,
);
/** `base` on each entry, with `n` rightmost dimensions taken together as one value. */
export const independent = (base: Constraint, n: number): Constraint & { base?: Constraint; n?: number } =>
  n === 0 ? base : { ...together(base, n), kind: 'independent', base, n, name: base.name, isDiscrete: base.isDiscrete };
