/**
 * Stacks of convolutional layers as lists, which determine the names and the initial values of the weights, and the
 * computation.
 */
import { convolution, dense, maxPool } from '@pyro-ts/engine';
import type { Activation } from '@pyro-ts/spatial-decoder';
import { activationFunctions } from '@pyro-ts/spatial-decoder/internal';
import * as tf from '@tensorflow/tfjs';
import type { RandomStream } from 'pyro-ts';
import { biasedAndActivated, type Specs, type Weights } from '../layers.js';
import { batchNorm, batchNormSpec } from './batchNorm.js';
import type { ResolvedConv, Upsampling } from './options.js';
import type { Size } from './shapes.js';
import { upsample } from './upsample.js';

export type Layer =
  | { readonly kind: 'convolution'; readonly side: number; readonly inputs: number; readonly outputs: number }
  | { readonly kind: 'activation'; readonly activation: Activation }
  | { readonly kind: 'norm'; readonly channels: number }
  | { readonly kind: 'pool' }
  /** Upsampling to `size`, which is twice the size or one less, with a convolution of side 1. */
  | { readonly kind: 'upsample'; readonly size: Size; readonly channels: number; readonly mode: Upsampling };

/** The convolutions of one block, each followed by its activation and, optionally, a normalisation. */
export function block(inputs: number, outputs: readonly number[], options: ResolvedConv): Layer[] {
  const { kernelSize: side, activation, batchNorm: isNormed } = options;
  return outputs.flatMap((channels, i): Layer[] => [
    { kind: 'convolution', side, inputs: i === 0 ? inputs : outputs[i - 1], outputs: channels },
    { kind: 'activation', activation },
    ...(isNormed ? [{ kind: 'norm', channels } as const] : []),
  ]);
}

/**
 * The weights of the layers, named NAME.INDEX.weight and so on, with the indices of all layers as in PyTorch's
 * `Sequential`.
 * @param dims 1 for signals, 2 for images
 */
export function layersSpec(name: string, layers: readonly Layer[], dims: number): Specs {
  const specs = layers.map((layer, i): Specs => {
    const place = `${name}.${i}`;
    if (layer.kind === 'convolution') return convolutionSpec(place, dims, layer.side, layer.inputs, layer.outputs);
    if (layer.kind === 'norm') return batchNormSpec(place, layer.channels);
    if (layer.kind === 'upsample') return convolutionSpec(`${place}.conv`, dims, 1, layer.channels, layer.channels);
    return {};
  });
  return Object.assign({}, ...specs);
}

/** Applies the layers to x [rows, height, width, channels]. */
export const throughLayers = (weights: Weights, name: string, layers: readonly Layer[], x: tf.Tensor4D): tf.Tensor4D =>
  layers.reduce((y, layer, i) => {
    // The preceding convolution has applied this activation.
    if (layer.kind === 'activation' && layers[i - 1]?.kind === 'convolution') return y;
    const next = layers[i + 1];
    return through(weights, `${name}.${i}`, layer, y, next?.kind === 'activation' ? next.activation : undefined);
  }, x);

function through(weights: Weights, name: string, layer: Layer, x: tf.Tensor4D, next?: Activation): tf.Tensor4D {
  switch (layer.kind) {
    case 'convolution':
      return convolved(weights, name, x, next);
    case 'activation':
      return activationFunctions[layer.activation](x) as tf.Tensor4D;
    case 'norm':
      return batchNorm(weights, name, x);
    case 'pool':
      return maxPool(x);
    case 'upsample':
      // A convolution of side 1 commutes with an interpolation, and is cheaper on the smaller image.
      return upsample(convolved(weights, `${name}.conv`, x), layer.size, layer.mode);
  }
}

/** The size after a pooling: the last row or column of an odd number is dropped, and a single one stays. */
export const halfOf = ([height, width]: Size): Size => [
  Math.max(1, Math.floor(height / 2)),
  Math.max(1, Math.floor(width / 2)),
];

/**
 * NAME.weight [side, side, inputs, outputs], for signals [side, inputs, outputs], and NAME.bias [outputs], with the
 * initial values of `torch.nn.Conv2d`.
 */
function convolutionSpec(name: string, dims: number, side: number, inputs: number, outputs: number): Specs {
  const sides = new Array<number>(dims).fill(side);
  const bound = 1 / Math.sqrt(inputs * side ** dims);
  const uniform = (shape: number[]) => (rng: RandomStream) => rng.fill(shape, () => bound * (2 * rng.next() - 1));
  return {
    [`${name}.weight`]: { init: uniform([...sides, inputs, outputs]) },
    [`${name}.bias`]: { init: uniform([outputs]) },
  };
}

function convolved(weights: Weights, name: string, x: tf.Tensor4D, activation?: Activation): tf.Tensor4D {
  const [weight, bias] = [weights[`${name}.weight`], weights[`${name}.bias`] as tf.Tensor1D];
  const [inputs, outputs] = weight.shape.slice(-2);
  if (weight.size === inputs * outputs) {
    const matrix = tf.reshape(weight, [inputs, outputs]) as tf.Tensor2D;
    if (activation === undefined) return dense(x, matrix, bias) as tf.Tensor4D;
    return biasedAndActivated(dense(x, matrix), bias, activation) as tf.Tensor4D;
  }
  const filter = weight.rank === 3 ? tf.expandDims(weight, 0) : weight;
  return biasedAndActivated(convolution(x, filter as tf.Tensor4D), bias, activation) as tf.Tensor4D;
}
