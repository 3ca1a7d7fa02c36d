/** Matrix products while a program is recorded: that happens on the plain engine, whose products take seconds where our loops take milliseconds. */
import * as tf from '@tensorflow/tfjs';
import { sizeOf } from '../ops/shapes.js';
import { type ArrayMatrix, hasArena, multiplyArrays } from '../wasm/arena.js';
import { wrapKernel } from '../wasm/kernels.js';
import { isRecording, uncountedReads } from './hostCalls.js';

/** Which operands are taken transposed. */
export interface Transposed {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** From so many multiplications on. */
const LARGE = 2 ** 14;

let isDone = false;

/** Puts the loops in the place of the plain engine's products where a program is recorded, once. */
export function speedUpRecording(): void {
  if (isDone) return;
  isDone = true;
  wrapKernel('BatchMatMul', 'cpu', (own) => (call) => {
    if (!isRecording() || !hasArena()) return own(call);
    const { a, b } = call.inputs as { a: tf.Tensor; b: tf.Tensor };
    const { transposeA = false, transposeB = false } = (call.attrs ?? {}) as Partial<Transposed>;
    const isPlain = [a, b].every(({ shape, dtype }) => dtype === 'float32' && isMatrix(shape));
    if (!isPlain || sizeOf(a.shape) * (b.shape.at(transposeB ? -2 : -1) ?? 0) < LARGE) return own(call);
    return multiplyApart(a, b, { transposeA, transposeB });
  });
}

const isMatrix = (shape: readonly number[]): boolean => shape.length >= 2 && shape.slice(0, -2).every((n) => n === 1);

/** The product of two matrices on memory of our loops; dimensions before the last two are of size 1. */
export function multiplyApart(a: tf.Tensor, b: tf.Tensor, { transposeA, transposeB }: Transposed): tf.Tensor {
  const of = (x: tf.Tensor, isTransposed: boolean): ArrayMatrix => {
    const [rows, columns] = x.shape.slice(-2);
    const whole = { values: x.dataSync<'float32'>(), offset: 0, rows, columns, rowStep: columns, columnStep: 1 };
    return isTransposed ? { ...whole, rows: columns, columns: rows, rowStep: 1, columnStep: columns } : whole;
  };
  const [left, right] = uncountedReads(() => [of(a, transposeA), of(b, transposeB)]);
  const output = new Float32Array(left.rows * right.columns);
  multiplyArrays(left, right, output);
  const outer = a.rank >= b.rank ? a.shape : b.shape;
  return tf.tensor(output, [...outer.slice(0, -2), left.rows, right.columns]);
}
