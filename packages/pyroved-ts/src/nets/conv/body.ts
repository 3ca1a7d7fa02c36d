/**
 * The fused convolutional encoder as a network, which maps an image to features for a recognition network.
 */
import { convEncoder, convEncoderShapes, type SpatialDecoderOptions } from '@pyro-ts/spatial-decoder';
import type { EncoderBlock } from '@pyro-ts/spatial-decoder/internal';
import type * as tf from '@tensorflow/tfjs';
import { reshape } from '@tensorflow/tfjs';
import type { Net, RandomStream } from 'pyro-ts';
import { linearSpec, type Specs } from '../layers.js';
import { imageRows } from './shapes.js';

/** Options of `convBody`. */
export interface ConvBodyOptions {
  /** Height and width of the images. */
  readonly shape: readonly [height: number, width: number];
  /** Number of channels. @default 1 */
  readonly channels?: number;
  /** Convolutions of stride 2. @default filters 5, 3 and 3 wide with 16, 32 and 64 outputs */
  readonly blocks?: readonly EncoderBlock[];
  /** Number of features. @default 128 */
  readonly features?: number;
  /** Kernel returned by `selectKernel`. @default plain TensorFlow.js operations */
  readonly kernel?: SpatialDecoderOptions['kernel'];
}

/**
 * Images [..., channels * height * width] to features [..., F]: convolutions of stride 2 normalised per image, then a
 * dense layer, each with ReLU. Weights are conv.I.weight [side, side, in, out], norm.I.weight and norm.I.bias [out],
 * dense.weight [in, F] and dense.bias [F], with PyTorch's initial values.
 * @throws {SpatialDecoderError} when a size is not a positive integer, or the side of a filter is even.
 * @see `convEncoder` of @pyro-ts/spatial-decoder, which defines the computation
 * @example
 * const body = convBody({ shape: [32, 32], kernel: await selectKernel() });
 * const program = (views: tf.Tensor) => module('body', body)(views); // [24, 1024] to [24, 128]
 */
export function convBody(options: ConvBodyOptions): Net<[x: tf.Tensor], tf.Tensor> {
  const { shape, channels = 1, kernel, ...sizes } = options;
  const shapes = convEncoderShapes({ shape, channels, ...sizes });
  const [inputs, features] = shapes.dense.weight;
  return {
    parameters: {
      ...Object.assign({}, ...shapes.blocks.map(({ filter }, i) => blockSpec(i, filter))),
      ...linearSpec('dense', inputs, features),
    },
    apply(weights, x) {
      const { images, lead } = imageRows(x, channels, shape);
      const blocks = shapes.blocks.map((_, i) => ({
        filter: weights[`conv.${i}.weight`] as tf.Tensor4D,
        gain: weights[`norm.${i}.weight`] as tf.Tensor1D,
        bias: weights[`norm.${i}.bias`] as tf.Tensor1D,
      }));
      const dense = { weight: weights['dense.weight'] as tf.Tensor2D, bias: weights['dense.bias'] as tf.Tensor1D };
      return reshape(convEncoder(images, { blocks, dense }, { kernel }), [...lead, features]);
    },
  };
}

function blockSpec(i: number, filter: readonly [side: number, side: number, inputs: number, outputs: number]): Specs {
  const [side, , inputs, outputs] = filter;
  const bound = 1 / Math.sqrt(side * side * inputs);
  const constant = (value: number) => (rng: RandomStream) => rng.fill([outputs], () => value);
  return {
    [`conv.${i}.weight`]: { init: (rng: RandomStream) => rng.fill([...filter], () => bound * (2 * rng.next() - 1)) },
    [`norm.${i}.weight`]: { init: constant(1) },
    [`norm.${i}.bias`]: { init: constant(0) },
  };
}
