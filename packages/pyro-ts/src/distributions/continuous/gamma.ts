/** The gamma distribution and its special case, the exponential. */
import type { Shape } from '@pyro-ts/engine';
import { elementwise, host } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import type { RandomStream } from '../../random.js';
import { nonNegative, positive } from '../constraints.js';
import { expandedShape, type TensorLike } from '../distribution.js';
import { nextExponential, nextGamma } from '../draws.js';
import { hostDensity, implicitDraws, NumberFamily, TINY, xlogy } from '../family.js';

/** Density proportional to x^(concentration - 1) exp(-rate x). Source: torch.distributions.Gamma. */
export class Gamma extends NumberFamily<'concentration' | 'rate'> {
  override readonly support = nonNegative;

  constructor(concentration: TensorLike, rate: TensorLike, batchShape?: Shape) {
    super('Gamma', { concentration, rate }, batchShape);
  }
  get concentration(): tf.Tensor {
    return this.p.concentration;
  }
  get rate(): tf.Tensor {
    return this.p.rate;
  }
  override get argConstraints() {
    return { concentration: positive, rate: positive };
  }
  override get hasRsample(): boolean {
    return true;
  }

  protected logDensity(value: tf.Tensor): tf.Tensor {
    return hostDensity(
      [value, this.concentration, this.rate],
      (x) => x >= 0,
      (x, a, b) => a * Math.log(b) + xlogy(a - 1, x) - b * x - host.lgamma(a),
      [
        (x, a, b) => (a === 1 ? 0 : (a - 1) / x) - b,
        (x, a, b) => Math.log(b) + Math.log(x) - host.digamma(a),
        (x, a, b) => a / b - x,
      ],
    );
  }
  expand(batchShape: Shape): Gamma {
    return new Gamma(this.concentration, this.rate, expandedShape(this, batchShape));
  }
  protected override drawRsample(rng: RandomStream, sampleShape: Shape): tf.Tensor {
    return tf.maximum(standardGamma(rng, this.concentration, this.shape(sampleShape)).div(this.rate), TINY);
  }
  override mean(): tf.Tensor {
    return this.full(this.concentration.div(this.rate));
  }
  override variance(): tf.Tensor {
    return this.full(this.concentration.div(this.rate.square()));
  }
  override entropy(): tf.Tensor {
    // On the host: the terms nearly cancel for a large concentration.
    const entropy = elementwise(
      [this.concentration, this.rate],
      (a, b) => a - Math.log(b) + host.lgamma(a) + (1 - a) * host.digamma(a),
      [(a) => 1 + (1 - a) * host.trigamma(a), (_, b) => -1 / b],
    );
    return this.full(entropy);
  }
}

/** Draws from Gamma(concentration, 1) of the given shape, with the implicit gradient; at least the smallest normal float32. */
export function standardGamma(rng: RandomStream, concentration: tf.Tensor, shape: Shape): tf.Tensor {
  const draw = (a: number) => Math.max(nextGamma(rng, a), TINY);
  return implicitDraws([concentration], shape, draw, [(x, a) => host.gammaQuantileSlope(a, x)]);
}

/** Density rate exp(-rate x) for x >= 0. Source: torch.distributions.Exponential. */
export class Exponential extends NumberFamily<'rate'> {
  override readonly support = nonNegative;

  constructor(rate: TensorLike, batchShape?: Shape) {
    super('Exponential', { rate }, batchShape);
  }
  get rate(): tf.Tensor {
    return this.p.rate;
  }
  override get argConstraints() {
    return { rate: positive };
  }
  override get hasRsample(): boolean {
    return true;
  }

  protected logDensity(value: tf.Tensor): tf.Tensor {
    return hostDensity(
      [value, this.rate],
      (x) => x >= 0,
      (x, r) => Math.log(r) - x * r,
      [(_, r) => -r, (x, r) => 1 / r - x],
    );
  }
  expand(batchShape: Shape): Exponential {
    return new Exponential(this.rate, expandedShape(this, batchShape));
  }
  protected override drawRsample(rng: RandomStream, sampleShape: Shape): tf.Tensor {
    return rng.fill(this.shape(sampleShape), () => nextExponential(rng)).div(this.rate);
  }
  override mean(): tf.Tensor {
    return this.full(tf.div(1, this.rate));
  }
  override variance(): tf.Tensor {
    return this.full(tf.div(1, this.rate.square()));
  }
  override entropy(): tf.Tensor {
    return this.full(tf.sub(1, this.rate.log()));
  }
}

/**
 * Shape `concentration` and inverse scale `rate`, both positive, broadcast against each other.
 * @example const precision = sample('precision', gamma(2, 0.5));
 */
export const gamma = (concentration: TensorLike, rate: TensorLike): Gamma => new Gamma(concentration, rate);

/**
 * Waiting times of mean 1 / rate.
 * @example exponential([1, 2, 4]).mean(); // [1, 0.5, 0.25]
 */
export const exponential = (rate: TensorLike): Exponential => new Exponential(rate);
