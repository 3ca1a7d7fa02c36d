/** Zero arrays for the gradients of a call, which a kernel adds to or overwrites. */
import type { Gradients, Operands } from './hostKernel.js';

export function zeroGradients({ pose, code, weights, biases }: Operands): Gradients {
  const like = (values: Float32Array) => new Float32Array(values.length);
  return { pose: like(pose), code: like(code), weights: weights.map(like), biases: biases.map(like) };
}
