/** Operations that stop the gradient, and comparisons that may stand on the gradient tape (tfjs has no gradient for most). */
import * as tf from '@tensorflow/tfjs';
import { customGrad } from './customGrad.js';
import { sumTo } from './shapes.js';

/**
 * `x` unchanged in value, and a constant for every gradient, as PyTorch's `detach`: what reaches a loss only through it has no gradient at all, not a
 * gradient of zeros. Safe in plain arithmetic, e.g. `x.mul(stopGradient(x))`.
 * @example tf.grad((x) => x.mul(stopGradient(x)))(tf.scalar(3)) // 3
 */
export function stopGradient<T extends tf.Tensor>(x: T): T {
  if (isWholeTape) return tf.clone(x);
  // As TensorFlow.js does within a kernel: nothing goes on the tape.
  const { state } = tf.engine();
  state.kernelDepth++;
  try {
    return tf.clone(x);
  } finally {
    state.kernelDepth--;
  }
}

let isWholeTape = false;

/**
 * Runs `body` with what `stopGradient` returns on the gradient tape after all, for whoever reads from the tape what was computed from what. A gradient
 * taken of it is wrong.
 * @example withWholeTape(() => tf.grad((x) => x.mul(stopGradient(x)))(tf.scalar(3))) // 6
 */
export function withWholeTape<R>(body: () => R): R {
  const before = isWholeTape;
  isWholeTape = true;
  try {
    return body();
  } finally {
    isWholeTape = before;
  }
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

/**
 * Elementwise `a < b` (bool), with broadcasting; constant for the gradient.
 * @example less(tf.tensor1d([1, 2]), 2) // [1, 0]
 */
export const less = compare((a, b) => tf.less(a, b));
/**
 * Elementwise `a <= b` (bool), with broadcasting; constant for the gradient.
 * @example lessEqual(tf.tensor1d([1, 2]), 2) // [1, 1]
 */
export const lessEqual = compare((a, b) => tf.lessEqual(a, b));
/**
 * Elementwise `a > b` (bool), with broadcasting; constant for the gradient.
 * @example greater(tf.tensor1d([1, 2]), 2) // [0, 0]
 */
export const greater = compare((a, b) => tf.greater(a, b));
/**
 * Elementwise `a >= b` (bool), with broadcasting; constant for the gradient.
 * @example greaterEqual(tf.tensor1d([1, 2]), 2) // [0, 1]
 */
export const greaterEqual = compare((a, b) => tf.greaterEqual(a, b));
/**
 * Elementwise `a == b` (bool), with broadcasting; constant for the gradient.
 * @example equal(tf.tensor1d([1, 2]), 2) // [0, 1]
 */
export const equal = compare((a, b) => tf.equal(a, b));
/**
 * Elementwise `a != b` (bool), with broadcasting; constant for the gradient.
 * @example notEqual(tf.tensor1d([1, 2]), 2) // [1, 0]
 */
export const notEqual = compare((a, b) => tf.notEqual(a, b));

/**
 * `a` where `condition` (bool) is true, else `b`, all three broadcast together. A gradient reaches only what was chosen, and the condition may
 * have been computed on the tape.
 * @example select(greater(x, 0), x, tf.zerosLike(x)) // relu
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
