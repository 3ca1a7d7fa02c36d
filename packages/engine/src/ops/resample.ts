/** Rows read at four weighted places each: pictures turned, moved or resized with bilinear interpolation, as one linear map. */
import * as tf from '@tensorflow/tfjs';
import { runningHeap } from '../fast/heap.js';
import { peek, tensorFrom } from '../fast/memory.js';
import { customGrad } from './customGrad.js';
import { take } from './indexing.js';

/** For each of `size` results the four places of a row that it is made of, and their weights; a place that is not needed has weight 0. */
export interface Taps {
  /** Length of the rows that are read. */
  readonly from: number;
  /** Length of the rows that come out. */
  readonly size: number;
  /** [size * 4], each below `from`. */
  readonly at: Int32Array;
  /** [size * 4]. */
  readonly weight: Float32Array;
}

/**
 * Each row x of [rows, from] as a row of [rows, size] with entries sum_k weight[4 j + k] x[at[4 j + k]]. On the wasm engine one pass over its memory;
 * elsewhere TensorFlow.js's own operations.
 * @example
 * const halves = { from: 2, size: 1, at: Int32Array.of(0, 1, 0, 0), weight: Float32Array.of(0.5, 0.5, 0, 0) };
 * resample(tf.tensor2d([[1, 3], [5, 9]]), halves) // [[2], [7]]
 */
export function resample(x: tf.Tensor, map: Taps): tf.Tensor {
  if (x.rank !== 2 || x.shape[1] !== map.from) {
    throw new RangeError(`resample: x [${x.shape}] must have two dimensions, the second of ${map.from}.`);
  }
  return runningHeap() ? onHost(x, map, read) : ofOperations(x, map);
}

type Loop = (source: Float32Array, target: Float32Array, map: Taps) => void;

/** The map, or its transpose; each is the gradient of the other. */
function onHost(x: tf.Tensor, map: Taps, loop: Loop): tf.Tensor {
  const [columns, gradient] = loop === read ? [map.size, spread] : [map.from, read];
  return customGrad([x], (rows) => ({
    value: tensorFrom([rows.shape[0], columns], (values) => loop(peek(rows), values, map)),
    grad: (dy) => [onHost(dy, map, gradient)],
  }));
}

const read: Loop = (source, target, { from, size, at, weight }) => {
  for (let s = 0, t = 0; t < target.length; s += from, t += size) {
    for (let j = 0, k = 0; j < size; j++, k += 4) {
      target[t + j] =
        weight[k] * source[s + at[k]] +
        weight[k + 1] * source[s + at[k + 1]] +
        weight[k + 2] * source[s + at[k + 2]] +
        weight[k + 3] * source[s + at[k + 3]];
    }
  }
};

const spread: Loop = (source, target, { from, size, at, weight }) => {
  target.fill(0);
  for (let s = 0, t = 0; t < target.length; s += size, t += from) {
    for (let k = 0; k < 4 * size; k++) target[t + at[k]] += weight[k] * source[s + (k >> 2)];
  }
};

function ofOperations(x: tf.Tensor, { at, weight }: Taps): tf.Tensor {
  const term = (tap: number): tf.Tensor => {
    const isOf = (_: number, i: number) => i % 4 === tap;
    return tf.mul(take(x, tf.tensor1d(at.filter(isOf), 'int32'), 1), tf.tensor1d(weight.filter(isOf)));
  };
  return [0, 1, 2, 3].map(term).reduce((a, b) => tf.add(a, b));
}
