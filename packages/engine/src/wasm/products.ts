/** Matrix products by our loops on the wasm engine's memory, which read a transposed operand along its columns. */
import type * as tf from '@tensorflow/tfjs';
import { sizeOf } from '../ops/shapes.js';
import type { Transposed } from '../recording/products.js';
import { type Heap, runningHeap } from './heap.js';
import { wrapOnWasm } from './kernels.js';
import { type Matrix, matrixAt, transposed } from './loopMemory.js';

/** a [n, k] times b [k, m], each optionally transposed. */
export function multiplyOn(
  heap: Heap,
  a: tf.TensorInfo,
  b: tf.TensorInfo,
  { transposeA, transposeB }: Transposed,
): tf.TensorInfo {
  const [left, right] = [operandOf(heap, a, transposeA), operandOf(heap, b, transposeB)];
  const output = heap.output([left.rows, right.columns]);
  heap.multiply(left, right, heap.address(output));
  return output;
}

function operandOf(heap: Heap, x: tf.TensorInfo, isTransposed: boolean): Matrix {
  const whole = matrixAt(heap.address(x), x.shape[0], x.shape[1]);
  return isTransposed ? transposed(whole) : whole;
}

/** From so many multiplications on. */
const LARGE = 2 ** 16;

/** Large products with a transposed operand, which gradients consist of: TensorFlow.js takes five times as long over them. */
export function multiplyTransposed(): void {
  wrapOnWasm('BatchMatMul', (own) => (call) => {
    const { a, b } = call.inputs as { a: tf.TensorInfo; b: tf.TensorInfo };
    const { transposeA = false, transposeB = false } = (call.attrs ?? {}) as Partial<Transposed>;
    const isOurs =
      (transposeA || transposeB) && [a, b].every(({ shape, dtype }) => shape.length === 2 && dtype === 'float32');
    if (!isOurs || sizeOf(a.shape) * b.shape[transposeB ? 0 : 1] < LARGE) return own(call);
    const heap = runningHeap();
    return heap ? multiplyOn(heap, a, b, { transposeA, transposeB }) : own(call);
  });
}
