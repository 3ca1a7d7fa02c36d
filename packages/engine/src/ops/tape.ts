/** Operations that stop the gradient, and comparisons that may stand on the gradient tape (tfjs has no gradient for most). */
import * as tf from '@tensorflow/tfjs';
import { customGrad } from './customGrad.js';
import { sumTo } from './shapes.js';

/** `x` unchanged in value; no gradient passes through. Safe in plain arithmetic, e.g. `x.mul(stopGradient(x))`. */
export function stopGradient<T extends tf.Tensor>(x: T): T {
  return customGrad([x], (a) => ({ value: a.clone(), grad: (dy) => [tf.zerosLike(dy)] })) as T;
}

type Operand = tf.Tensor | number;

const compare =
  (op: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor) =>
  (a: Operand, b: Operand): tf.Tensor =>
    customGrad([asTensor(a), asTensor(b)], (x, y) => ({
      value: op(x, y),
      saved: [x, y],
      grad: (_, saved) => saved.map((t) => tf.zerosLike(t)),
    }));

const asTensor = (x: Operand): tf.Tensor => (typeof x === 'number' ? tf.scalar(x) : x);

/** Elementwise `a < b` (bool), with broadcasting; constant for the gradient. */
export const less = compare((a, b) => tf.less(a, b));
/** Elementwise `a <= b` (bool), with broadcasting; constant for the gradient. */
export const lessEqual = compare((a, b) => tf.lessEqual(a, b));
/** Elementwise `a > b` (bool), with broadcasting; constant for the gradient. */
export const greater = compare((a, b) => tf.greater(a, b));
/** Elementwise `a >= b` (bool), with broadcasting; constant for the gradient. */
export const greaterEqual = compare((a, b) => tf.greaterEqual(a, b));
/** Elementwise `a == b` (bool), with broadcasting; constant for the gradient. */
export const equal = compare((a, b) => tf.equal(a, b));
/** Elementwise `a != b` (bool), with broadcasting; constant for the gradient. */
export const notEqual = compare((a, b) => tf.notEqual(a, b));

/**
 * `a` where `condition` (bool) is true, else `b`, all three broadcast together. A gradient reaches only what was chosen, and the condition may
 * have been computed on the tape.
 */
export function select(condition: tf.Tensor, a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  return customGrad([a, b], (x, y) => ({
    value: tf.where(condition, x, y),
    saved: [condition, x, y],
    grad: (dy, [chosen, first, second]) => {
      const zero = tf.zerosLike(dy);
      return [sumTo(tf.where(chosen, dy, zero), first.shape), sumTo(tf.where(chosen, zero, dy), second.shape)];
    },
  }));
}
