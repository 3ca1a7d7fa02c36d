/** Linear layers and stacks of them: names, initial values and application of their weights. */

import { dense } from '@pyro-ts/engine';
import { biasLeakyRelu, biasTanh, denseParts } from '@pyro-ts/engine/internal';
import type { Activation } from '@pyro-ts/spatial-decoder';
import { activationFunctions } from '@pyro-ts/spatial-decoder/internal';
import * as tf from '@tensorflow/tfjs';
import type { ParameterSpec, RandomStream } from 'pyro-ts';

export type Weights = Readonly<Record<string, tf.Tensor>>;
export type Specs = Record<string, ParameterSpec>;

/**
 * NAME.weight [inputs, outputs] and NAME.bias [outputs], uniform within 1/sqrt(inputs), the default of
 * `torch.nn.Linear`, so that training curves are comparable with the paper.
 */
export function linearSpec(name: string, inputs: number, outputs: number, { bias = true } = {}): Specs {
  const bound = 1 / Math.sqrt(inputs);
  const uniform = (shape: number[]) => (rng: RandomStream) => rng.fill(shape, () => bound * (2 * rng.next() - 1));
  return {
    [`${name}.weight`]: { init: uniform([inputs, outputs]) },
    ...(bias && { [`${name}.bias`]: { init: uniform([outputs]) } }),
  };
}

/** Applies the linear layer NAME to x [..., inputs]: [..., outputs]. */
export const linear = (weights: Weights, name: string, x: tf.Tensor): tf.Tensor =>
  dense(x, weights[`${name}.weight`] as tf.Tensor2D, weights[`${name}.bias`] as tf.Tensor1D | undefined);

/**
 * Applies the linear layer NAME to the concatenation of the parts. Each part is multiplied before it is broadcast: an
 * image [B, n] with classes [K, 1, m] costs B products of length n instead of K B.
 */
export function linearOnParts(weights: Weights, name: string, parts: readonly tf.Tensor[]): tf.Tensor {
  const product = productOfParts(weights, name, parts);
  const bias = weights[`${name}.bias`];
  return bias ? tf.add(product, bias) : product;
}

const productOfParts = (weights: Weights, name: string, parts: readonly tf.Tensor[]): tf.Tensor =>
  denseParts(parts, weights[`${name}.weight`] as tf.Tensor2D).reduce((a, b) => tf.add(a, b));

/** Layers NAME.0, NAME.2, ... of the given widths (the odd indices are activations, as in pyroVED). */
export function stackSpec(name: string, widths: readonly number[]): Specs {
  const layers = widths.slice(1).map((width, i) => linearSpec(`${name}.${2 * i}`, widths[i], width));
  return Object.assign({}, ...layers);
}

/** Applies a stack of `depth` layers, each followed by `activation`, to inputs in parts. */
export function stack(
  weights: Weights,
  name: string,
  depth: number,
  parts: readonly tf.Tensor[],
  activation: Activation,
): tf.Tensor {
  let x = activated(weights, `${name}.0`, parts, activation);
  for (let i = 1; i < depth; i++) x = activated(weights, `${name}.${2 * i}`, [x], activation);
  return x;
}

/** Applies the linear layer NAME and its activation to inputs in parts. */
function activated(weights: Weights, name: string, parts: readonly tf.Tensor[], activation: Activation): tf.Tensor {
  return biasedAndActivated(productOfParts(weights, name, parts), weights[`${name}.bias`] as tf.Tensor1D, activation);
}

/** The negative slope of the activation "leakyRelu", as in PyTorch. */
const LEAKY = 0.01;

/** Adds the bias of a product or a convolution and applies its activation, if any. */
export function biasedAndActivated(x: tf.Tensor, bias: tf.Tensor1D, activation?: Activation): tf.Tensor {
  if (activation === undefined) return tf.add(x, bias);
  if (activation === 'tanh') return biasTanh(x, bias);
  if (activation === 'leakyRelu') return biasLeakyRelu(x, bias, LEAKY);
  return activationFunctions[activation](tf.add(x, bias));
}

export const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

/** Keeps the standard deviation of a guide above 0 if softplus underflows. */
export const SMALLEST_SCALE = 1e-8;
