/** Computations on the host with several results, such as the gradients of a kernel's operands. */
import * as tf from '@tensorflow/tfjs';
import { sizeOf } from '../ops/shapes.js';
import { hostCall } from './hostCalls.js';

export interface PackedCall {
  /** "spatial decoder, gradients", for messages and plans. */
  readonly name: string;
  readonly inputs: readonly tf.Tensor[];
  readonly shapes: readonly (readonly number[])[];
  /** Fills the outputs (row by row, zeros before) from the numbers of the inputs; all are float32. */
  readonly run: (inputs: readonly Float32Array[], outputs: readonly Float32Array[]) => void;
  /** Whether `run` writes every entry, so that the outputs need not be zeros before. @default false */
  readonly writesAll?: boolean;
}

/**
 * The float32 tensors that one computation on the host makes, constants for the gradient. A recorded program repeats it as one call, whose results lie
 * end to end in memory.
 * @example
 * const [low, high] = packedCall({
 *   name: 'halves',
 *   inputs: [tf.tensor1d([1, 2, 3, 4])],
 *   shapes: [[2], [2]],
 *   run: ([all], [a, b]) => {
 *     a.set(all.subarray(0, 2));
 *     b.set(all.subarray(2));
 *   },
 * });
 */
export function packedCall({ name, inputs, shapes, run, writesAll = false }: PackedCall): tf.Tensor[] {
  const sizes = shapes.map(sizeOf);
  const begin = sizes.map((_, i) => sizes.slice(0, i).reduce((a, b) => a + b, 0));
  const all = hostCall({
    name,
    inputs,
    shape: [sizes.reduce((a, b) => a + b, 0)],
    dtype: 'float32',
    writesAll,
    run: (numbers, output) => {
      const parts = sizes.map((n, i) => (output as Float32Array).subarray(begin[i], begin[i] + n));
      run(numbers.map(asFloat32), parts);
    },
  });
  return shapes.map((shape, i) => tf.reshape(tf.slice(all, [begin[i]], [sizes[i]]), [...shape]));
}

/** Plans of few numbers keep them in float64. */
export const asFloat32 = (x: ArrayLike<number>): Float32Array => (x instanceof Float32Array ? x : Float32Array.from(x));
