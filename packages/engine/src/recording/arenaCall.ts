/** Operations of the engine as recorded programs repeat them: one call of our SIMD loops each, where TensorFlow.js's operations would be dozens of slow ones. */
import type * as tf from '@tensorflow/tfjs';
import { hasArena, onArena } from '../wasm/arena.js';
import type { LoopMemory } from '../wasm/loopMemory.js';
import { hostCall, isRecording } from './hostCalls.js';

/** Whether an operation on so many numbers is recorded as one call: what is smaller is faster as part of generated loops. */
export const isOneCall = (size: number): boolean => size >= LARGE && isRecording() && hasArena();

const LARGE = 2 ** 12;

/** The tensor that `body` computes on addresses in the memory of the loops; constant for the gradient. */
export function arenaCall(
  name: string,
  inputs: readonly tf.Tensor[],
  shape: readonly number[],
  body: (memory: LoopMemory, addresses: readonly number[], to: number) => void,
): tf.Tensor {
  return hostCall({
    ...{ name, inputs, shape, dtype: 'float32', writesAll: true },
    run: (numbers, output) => onArena(numbers, output as Float32Array, body),
  });
}
