/** Functions of whole rows (the last dimension) that are evaluated on the host in float64, with gradients. */

import * as tf from '@tensorflow/tfjs';
import { OperandError } from '../errors.js';
import { customGrad } from '../ops/customGrad.js';
import { broadcastShapes, sizeOf, sumTo } from '../ops/shapes.js';
import { hostCall } from '../recording/hostCalls.js';
import { broadcastNumbers } from './elementwise.js';

/** One number of the same row of each input. */
export type RowFunction = (...rows: Float64Array[]) => number;
/** The derivative of a RowFunction in each entry of one of the rows. */
export type RowGradient = (...rows: Float64Array[]) => ArrayLike<number>;

/**
 * `f` of each row of `inputs` [..., K], broadcast together; the result is [...]. `partials[i]` gives the derivatives in the i-th row, or is
 * undefined where no gradient passes.
 * @example rowwise([tf.tensor2d([[1, 2], [3, 4]])], (row) => row[0] * row[1], [(row) => [row[1], row[0]]]) // [2, 12]
 */
export function rowwise(
  inputs: tf.Tensor[],
  f: RowFunction,
  partials: readonly (RowGradient | undefined)[],
): tf.Tensor {
  const shape = broadcastShapes(...inputs.map((t) => t.shape));
  if (shape === undefined || shape.length === 0) {
    throw new OperandError(`rows of shapes ${inputs.map((t) => `[${t.shape}]`).join(', ')} do not broadcast together`);
  }
  const size = shape[shape.length - 1];
  const count = sizeOf(shape) / size;
  const shapes = inputs.map((t) => t.shape);
  const rowsOf = (numbers: readonly ArrayLike<number>[]): Float64Array[][] => {
    const columns = numbers.map((data, i) => Float64Array.from(broadcastNumbers(data, shapes[i], shape)));
    return Array.from({ length: count }, (_, r) => columns.map((c) => c.subarray(r * size, (r + 1) * size)));
  };
  const call = { name: 'row function', dtype: 'float32' } as const;
  return customGrad(inputs, (...xs) => ({
    value: hostCall({
      ...call,
      inputs: xs,
      shape: shape.slice(0, -1),
      run: (numbers, out) => {
        for (const [r, rows] of rowsOf(numbers).entries()) out[r] = f(...rows);
      },
    }),
    saved: xs,
    grad: (dy, saved) => {
      const upstream = tf.expandDims(dy, -1);
      return saved.map((x, i) => {
        const partial = partials[i];
        if (!partial) return tf.zerosLike(x);
        const slopes = hostCall({
          ...call,
          inputs: saved,
          shape,
          run: (numbers, out) => {
            for (const [r, rows] of rowsOf(numbers).entries()) out.set(partial(...rows), r * size);
          },
        });
        return sumTo(tf.mul(upstream, slopes), x.shape);
      });
    },
  }));
}
