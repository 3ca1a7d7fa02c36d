/**
 * Elementwise functions that are evaluated on the host in float64: what TensorFlow.js lacks (lgamma, Bessel functions, ...) is short and exact
 * there, the same on every engine, and costs one loop over memory that the Node engines share with the host anyway.
 */

import * as tf from '@tensorflow/tfjs';
import { OperandError } from '../errors.js';
import { customGrad } from '../ops/customGrad.js';
import { broadcastShapes, type Shape, sizeOf, sumTo } from '../ops/shapes.js';

/** A function of up to five numbers. */
export type HostFunction = (...x: number[]) => number;

/**
 * `f` of the entries of `inputs`, broadcast together (and to `shape`, where given); float32, constant for the gradient.
 * @example hostMap([tf.tensor1d([1, 2]), tf.scalar(3)], Math.max) // [3, 3]
 */
export function hostMap(inputs: readonly tf.Tensor[], f: HostFunction, shape?: Shape): tf.Tensor {
  const target = shape ?? broadcastShapes(...inputs.map((t) => t.shape));
  if (target === undefined) {
    throw new OperandError(
      `tensors of shapes ${inputs.map((t) => `[${t.shape}]`).join(', ')} do not broadcast together`,
    );
  }
  const columns = inputs.map((t) => readBroadcast(t, target));
  const out = new Float32Array(sizeOf(target));
  const [a, b, c, d, e] = columns;
  if (columns.length === 1) for (let i = 0; i < out.length; i++) out[i] = f(a[i]);
  else if (columns.length === 2) for (let i = 0; i < out.length; i++) out[i] = f(a[i], b[i]);
  else if (columns.length === 3) for (let i = 0; i < out.length; i++) out[i] = f(a[i], b[i], c[i]);
  else if (columns.length === 4) for (let i = 0; i < out.length; i++) out[i] = f(a[i], b[i], c[i], d[i]);
  else if (columns.length === 5) for (let i = 0; i < out.length; i++) out[i] = f(a[i], b[i], c[i], d[i], e[i]);
  else throw new OperandError(`hostMap takes one to five tensors, not ${columns.length}`);
  return tf.tensor(out, target as number[], 'float32');
}

/**
 * The entries of `x` broadcast to `shape`, row by row; adds nothing to the gradient tape.
 * @example Array.from(readBroadcast(tf.tensor1d([1, 2]), [2, 2])) // [1, 2, 1, 2]
 */
export function readBroadcast(x: tf.Tensor, shape: Shape): tf.TypedArray {
  const data = x.dataSync();
  if (sizeOf(shape) === data.length) return data;
  if (data.length === 1) return new Float32Array(sizeOf(shape)).fill(data[0]);
  let rows: tf.TypedArray = data;
  let inner = 1;
  // From the right: where x has size 1, each block is repeated.
  for (let i = 1; i <= shape.length; i++) {
    const size = shape[shape.length - i];
    if ((x.shape[x.rank - i] ?? 1) !== size) rows = repeatBlocks(rows, inner, size);
    inner *= size;
  }
  return rows;
}

/** Each block of `length` entries `times` times over. */
function repeatBlocks(data: tf.TypedArray, length: number, times: number): Float32Array {
  const out = new Float32Array(data.length * times);
  for (let from = 0, to = 0; from < data.length; from += length) {
    const block = data.subarray(from, from + length);
    for (let k = 0; k < times; k++, to += length) out.set(block, to);
  }
  return out;
}

/**
 * `f` of the entries of `inputs`, broadcast together, with a gradient: `partials[i]` is the derivative of `f` in its i-th argument, or undefined
 * where no gradient passes.
 * @example elementwise([tf.scalar(2)], Math.log, [(x) => 1 / x]) // 0.6931
 */
export function elementwise(
  inputs: tf.Tensor[],
  f: HostFunction,
  partials: readonly (HostFunction | undefined)[],
): tf.Tensor {
  return customGrad(inputs, (...xs) => ({
    value: hostMap(xs, f),
    saved: xs,
    grad: (dy, saved) =>
      saved.map((x, i) => {
        const partial = partials[i];
        return partial ? sumTo(tf.mul(dy, hostMap(saved, partial)), x.shape) : tf.zerosLike(x);
      }),
  }));
}
