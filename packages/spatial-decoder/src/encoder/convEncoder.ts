/** The convolutional encoder as one operation, on the selected kernel, with its own gradient. */
import { customGrad } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import { rejectUnknownKeys, SpatialDecoderError } from '../errors.js';
import type { Kernel } from '../kernel.js';
import { referenceKernel } from '../referenceKernel.js';
import { wrongSelection } from '../selection.js';
import { type ConvEncoderWeights, encoderProblemOf } from './inputs.js';

export interface ConvEncoderOptions {
  /** Height and width of images that are passed as [n, H * W * C]. */
  readonly shape?: readonly [height: number, width: number];
  /** A kernel returned by `selectKernel`. @default plain TensorFlow.js operations */
  readonly kernel?: Kernel;
}

/**
 * Features [n, F] of images [n, H, W, C], or [n, H * W * C] with the option `shape` (channels last). Each block is a convolution of stride 2 with zero
 * padding (side - 1) / 2 and no bias, a normalisation of the map by its mean and variance over height, width and channels of that image (GroupNorm with
 * one group, epsilon 1e-5), a gain and a bias per channel, and ReLU; a map of size s becomes one of size ceil(s / 2). The last map, in the order height,
 * width, channel, goes through a dense layer and ReLU. Nothing is shared between images, so the features of an image do not depend on the others.
 * It has gradients with respect to all weights and, on request, the images. Kernels have no second derivatives.
 * @throws {SpatialDecoderError} when the shapes of operands do not match.
 * @see `torch.nn`: Conv2d(stride=2, padding=side // 2, bias=False), GroupNorm(1, channels), ReLU, Linear, ReLU
 * @example
 * const shapes = convEncoderShapes({ shape: [32, 32] });
 * const weights = {
 *   blocks: shapes.blocks.map(({ filter, gain, bias }) => ({
 *     filter: tf.randomNormal(filter, 0, 0.1), gain: tf.ones(gain), bias: tf.zeros(bias),
 *   })),
 *   dense: { weight: tf.randomNormal(shapes.dense.weight, 0, 0.03), bias: tf.zeros(shapes.dense.bias) },
 * };
 * const features = convEncoder(tf.randomUniform([24, 32, 32, 1]), weights, { kernel: await selectKernel() }); // [24, 128]
 */
export function convEncoder(
  images: tf.Tensor,
  weights: ConvEncoderWeights,
  options: ConvEncoderOptions = {},
): tf.Tensor2D {
  rejectUnknownKeys('convEncoder', options, ['shape', 'kernel']);
  const wrong = wrongSelection(options.kernel);
  if (wrong !== undefined) throw new SpatialDecoderError(`convEncoder: ${wrong}`);
  const problem = encoderProblemOf(images, weights, options.shape);
  return tf.tidy(() => {
    if (problem.images === 0) return noFeatures(images, weights, problem.features);
    return (options.kernel ?? referenceKernel).encode(images, weights, problem);
  });
}

/** No images: no features, and every gradient is zero. */
function noFeatures(images: tf.Tensor, { blocks, dense }: ConvEncoderWeights, features: number): tf.Tensor2D {
  const inputs = [images, ...blocks.flatMap((b) => [b.filter, b.gain, b.bias]), dense.weight, dense.bias];
  return customGrad(inputs, () => {
    const shapes = inputs.map((t) => t.shape);
    return { value: tf.zeros([0, features]), grad: () => shapes.map((s) => tf.zeros(s)) };
  }) as tf.Tensor2D;
}
