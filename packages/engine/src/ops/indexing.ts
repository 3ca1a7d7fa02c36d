/** Picking entries along one axis, with a gradient on every engine (tfjs-wasm has none for `gather`). */

import * as tf from '@tensorflow/tfjs';
import { OperandError } from '../errors.js';
import { uncountedReads } from '../recording/hostCalls.js';
import { customGrad } from './customGrad.js';

/**
 * Entries `indices` (whole numbers of any shape and type, so also the values of an enumerated variable; a plain number takes one entry) of `x` along
 * `axis`: the shape of `x` with that of `indices` in place of that axis. The gradient adds up where an index repeats.
 * @throws {OperandError} for an index that is no whole number from 0 to the size of the axis less 1
 * @example take(tf.tensor2d([[1, 2], [3, 4]]), tf.tensor1d([1, 1, 0], 'int32')) // [[3, 4], [3, 4], [1, 2]]
 */
export function take(x: tf.Tensor, indices: tf.Tensor | tf.TensorLike, axis = 0): tf.Tensor {
  const at = axis < 0 ? axis + x.rank : axis;
  const chosen = indices instanceof tf.Tensor ? indices : tf.tensor(indices);
  checkIndices('take', chosen, x.shape[at]);
  return takeWithin(x, chosen, at);
}

/**
 * `take` of indices that have been checked, along an axis counted from the left.
 * @example takeWithin(tf.tensor1d([1, 2]), tf.scalar(1, 'int32'), 0) // 2
 */
export function takeWithin(x: tf.Tensor, indices: tf.Tensor, at: number): tf.Tensor {
  const shape = [...x.shape.slice(0, at), ...indices.shape, ...x.shape.slice(at + 1)];
  return customGrad([x, indices], (a, given) => {
    const rows = tf.cast(tf.reshape(given, [-1]), 'int32') as tf.Tensor1D;
    return {
      value: tf.reshape(tf.gather(a, rows, at), shape),
      saved: [rows],
      grad: (dy, [kept]) => [scatter(dy, kept as tf.Tensor1D, x.shape, at), tf.zeros(indices.shape)],
    };
  });
}

/**
 * Rejects indices of a dimension of `size` that TensorFlow.js would take for others (1.5 for 1, NaN for 0) or read beyond it for. `owner` begins the message.
 * @throws {OperandError} for an index that is no whole number from 0 to size - 1
 * @example checkIndices('take', tf.tensor1d([0, 1]), 2)
 */
export function checkIndices(owner: string, indices: tf.Tensor, size: number): void {
  if (indices.dtype === 'bool') return;
  const wrong = uncountedReads(() => indices.dataSync<'float32'>()).find(
    (i) => !(Number.isInteger(i) && i >= 0 && i < size),
  );
  if (wrong === undefined) return;
  throw new OperandError(
    `${owner}: there is no entry ${wrong} in a dimension of size ${size}; indices are whole numbers from 0 to ${size - 1}.`,
  );
}

/** Adds the slices of `dy` along `axis` into a zero tensor of `shape`: a product with one-hot rows, which every engine has. */
function scatter(dy: tf.Tensor, indices: tf.Tensor1D, shape: readonly number[], axis: number): tf.Tensor {
  const n = shape[axis];
  const before = shape.slice(0, axis).reduce((a, b) => a * b, 1);
  const after = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const k = indices.shape[0];
  const rows = tf.reshape(tf.transpose(tf.reshape(dy, [before, k, after]), [1, 0, 2]), [k, before * after]);
  // tf.oneHot takes no single class.
  const onto = n === 1 ? tf.ones([1, k]) : tf.transpose(tf.cast(tf.oneHot(indices, n), 'float32'));
  const summed = tf.reshape(tf.matMul(onto, rows), [n, before, after]);
  return tf.reshape(tf.transpose(summed, [1, 0, 2]), shape as number[]);
}
