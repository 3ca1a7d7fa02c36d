/** The inverse autoregressive flow: an affine map of each entry, by numbers that a masked network makes of the entries before it. */
import { customGrad } from '@pyro-ts/engine';
import { sizeOf } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { formatShape, OptionError, rejectUnknownKeys, ShapeError } from '../../errors.js';
import { realVector } from '../constraints.js';
import { autoregressiveMasks, type DenseLayer } from './masks.js';
import { Transform } from './transform.js';

export interface AutoregressiveOptions {
  /** The order of the entries: `permutation[i]` comes i-th. @default their natural order */
  permutation?: readonly number[];
  /** Between the layers. @default relu */
  activation?: (x: tf.Tensor) => tf.Tensor;
  /** Bounds of the log scale. @default -5 and 3 */
  logScaleMin?: number;
  logScaleMax?: number;
}

/**
 * y_i = mean_i(x_before) + exp(logScale_i(x_before)) x_i, over the last dimension. Forward is one pass of the network, inverse one pass for
 * each entry. Source: Kingma et al. 2016; pyro.distributions.transforms.AffineAutoregressive.
 * @example new AffineAutoregressiveTransform(initAutoregressive(2, [8], rng)).forward(tf.zeros([2]))
 */
export class AffineAutoregressiveTransform extends Transform {
  readonly domain = realVector;
  readonly codomain = realVector;
  readonly dim: number;
  private readonly masked: DenseLayer[];
  private readonly order: readonly number[];
  private readonly activation: (x: tf.Tensor) => tf.Tensor;
  private readonly bounds: [number, number];

  constructor(layers: readonly DenseLayer[], options: AutoregressiveOptions = {}) {
    super();
    rejectUnknownKeys('affineAutoregressive', options, ['permutation', 'activation', 'logScaleMin', 'logScaleMax']);
    if (layers.length === 0) {
      throw new OptionError('affineAutoregressive: no layers. Make some with initAutoregressive(dim, hidden, rng).');
    }
    const dim = layers[0].weight.shape[0];
    this.dim = dim;
    this.order = options.permutation ?? Array.from({ length: dim }, (_, i) => i);
    this.activation = options.activation ?? tf.relu;
    this.bounds = [options.logScaleMin ?? -5, options.logScaleMax ?? 3];
    const hidden = layers.slice(0, -1).map((layer) => layer.bias.size);
    const masks = autoregressiveMasks(dim, hidden, this.order);
    this.masked = layers.map((layer, i) => {
      const expected = masks[i].shape;
      if (formatShape(layer.weight.shape) !== formatShape(expected) || layer.bias.size !== expected[1]) {
        throw new ShapeError(
          `affineAutoregressive: layer ${i} must have a weight of shape ${formatShape(expected)} and a bias of shape [${expected[1]}]; they are ` +
            `${formatShape(layer.weight.shape)} and ${formatShape(layer.bias.shape)}.`,
        );
      }
      return { weight: layer.weight.mul(masks[i]), bias: layer.bias };
    });
  }

  /** The mean and the log scale of each entry, of the shape of x. */
  private network(x: tf.Tensor): { mean: tf.Tensor; logScale: tf.Tensor } {
    const rows = sizeOf(x.shape.slice(0, -1));
    let h: tf.Tensor = tf.reshape(x, [rows, this.dim]);
    for (const [i, { weight, bias }] of this.masked.entries()) {
      h = tf.matMul(i === 0 ? h : this.activation(h), weight as tf.Tensor2D).add(bias);
    }
    const [mean, logScale] = tf.split(h, 2, -1);
    return { mean: mean.reshape(x.shape), logScale: clipped(logScale, this.bounds).reshape(x.shape) };
  }

  forward(x: tf.Tensor): tf.Tensor {
    const { mean, logScale } = this.network(x);
    return mean.add(x.mul(tf.exp(logScale)));
  }
  inverse(y: tf.Tensor): tf.Tensor {
    let x: tf.Tensor = tf.zerosLike(y);
    for (const i of this.order) {
      const { mean, logScale } = this.network(x);
      const isThis = tf.cast(tf.oneHot(tf.scalar(i, 'int32'), this.dim), 'float32');
      x = x.add(y.sub(mean).mul(tf.exp(logScale.neg())).mul(isThis));
    }
    return x;
  }
  override logAbsDetJacobian(x: tf.Tensor): tf.Tensor {
    return this.network(x).logScale.sum(-1);
  }
}

/** `x` between the bounds, with a gradient of 1 also beyond them, so that what strays can return. */
function clipped(x: tf.Tensor, [low, high]: [number, number]): tf.Tensor {
  return customGrad([x], (a) => ({ value: tf.clipByValue(a, low, high), grad: (dy) => [dy] }));
}

/**
 * An inverse autoregressive flow with the given layers; they are parameters, so pass them through `param` to learn them.
 * @example
 * const layers = initAutoregressive(3, [16], rng);
 * new TransformedDistribution(normal(0, 1).expand([3]), [affineAutoregressive(layers)]).rsample(rng)
 */
export const affineAutoregressive = (
  layers: readonly DenseLayer[],
  options: AutoregressiveOptions = {},
): AffineAutoregressiveTransform => new AffineAutoregressiveTransform(layers, options);
