/** The convolutional encoder on a kernel of the host's memory, with its gradient on the tape. */
import { customGrad } from '@pyro-ts/engine';
import { peek, tensorFrom } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import type { HostKernel, Saved } from '../hostKernel.js';
import { activeTape, isKept, keep, release, sweep } from '../kept.js';
import type { ConvEncoderWeights } from './inputs.js';
import type { EncoderKernel, EncoderOperands, EncoderProblem } from './problem.js';

/** The encoder on `kernel`, whose methods for this operation are `encoder`. */
export function encodeOnHost(
  kernel: HostKernel,
  encoder: EncoderKernel,
  images: tf.Tensor,
  { blocks, dense }: ConvEncoderWeights,
  problem: EncoderProblem,
): tf.Tensor2D {
  const tape = activeTape();
  sweep(kernel);
  const weights = [
    ...blocks.map((b) => b.filter),
    ...blocks.map((b) => b.gain),
    ...blocks.map((b) => b.bias),
    ...[dense.weight, dense.bias],
  ];
  const features = customGrad(weights, (...tensors) => {
    const all = [images, ...tensors];
    let saved: Saved | undefined;
    const value = tensorFrom([problem.images, problem.features], (output) => {
      saved = encoder.forward(problem, operandsOf(all), tape !== undefined, output).saved;
    });
    if (saved && tape) keep(kernel, saved, tape);
    return {
      value,
      saved: all,
      grad: (upstream, operands) => {
        const kept = saved && isKept(kernel, saved) ? saved : undefined;
        const grads = encoder.backward(problem, operandsOf(operands), peek(upstream), false, kept);
        if (saved) release(kernel, saved);
        const flat = [...grads.filters, ...grads.gains, ...grads.biases, grads.dense, grads.denseBias];
        return flat.map((values, i) => tf.tensor(values, tensors[i].shape));
      },
    };
  });
  return (tape ? tf.add(features, pathToImages(encoder, [images, ...weights], problem)) : features) as tf.Tensor2D;
}

/**
 * Zeros [n, F] whose gradient is that of the images. Images are data in most programs, and then this node is on no path of the tape, so that their
 * gradient is not computed.
 */
function pathToImages(encoder: EncoderKernel, operands: tf.Tensor[], problem: EncoderProblem): tf.Tensor {
  const [images, ...weights] = operands;
  return customGrad([images], (data) => ({
    value: tf.zeros([problem.images, problem.features]),
    saved: [data, ...weights],
    grad: (upstream, saved) => {
      const gradient = encoder.backward(problem, operandsOf(saved), peek(upstream), true).images;
      return [gradient ? tf.tensor(gradient, images.shape) : tf.zerosLike(images)];
    },
  }));
}

/** The engine's own memory where it can be had, so for one call of a kernel only. */
function operandsOf([images, ...weights]: tf.Tensor[]): EncoderOperands {
  const host = weights.map(peek);
  const blocks = (host.length - 2) / 3;
  return {
    images: peek(images),
    filters: host.slice(0, blocks),
    gains: host.slice(blocks, 2 * blocks),
    biases: host.slice(2 * blocks, 3 * blocks),
    dense: host[3 * blocks],
    denseBias: host[3 * blocks + 1],
  };
}
