/**
 * Elementwise functions that are evaluated on the host in float64: what TensorFlow.js lacks (lgamma, Bessel functions, ...) is short and exact
 * there, the same on every engine, and costs one loop over memory that the Node engines share with the host anyway.
 */

import * as tf from '@tensorflow/tfjs';
import { OperandError } from '../errors.js';
import { customGrad } from '../ops/customGrad.js';
import { broadcastShapes, type Shape, sizeOf, sumTo } from '../ops/shapes.js';
import { hostCall } from '../recording/hostCalls.js';

/** A function of up to five numbers. */
export type HostFunction = (...x: number[]) => number;

/**
 * `f` of the entries of `inputs`, broadcast together (and to `shape`, where given); float32, constant for the gradient.
 * @example hostMap([tf.tensor1d([1, 2]), tf.scalar(3)], Math.max) // [3, 3]
 */
export const hostMap = (inputs: readonly tf.Tensor[], f: HostFunction, shape?: Shape): tf.Tensor =>
  mapped(inputs, f, shape, false);

/** As `hostMap`; `isPure`: `f` draws nothing and remembers nothing. */
function mapped(inputs: readonly tf.Tensor[], f: HostFunction, shape: Shape | undefined, isPure: boolean): tf.Tensor {
  const target = shape ?? broadcastShapes(...inputs.map((t) => t.shape));
  if (target === undefined) {
    throw new OperandError(
      `tensors of shapes ${inputs.map((t) => `[${t.shape}]`).join(', ')} do not broadcast together`,
    );
  }
  if (inputs.length < 1 || inputs.length > 5) {
    throw new OperandError(`hostMap takes one to five tensors, not ${inputs.length}`);
  }
  const shapes = inputs.map((t) => t.shape);
  const run = (numbers: readonly ArrayLike<number>[], out: Float32Array | Int32Array): void => {
    const [a, b, c, d, e] = numbers.map((data, i) => broadcastNumbers(data, shapes[i], target));
    if (numbers.length === 1) for (let i = 0; i < out.length; i++) out[i] = f(a[i]);
    else if (numbers.length === 2) for (let i = 0; i < out.length; i++) out[i] = f(a[i], b[i]);
    else if (numbers.length === 3) for (let i = 0; i < out.length; i++) out[i] = f(a[i], b[i], c[i]);
    else if (numbers.length === 4) for (let i = 0; i < out.length; i++) out[i] = f(a[i], b[i], c[i], d[i]);
    else for (let i = 0; i < out.length; i++) out[i] = f(a[i], b[i], c[i], d[i], e[i]);
  };
  const call = { name: f.name || 'host function', inputs, shape: target, dtype: 'float32', run } as const;
  return hostCall(isPure ? { ...call, each: f } : call);
}

/**
 * The entries of `x` broadcast to `shape`, row by row; adds nothing to the gradient tape.
 * @example Array.from(readBroadcast(tf.tensor1d([1, 2]), [2, 2])) // [1, 2, 1, 2]
 */
export const readBroadcast = (x: tf.Tensor, shape: Shape): tf.TypedArray =>
  broadcastNumbers(x.dataSync(), x.shape, shape) as tf.TypedArray;

/** As `readBroadcast`, of numbers that were read. */
export function broadcastNumbers(data: ArrayLike<number>, from: Shape, shape: Shape): ArrayLike<number> {
  if (sizeOf(shape) === data.length) return data;
  if (data.length === 1) return new Float32Array(sizeOf(shape)).fill(data[0]);
  let rows = data;
  let inner = 1;
  // From the right: where x has size 1, each block is repeated.
  for (let i = 1; i <= shape.length; i++) {
    const size = shape[shape.length - i];
    if ((from[from.length - i] ?? 1) !== size) rows = repeatBlocks(rows, inner, size);
    inner *= size;
  }
  return rows;
}

/** Each block of `length` entries `times` times over. */
function repeatBlocks(data: ArrayLike<number>, length: number, times: number): Float32Array {
  const out = new Float32Array(data.length * times);
  for (let from = 0, to = 0; from < data.length; from += length) {
    for (let k = 0; k < times; k++) for (let i = 0; i < length; i++) out[to++] = data[from + i];
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
    value: mapped(xs, f, undefined, true),
    saved: xs,
    grad: (dy, saved) =>
      saved.map((x, i) => {
        const partial = partials[i];
        return partial ? sumTo(tf.mul(dy, mapped(saved, partial, undefined, true)), x.shape) : tf.zerosLike(x);
      }),
  }));
}
