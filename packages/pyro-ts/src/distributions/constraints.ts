/** Where a value may lie. Every distribution has a `support`, every parameter may have a constraint. */
import { equal, greater, greaterEqual, less, lessEqual } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';

export interface Constraint {
  /** As in messages: "positive", "in (0, 1)". */
  readonly name: string;
  /** Number of rightmost dimensions that make one value: 0 for a number, 1 for a vector. */
  readonly eventDim: number;
  readonly isDiscrete: boolean;
  /** For each value, whether it lies inside: a bool tensor without the event dimensions. NaN never does. */
  check(value: tf.Tensor): tf.Tensor;
}

const scalar = (name: string, check: (x: tf.Tensor) => tf.Tensor, isDiscrete = false): Constraint => ({
  name,
  eventDim: 0,
  isDiscrete,
  check: (x) => tf.tidy(() => check(tf.cast(x, 'float32'))),
});

const and = (a: tf.Tensor, b: tf.Tensor) => tf.logicalAnd(a, b);
const isInteger = (x: tf.Tensor) => equal(x, tf.floor(x));

export const real: Constraint = scalar('real', (x) => tf.isFinite(x));
export const positive: Constraint = scalar('positive', (x) => greater(x, 0));
export const nonNegative: Constraint = scalar('non-negative', (x) => greaterEqual(x, 0));
export const unitInterval: Constraint = scalar('in [0, 1]', (x) => and(greaterEqual(x, 0), lessEqual(x, 1)));
export const boolean: Constraint = scalar('0 or 1', (x) => tf.logicalOr(equal(x, 0), equal(x, 1)), true);
export const nonNegativeInteger: Constraint = scalar(
  'a non-negative integer',
  (x) => and(greaterEqual(x, 0), isInteger(x)),
  true,
);

/** Real numbers between `low` and `high`, both included. */
export const interval = (low: number, high: number): Constraint & { low: number; high: number } => ({
  ...scalar(`in [${low}, ${high}]`, (x) => and(greaterEqual(x, low), lessEqual(x, high))),
  low,
  high,
});
/** Real numbers above `low`. */
export const greaterThan = (low: number): Constraint & { low: number } => ({
  ...scalar(`greater than ${low}`, (x) => greater(x, low)),
  low,
});
/** Real numbers below `high`. */
export const lessThan = (high: number): Constraint & { high: number } => ({
  ...scalar(`less than ${high}`, (x) => less(x, high)),
  high,
});
/** Integers from `low` to `high`, both included. */
export const integerInterval = (low: number, high: number): Constraint => ({
  ...scalar(
    `an integer from ${low} to ${high}`,
    (x) => and(and(greaterEqual(x, low), lessEqual(x, high)), isInteger(x)),
    true,
  ),
});

/** `base` on each entry, with `n` rightmost dimensions taken together as one value. */
export const independent = (base: Constraint, n: number): Constraint =>
  n === 0
    ? base
    : {
        name: base.name,
        eventDim: base.eventDim + n,
        isDiscrete: base.isDiscrete,
        check: (x) =>
          tf.tidy(() => {
            const each = base.check(x);
            return tf.all(
              each,
              Array.from({ length: n }, (_, i) => each.rank - 1 - i),
            );
          }),
      };
