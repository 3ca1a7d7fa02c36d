/** How a constraint looks at numbers: on the host, where they lie, up to the first that is outside. */
import type { Shape } from '@pyro-ts/engine';
import { firstOutside, noteCheck, peek, sizeOf, uncountedReads } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import type { Constraint } from './constraints.js';

export type Numbers = ArrayLike<number>;

/** How one tensor of values is looked at. */
interface Look {
  /** The shape of the answers: that of the values without their event dimensions. */
  readonly shape: Shape;
  /** Whether value number `i` lies inside, given the tensor's numbers. */
  readonly inside: (data: Numbers, i: number) => boolean;
}
/** Makes a look at some float32 values; or the two ends, both inside, of an interval. */
type Looker = ((value: tf.Tensor) => Look) | { readonly low: number; readonly high: number };

/** By a constraint's `check`, so that one with a check of its own is never taken for the one that it was copied from. */
const lookers = new WeakMap<Constraint['check'], Looker>();

/** A constraint whose values are looked at by `looker`. */
export function constraintOn(what: Omit<Constraint, 'check'>, looker: Looker): Constraint {
  const check = (value: tf.Tensor): tf.Tensor =>
    tf.tidy(() => {
      const values = tf.cast(value, 'float32');
      const { shape, inside } = lookWith(looker, values);
      const data = values.dataSync();
      return tf.tensor(
        Uint8Array.from({ length: sizeOf(shape) }, (_, i) => Number(inside(data, i))),
        shape as number[],
        'bool',
      );
    });
  lookers.set(check, looker);
  return { ...what, check };
}

function lookWith(looker: Looker, value: tf.Tensor): Look {
  if (typeof looker === 'function') return looker(value);
  const [low, high] = [Math.fround(looker.low), Math.fround(looker.high)];
  return { shape: value.shape, inside: (x, i) => x[i] >= low && x[i] <= high };
}

/** `base` with `n` more rightmost dimensions taken together as one value. */
export function together(base: Constraint, n: number): Pick<Constraint, 'check' | 'eventDim'> {
  const check = (value: tf.Tensor): tf.Tensor =>
    tf.tidy(() => {
      const each = base.check(value);
      return tf.all(
        each,
        Array.from({ length: n }, (_, i) => each.rank - 1 - i),
      );
    });
  const looker = lookers.get(base.check);
  // Outside as a whole is outside somewhere.
  if (looker) lookers.set(check, looker);
  return { check, eventDim: base.eventDim + n };
}

/** The number of the first value that lies outside `constraint`, or -1. Makes no tensor for the library's own constraints. */
export function firstViolation(constraint: Constraint, value: tf.Tensor): number {
  const first = uncountedReads(() => violationOf(constraint, value));
  if (first < 0) noteCheck(value, (x) => violationOf(constraint, x) < 0);
  return first;
}

function violationOf(constraint: Constraint, value: tf.Tensor): number {
  if (value.size === 0) return -1;
  const looker = lookers.get(constraint.check);
  if (looker === undefined || value.dtype !== 'float32') {
    // Read outside of tidy, which would look through each entry.
    const answers = tf.tidy(() => constraint.check(value));
    const first = answers.dataSync().indexOf(0);
    answers.dispose();
    return first;
  }
  if (typeof looker !== 'function') return firstOutside(value, looker.low, looker.high);
  const { shape, inside } = looker(value);
  const data = peek(value);
  const count = sizeOf(shape);
  for (let i = 0; i < count; i++) if (!inside(data, i)) return i;
  return -1;
}
