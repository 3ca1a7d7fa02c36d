/** Operands that are broadcast together, as plain numbers in the wasm engine's memory: for loops in JavaScript, which beat a dozen calls on small tensors. */
import type * as tf from '@tensorflow/tfjs';
import { type Shape, sizeOf } from '../ops/shapes.js';
import { readBroadcast } from '../special/elementwise.js';
import type { Heap } from './heap.js';

/** Entry i of the broadcast operand is values[i * step]; a step of 0 is a single number. */
export interface Operand {
  readonly values: ArrayLike<number>;
  readonly step: 0 | 1;
}

/** `x` (float32) broadcast to `shape`; where it lies in the engine's memory, so only until the next tensor is made. */
export function operandOn(heap: Heap, x: tf.TensorInfo, shape: Shape): Operand {
  const size = sizeOf(x.shape);
  const isWhole = size === sizeOf(shape);
  if (isWhole || size === 1) return { values: heap.view(heap.address(x), size), step: isWhole ? 1 : 0 };
  return { values: readBroadcast(x as tf.Tensor, shape), step: 1 };
}

/** A result of `shape` whose numbers `fill` writes; `fill` makes no tensor. */
export function filledOn(heap: Heap, shape: Shape, fill: (values: Float32Array) => void): tf.TensorInfo {
  const output = heap.output(shape);
  fill(heap.view(heap.address(output), sizeOf(shape)));
  return output;
}
