/** The decoder on a kernel of the host's memory, with its gradient on the tape. */
import { customGrad } from '@pyro-ts/engine';
import { peek, tensorFrom } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import type { HostKernel, Operands, Problem, Saved } from './hostKernel.js';
import type { SpatialDecoderInputs } from './inputs.js';
import { activeTape, isKept, keep, release, sweep } from './kept.js';

/** What gets a gradient: pose, code, then the weights and the biases of all layers. */
export const differentiable = ({ pose, code, hidden, output }: SpatialDecoderInputs): tf.Tensor[] => {
  const layers = [...hidden, output];
  return [pose, code, ...layers.map((l) => l.weight), ...layers.map((l) => l.bias)];
};

export function decodeOnHost(kernel: HostKernel, inputs: SpatialDecoderInputs, problem: Problem): tf.Tensor3D {
  const tape = activeTape();
  sweep(kernel);
  return customGrad(differentiable(inputs), (...tensors) => {
    let saved: Saved | undefined;
    const value = tensorFrom([problem.rows, problem.pixels, problem.channels], (output) => {
      saved = kernel.forward(problem, operandsOf([inputs.grid, ...tensors]), tape !== undefined, output).saved;
    });
    if (saved && tape) keep(kernel, saved, tape);
    return {
      value,
      saved: [inputs.grid, ...tensors],
      grad: (upstream, operands) => {
        const activationsKept = saved && isKept(kernel, saved) ? saved : undefined;
        const grads = kernel.backward(problem, operandsOf(operands), peek(upstream), activationsKept);
        if (saved) release(kernel, saved);
        const flat = [grads.pose, grads.code, ...grads.weights, ...grads.biases];
        return flat.map((values, i) => tf.tensor(values, tensors[i].shape));
      },
    };
  }) as tf.Tensor3D;
}

/** The engine's own memory where it can be had, so for one call of a kernel only. */
function operandsOf([grid, pose, code, ...layers]: tf.Tensor[]): Operands {
  const host = layers.map(peek);
  return {
    grid: peek(grid),
    pose: peek(pose),
    code: peek(code),
    weights: host.slice(0, host.length / 2),
    biases: host.slice(host.length / 2),
  };
}
