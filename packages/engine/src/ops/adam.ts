/** One step of Adam on a parameter, in one pass over memory on the wasm engine. */
import * as tf from '@tensorflow/tfjs';
import { providedLoops } from '../recording/hostLoops.js';
import { hasArena, onArena } from '../wasm/arena.js';
import { type Heap, runningHeap } from '../wasm/heap.js';

/** The running means of the gradient and of its square. They stay on the host. */
export interface AdamMoments {
  readonly mean: Float32Array;
  readonly square: Float32Array;
}

export interface AdamRates {
  /** Decays of `mean` and `square`. */
  readonly betas: readonly [number, number];
  /** Multiplies mean / (unbias sqrt(square) + eps). */
  readonly stepSize: number;
  readonly unbias: number;
  readonly eps: number;
  /** Multiplies the value, added to the gradient. */
  readonly weightDecay: number;
}

/** The new value (float32, of its shape), once the moments are moved on, in place. Source: Kingma & Ba 2015, algorithm 1. */
export function adamUpdate(value: tf.Tensor, gradient: tf.Tensor, moments: AdamMoments, rates: AdamRates): tf.Tensor {
  const heap = value.size > 0 ? runningHeap() : undefined;
  if (heap) return updateOn(heap, value, gradient, moments, rates);
  const moved = Float32Array.from(value.dataSync());
  adamOnHost(moved, gradient.dataSync<'float32'>(), moments, rates);
  return tf.tensor(moved, value.shape);
}

/** The same on plain arrays; `values` are moved in place. */
export function adamOnHost(
  values: Float32Array,
  gradient: Float32Array,
  { mean, square }: AdamMoments,
  { betas: [beta1, beta2], stepSize, unbias, eps, weightDecay }: AdamRates,
): void {
  for (let i = 0; i < values.length; i++) {
    const g = gradient[i] + weightDecay * values[i];
    mean[i] = beta1 * mean[i] + (1 - beta1) * g;
    square[i] = beta2 * square[i] + (1 - beta2) * g * g;
    values[i] -= (stepSize * mean[i]) / (Math.sqrt(square[i]) * unbias + eps);
  }
}

/** In the order in which the engine's loop takes them. */
const ratesOf = ({ betas: [beta1, beta2], stepSize, unbias, eps, weightDecay }: AdamRates) =>
  [beta1, beta2, stepSize, unbias, eps, weightDecay] as const;

/** From so many numbers on, copies to the loops' memory cost less than the loops save. */
const LARGE = 4096;

/** As `adamOnHost`, by provided machine code or the engine's loops where there are many numbers: in float32, as on tensors of the wasm engine. */
export function adamInPlace(
  values: Float32Array,
  gradient: Float32Array,
  moments: AdamMoments,
  rates: AdamRates,
): void {
  const loops = values.length < LARGE ? undefined : providedLoops();
  if (loops) loops.adam(values, gradient, moments, rates);
  else if (values.length < LARGE || !hasArena()) adamOnHost(values, gradient, moments, rates);
  else adamOnArena(values, gradient, moments, rates);
}

function adamOnArena(values: Float32Array, gradient: Float32Array, moments: AdamMoments, rates: AdamRates): void {
  const { mean, square } = moments;
  for (let i = 0; i < values.length; i += BLOCK) {
    const parts = [values, gradient, mean, square].map((x) => x.subarray(i, i + BLOCK));
    const count = parts[0].length;
    onArena(parts, parts[0], (memory, [from, slope, meanAt, squareAt], to) => {
      memory.loops.adam(...([from, slope, meanAt, squareAt, to, count] as const), ...ratesOf(rates));
      parts[2].set(memory.view(meanAt, count));
      parts[3].set(memory.view(squareAt, count));
    });
  }
}

/** Moments are copied block by block, so that a block is in cache while it is used; the tensors are used where they are. */
const BLOCK = 16384;

function updateOn(heap: Heap, value: tf.Tensor, gradient: tf.Tensor, { mean, square }: AdamMoments, rates: AdamRates) {
  const output = heap.output(value.shape);
  const [from, slope, to] = [heap.address(value), heap.address(gradient), heap.address(output)];
  const [meanAt, squareAt] = [heap.scratch, heap.scratch + 4 * BLOCK];
  for (let i = 0; i < value.size; i += BLOCK) {
    const count = Math.min(BLOCK, value.size - i);
    const [means, squares] = [heap.view(meanAt, count), heap.view(squareAt, count)];
    means.set(mean.subarray(i, i + count));
    squares.set(square.subarray(i, i + count));
    const at = 4 * i;
    heap.loops.adam(...([from + at, slope + at, meanAt, squareAt, to + at, count] as const), ...ratesOf(rates));
    mean.set(means, i);
    square.set(squares, i);
  }
  return tf.engine().makeTensorFromTensorInfo(output);
}
