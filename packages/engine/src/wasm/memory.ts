/** The engine's memory as plain numbers, without a copy where it lies in reach. */
import * as tf from '@tensorflow/tfjs';
import { sizeOf } from '../ops/shapes.js';
import { runningHeap } from './heap.js';

/** The numbers of a float32 tensor, to be read at once and not changed: on the wasm engine they are gone when the next tensor is made. */
export function peek(x: tf.Tensor): Float32Array {
  const heap = x.size > 0 && x.dtype === 'float32' ? runningHeap() : undefined;
  return heap ? heap.view(heap.address(x), x.size) : x.dataSync<'float32'>();
}

/** A float32 tensor of `shape` whose numbers `fill` writes, all of them; `fill` makes no tensor. */
export function tensorFrom(shape: readonly number[], fill: (values: Float32Array) => void): tf.Tensor {
  const size = sizeOf(shape);
  const heap = size > 0 ? runningHeap() : undefined;
  if (!heap) {
    const values = new Float32Array(size);
    fill(values);
    return tf.tensor(values, shape as number[]);
  }
  // A tensor first, so that the tidy around frees it where `fill` throws.
  const output = tf.engine().makeTensorFromTensorInfo(heap.output(shape));
  fill(heap.view(heap.address(output), size));
  return output;
}

/**
 * Gives a float32 variable new numbers. They get memory of their own: the wasm engine keeps operands of products packed, by their tensors, and would not
 * see what is written over them.
 */
export function overwrite(variable: tf.Variable, values: Float32Array): void {
  tf.tidy(() => variable.assign(tensorFrom(variable.shape, (numbers) => numbers.set(values))));
}

/** Index of the first entry of a float32 tensor that is NaN or infinite, or -1. */
export function firstNonFinite(x: tf.Tensor): number {
  return firstOutside(x, -MAX_FLOAT, MAX_FLOAT);
}

const MAX_FLOAT = 3.4028234663852886e38;

/** Index of the first entry of a float32 tensor that is not from `low` to `high` (NaN never is), or -1. */
export function firstOutside(x: tf.Tensor, low: number, high: number): number {
  if (x.size === 0) return -1;
  const heap = runningHeap();
  if (heap) return heap.loops.firstOutside(heap.address(x), x.size, low, high);
  const [lowest, highest] = [Math.fround(low), Math.fround(high)];
  return x.dataSync<'float32'>().findIndex((value) => !(value >= lowest && value <= highest));
}
