/** Softmax along any axis; TensorFlow.js has it along the last one only. */

import * as tf from '@tensorflow/tfjs';
import { OperandError } from '../errors.js';

/**
 * exp(x) divided by its sum along `axis`; x of rank 1 or more.
 * @param axis counted from the left, or from the right where it is negative
 * @default axis -1
 * @throws {OperandError} for an axis that `x` does not have
 * @example softmax(tf.tensor2d([[0, 0], [Math.log(3), 0]]), 0) // [[0.25, 0.5], [0.75, 0.5]]
 */
export function softmax(x: tf.Tensor, axis = -1): tf.Tensor {
  const at = axis < 0 ? axis + x.rank : axis;
  if (!Number.isInteger(at) || at < 0 || at >= x.rank) {
    throw new OperandError(`softmax: there is no axis ${axis} in a tensor of shape [${x.shape}].`);
  }
  const last = x.rank - 1;
  if (at === last) return tf.softmax(x);
  const order = x.shape.map((_, i) => (i === at ? last : i === last ? at : i));
  return tf.transpose(tf.softmax(tf.transpose(x, order)), order);
}
