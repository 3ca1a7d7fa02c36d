/** The parameters of a masked network, in which each output depends only on inputs that come before it in an order. */
import * as tf from '@tensorflow/tfjs';
import { OptionError } from '../../errors.js';
import type { RandomStream } from '../../random.js';

/** One dense layer: y = x weight + bias. */
export interface DenseLayer {
  /** [inputs, outputs]. */
  weight: tf.Tensor;
  /** [outputs]. */
  bias: tf.Tensor;
}

/** Widths of a network of `dim` inputs, the given hidden layers and two outputs for each input (a mean and a log scale). */
const widths = (dim: number, hidden: readonly number[]): number[] => [dim, ...hidden, 2 * dim];

/**
 * Initial parameters, uniform within 1 / sqrt(inputs) as torch.nn.Linear's are.
 * @example const layers = initAutoregressive(3, [16], rng); // make each a param, then affineAutoregressive(layers)
 */
export function initAutoregressive(dim: number, hidden: readonly number[], rng: RandomStream): DenseLayer[] {
  const sizes = widths(dim, hidden);
  return sizes.slice(1).map((outputs, i) => {
    const inputs = sizes[i];
    const draw = () => (2 * rng.next() - 1) / Math.sqrt(inputs);
    return { weight: rng.fill([inputs, outputs], draw), bias: rng.fill([outputs], draw) };
  });
}

/**
 * The masks of the weights (Germain et al. 2015, MADE): the unit of degree d sees units of degree d or less, an output of degree d only lesser
 * ones. `order[i]` is the input that comes i-th.
 */
export function autoregressiveMasks(dim: number, hidden: readonly number[], order: readonly number[]): tf.Tensor2D[] {
  if ([...order].sort((a, b) => a - b).some((x, i) => x !== i) || order.length !== dim) {
    throw new OptionError(
      `affineAutoregressive: permutation must hold each of 0 to ${dim - 1} once; it is [${order.join(', ')}].`,
    );
  }
  const degreeOf = Array.from({ length: dim }, (_, i) => order.indexOf(i));
  // A hidden unit of degree d may use inputs 0..d; none of the last input's degree, which no output may see.
  const top = Math.max(1, dim - 1);
  const degrees = [
    degreeOf,
    ...hidden.map((n) => Array.from({ length: n }, (_, i) => i % top)),
    [...degreeOf, ...degreeOf],
  ];
  return degrees.slice(1).map((outputs, layer) => {
    const isLast = layer === hidden.length;
    return tf.tensor2d(degrees[layer].map((from) => outputs.map((to) => ((isLast ? from < to : from <= to) ? 1 : 0))));
  });
}
