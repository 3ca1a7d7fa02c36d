/** A Poisson distribution whose rate is drawn from a gamma distribution. */
import type { Shape } from '@pyro-ts/engine';
import { host, hostMap } from '@pyro-ts/engine/internal';
import type * as tf from '@tensorflow/tfjs';
import type { RandomStream } from '../../random.js';
import { nonNegativeInteger, positive } from '../constraints.js';
import { expandedShape, type TensorLike } from '../distribution.js';
import { nextGamma, nextPoisson } from '../draws.js';
import { hostDensity, NumberFamily } from '../family.js';
import { isCount } from '../logitFamily.js';

/** Counts of a Poisson whose rate is Gamma(concentration, rate). Source: pyro.distributions.GammaPoisson. */
export class GammaPoisson extends NumberFamily<'concentration' | 'rate'> {
  override readonly support = nonNegativeInteger;

  constructor(concentration: TensorLike, rate: TensorLike, batchShape?: Shape) {
    super('GammaPoisson', { concentration, rate }, batchShape);
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

  protected logDensity(value: tf.Tensor): tf.Tensor {
    return hostDensity(
      [value, this.concentration, this.rate],
      isCount,
      // log Gamma(a + x) / (Gamma(a) x!) = -log(a + x) - log B(a, x + 1).
      (x, a, b) => -a * Math.log1p(1 / b) - x * Math.log1p(b) - Math.log(a + x) - host.lbeta(a, x + 1),
      [
        undefined,
        (x, a, b) => host.digamma(a + x) - host.digamma(a) - Math.log1p(1 / b),
        (x, a, b) => a / (b * (1 + b)) - x / (1 + b),
      ],
    );
  }
  expand(batchShape: Shape): GammaPoisson {
    return new GammaPoisson(this.concentration, this.rate, expandedShape(this, batchShape));
  }
  protected override drawSample(rng: RandomStream, sampleShape: Shape): tf.Tensor {
    const draw = (a: number, b: number) => nextPoisson(rng, nextGamma(rng, a) / b);
    return hostMap([this.concentration, this.rate], draw, this.shape(sampleShape));
  }
  override mean(): tf.Tensor {
    return this.full(this.concentration.div(this.rate));
  }
  override variance(): tf.Tensor {
    return this.full(this.concentration.div(this.rate).mul(this.rate.add(1)).div(this.rate));
  }
}

/**
 * Overdispersed counts by the parameters of the gamma rate: `negativeBinomial(concentration, 1 / (1 + rate))`.
 * @example gammaPoisson(3, 0.5).mean(); // 6
 */
export const gammaPoisson = (concentration: TensorLike, rate: TensorLike): GammaPoisson =>
  new GammaPoisson(concentration, rate);
