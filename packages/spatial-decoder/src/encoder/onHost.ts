/** The convolutional encoder on a kernel of the host's memory, with its gradient on the tape. */
import { customGrad } from '@pyro-ts/engine';
import { packedCall } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import type { HostKernel } from '../hostKernel.js';
import { activeTape } from '../kept.js';
import { passOnHost } from '../passOnHost.js';
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
  const weights = [
    ...blocks.map((b) => b.filter),
    ...blocks.map((b) => b.gain),
    ...blocks.map((b) => b.bias),
    ...[dense.weight, dense.bias],
  ];
  const features = passOnHost(kernel, {
    name: 'convolutional encoder',
    data: [images],
    inputs: weights,
    shape: [problem.images, problem.features],
    forward: (operands, isKept, to) => encoder.forward(problem, operandsOf(operands), isKept, to).saved,
    backward: (operands, upstream, saved) => {
      const grads = encoder.backward(problem, operandsOf(operands), upstream, false, saved);
      return [...grads.filters, ...grads.gains, ...grads.biases, grads.dense, grads.denseBias];
    },
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
    grad: (upstream, saved) =>
      packedCall({
        name: 'convolutional encoder, gradient of the images',
        inputs: [upstream, ...saved],
        shapes: [images.shape],
        run: ([up, ...numbers], [gradient]) => {
          const found = encoder.backward(problem, operandsOf(numbers), up, true).images;
          if (found) gradient.set(found);
        },
      }),
  }));
}

const operandsOf = ([images, ...weights]: readonly Float32Array[]): EncoderOperands => {
  const blocks = (weights.length - 2) / 3;
  return {
    images,
    filters: weights.slice(0, blocks),
    gains: weights.slice(blocks, 2 * blocks),
    biases: weights.slice(2 * blocks, 3 * blocks),
    dense: weights[3 * blocks],
    denseBias: weights[3 * blocks + 1],
  };
};
