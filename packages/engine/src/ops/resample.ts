/** Rows read at four weighted places each: pictures turned, moved or resized with bilinear interpolation, as one linear map. */

import * as tf from '@tensorflow/tfjs';
import { OperandError } from '../errors.js';
import { arenaCall, isOneCall } from '../recording/arenaCall.js';
import { type Heap, runningHeap } from '../wasm/heap.js';
import type { LoopMemory } from '../wasm/loopMemory.js';
import { peek, tensorFrom } from '../wasm/memory.js';
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
    throw new OperandError(`resample: x [${x.shape}] must have two dimensions, the second of ${map.from}.`);
  }
  if (isOneCall(x.size)) return recorded(x, map, readOn);
  const heap = runningHeap();
  return heap ? onHeap(heap, x, map, read) : ofOperations(x, map);
}

/** Rows of a map, or of its transpose, both in the engine's memory. */
type Loop = (heap: Heap, source: Float32Array, target: Float32Array, map: Taps) => void;

/** The map, or its transpose; each is the gradient of the other. */
function onHeap(heap: Heap, x: tf.Tensor, map: Taps, loop: Loop): tf.Tensor {
  const [columns, gradient] = loop === read ? [map.size, spread] : [map.from, read];
  return customGrad([x], (rows) => ({
    value: tensorFrom([rows.shape[0], columns], (values) => loop(heap, peek(rows), values, map)),
    grad: (dy) => [onHeap(heap, dy, map, gradient)],
  }));
}

// Room may move the memory, and with it the views.
const read: Loop = (heap, source, target, map) =>
  readOn(heap, source.byteOffset, target.length / map.size, target.byteOffset, map);

/** The map of `rows` rows from one address to another. */
const readOn: AddressLoop = (memory, x, rows, y, { from, size, at, weight }) => {
  const taps = 4 * size;
  memory.withRoom(2 * taps + 4 * from, (places) => {
    const weights = places + 4 * taps;
    memory.integers(places, taps).set(at);
    memory.view(weights, taps).set(weight);
    memory.loops.resample(x, rows, from, places, weights, size, y, weights + 4 * taps);
  });
};

type AddressLoop = (memory: LoopMemory, x: number, rows: number, y: number, map: Taps) => void;

const spreadOn: AddressLoop = (memory, x, rows, y, map) =>
  spreadRows(memory.view(x, rows * map.size), memory.view(y, rows * map.from), map);

/** By our loops on memory of their own. */
function recorded(x: tf.Tensor, map: Taps, loop: AddressLoop): tf.Tensor {
  const [columns, gradient] = loop === readOn ? [map.size, spreadOn] : [map.from, readOn];
  return customGrad([x], (rows) => ({
    value: arenaCall('resample', [rows], [rows.shape[0], columns], (memory, [from], to) => {
      loop(memory, from, rows.shape[0], to, map);
    }),
    grad: (dy) => [recorded(dy, map, gradient)],
  }));
}

const spread: Loop = (_, source, target, map) => spreadRows(source, target, map);

function spreadRows(source: Float32Array, target: Float32Array, { from, size, at, weight }: Taps): void {
  target.fill(0);
  for (let s = 0, t = 0; t < target.length; s += size, t += from) {
    for (let k = 0; k < 4 * size; k++) target[t + at[k]] += weight[k] * source[s + (k >> 2)];
  }
}

function ofOperations(x: tf.Tensor, { at, weight }: Taps): tf.Tensor {
  const term = (tap: number): tf.Tensor => {
    const isOf = (_: number, i: number) => i % 4 === tap;
    return tf.mul(take(x, tf.tensor1d(at.filter(isOf), 'int32'), 1), tf.tensor1d(weight.filter(isOf)));
  };
  return [0, 1, 2, 3].map(term).reduce((a, b) => tf.add(a, b));
}
