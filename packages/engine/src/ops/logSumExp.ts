/** A log-sum-exp that survives slices of minus infinity: value -inf and gradient 0 there, where tfjs's own gives NaN. */
import * as tf from '@tensorflow/tfjs';
import { isRecording } from '../recording/hostCalls.js';
import { customGrad } from './customGrad.js';

/**
 * log of the sum of exp(x) over `axis` (by default all axes). Gradient: the softmax, 0 in slices that are all -inf.
 * @example logSumExp(tf.tensor1d([-Infinity, 2])) // 2
 */
export function logSumExp(x: tf.Tensor, axis?: number | number[], keepDims = false): tf.Tensor {
  return tf.tidy(() => {
    const axes = axis === undefined ? x.shape.map((_, i) => i) : ([] as number[]).concat(axis);
    const resolved = axes.map((a) => (a < 0 ? a + x.rank : a));
    if (resolved.length === 0) return x.clone();
    const kept = logSumExpKept(x, resolved);
    return keepDims ? kept : tf.squeeze(kept, resolved);
  });
}

function logSumExpKept(x: tf.Tensor, axes: number[]): tf.Tensor {
  return customGrad([x], (a) => {
    const max = tf.max(a, axes, true);
    const shift = tf.where(tf.isFinite(max), max, tf.zerosLike(max));
    const terms = tf.exp(tf.sub(a, shift));
    const sum = tf.sum(terms, axes, true);
    const value = tf.add(tf.log(sum), shift);
    if (isRecording()) {
      // The same softmax without a second exponential: a compiled program keeps the terms at no cost.
      return {
        value,
        saved: [terms, sum],
        grad: (dy, [t, s]) => [tf.mul(dy, tf.div(t, tf.where(tf.greater(s, 0), s, tf.onesLike(s))))],
      };
    }
    return {
      value,
      saved: [a, value],
      grad: (dy, [input, out]) => {
        const finite = tf.where(tf.isFinite(out), out, tf.zerosLike(out));
        return [tf.mul(dy, tf.exp(tf.minimum(tf.sub(input, finite), 0)))];
      },
    };
  });
}
