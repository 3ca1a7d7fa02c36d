/** Normalised log-probabilities: one call on the wasm engine, and one for the gradient, where tfjs takes a dozen. */
import * as tf from '@tensorflow/tfjs';
import { type Heap, runningHeap } from '../wasm/heap.js';
import { registerGradientOf, registerOnWasm } from '../wasm/kernels.js';
import { filledOn } from '../wasm/operands.js';
import { logSumExp } from './logSumExp.js';

const kernelName = 'PyroLogSoftmax';
const slopeName = 'PyroLogSoftmaxSlope';

/**
 * x less the log of the sum of exp(x) over the last dimension; x of rank 1 or more. Where all of a row is -inf, the result is NaN and the gradient passes
 * through. On the wasm engine no second derivatives.
 * @example logSoftmax(tf.tensor1d([0, Math.log(3)])) // [-1.386, -0.288]
 */
export function logSoftmax(x: tf.Tensor): tf.Tensor {
  if (!runningHeap() || x.size === 0 || x.dtype !== 'float32') return tf.sub(x, logSumExp(x, -1, true));
  register();
  return tf.engine().runKernel(kernelName, { x }) as tf.Tensor;
}

registerGradientOf({
  kernelName,
  inputsToSave: ['x'],
  gradFunc: (upstream, [x]) => ({
    x: () => tf.engine().runKernel(slopeName, { x, upstream }) as tf.Tensor,
  }),
});

function register(): void {
  registerOnWasm<'x', object>(kernelName, (heap, { x }) => {
    return filledOn(heap, x.shape, (out) => {
      eachRow(heap, x, (row, from, total) => {
        for (let k = 0; k < row.length; k++) out[from + k] = row[k] - total;
      });
    });
  });
  registerOnWasm<'x' | 'upstream', object>(slopeName, (heap, { x, upstream }) => {
    return filledOn(heap, x.shape, (out) => {
      const up = heap.view(heap.address(upstream), out.length);
      eachRow(heap, x, (row, from, total) => {
        let sum = 0;
        for (let k = 0; k < row.length; k++) sum += up[from + k];
        const shift = Number.isFinite(total) ? total : 0;
        for (let k = 0; k < row.length; k++) out[from + k] = up[from + k] - sum * Math.exp(Math.min(row[k] - shift, 0));
      });
    });
  });
}

/** Calls `body` with each row of `x`, where it begins, and the log of the sum of its exponentials. */
function eachRow(heap: Heap, x: tf.TensorInfo, body: (row: Float32Array, from: number, total: number) => void): void {
  const length = x.shape[x.shape.length - 1];
  const size = x.shape.reduce((a, b) => a * b, 1);
  const all = heap.view(heap.address(x), size);
  for (let from = 0; from < size; from += length) {
    const row = all.subarray(from, from + length);
    let largest = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < length; k++) if (!(row[k] <= largest)) largest = row[k];
    const shift = Number.isFinite(largest) ? largest : 0;
    let sum = 0;
    for (let k = 0; k < length; k++) sum += Math.exp(row[k] - shift);
    body(row, from, Math.log(sum) + shift);
  }
}
