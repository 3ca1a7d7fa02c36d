/** The decoder on a kernel of the host's memory, with its gradient on the tape. */
import type * as tf from '@tensorflow/tfjs';
import type { HostKernel, Operands, Problem } from './hostKernel.js';
import type { SpatialDecoderInputs } from './inputs.js';
import { passOnHost } from './passOnHost.js';

/** Operands with a gradient: pose, code, then the weights and the biases of all layers. */
export const differentiable = ({ pose, code, hidden, output }: SpatialDecoderInputs): tf.Tensor[] => {
  const layers = [...hidden, output];
  return [pose, code, ...layers.map((l) => l.weight), ...layers.map((l) => l.bias)];
};

export function decodeOnHost(kernel: HostKernel, inputs: SpatialDecoderInputs, problem: Problem): tf.Tensor3D {
  return passOnHost(kernel, {
    name: 'spatial decoder',
    data: [inputs.grid],
    inputs: differentiable(inputs),
    shape: [problem.rows, problem.pixels, problem.channels],
    forward: (operands, isKept, to) => kernel.forward(problem, operandsOf(operands), isKept, to).saved,
    backward: (operands, upstream, saved) => {
      const { pose, code, weights, biases } = kernel.backward(problem, operandsOf(operands), upstream, saved);
      return [pose, code, ...weights, ...biases];
    },
  }) as tf.Tensor3D;
}

const operandsOf = ([grid, pose, code, ...layers]: readonly Float32Array[]): Operands => ({
  ...{ grid, pose, code },
  weights: layers.slice(0, layers.length / 2),
  biases: layers.slice(layers.length / 2),
});
