/** The inverse gamma distribution. */
import type { Shape } from '@pyro-ts/engine';
import { elementwise, host } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import type { RandomStream } from '../../random.js';
import { positive } from '../constraints.js';
import { expandedShape, type TensorLike } from '../distribution.js';
import { HUGE, hostDensity, NumberFamily } from '../family.js';
import { standardGamma } from './gamma.js';

/** 1 / x for x from Gamma(concentration, rate). Source: torch.distributions.InverseGamma. */
export class InverseGamma extends NumberFamily<'concentration' | 'rate'> {
  override readonly support = positive;

  constructor(concentration: TensorLike, rate: TensorLike, batchShape?: Shape) {
    super('InverseGamma', { concentration, rate }, batchShape);
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
      (x) => x > 0,
      (x, a, b) => a * Math.log(b) - host.lgamma(a) - (a + 1) * Math.log(x) - b / x,
      [
        (x, a, b) => (b / x - a - 1) / x,
        (x, a, b) => Math.log(b) - Math.log(x) - host.digamma(a),
        (x, a, b) => a / b - 1 / x,
      ],
    );
  }
  expand(batchShape: Shape): InverseGamma {
    return new InverseGamma(this.concentration, this.rate, expandedShape(this, batchShape));
  }
  protected override drawRsample(rng: RandomStream, sampleShape: Shape): tf.Tensor {
    const draw = tf.div(this.rate, standardGamma(rng, this.concentration, this.shape(sampleShape)));
    return tf.minimum(draw, HUGE);
  }
  /** Infinite for concentrations up to 1. */
  override mean(): tf.Tensor {
    return this.full(
      elementwise([this.concentration, this.rate], (a, b) => (a > 1 ? b / (a - 1) : Number.POSITIVE_INFINITY), [
        (a, b) => (a > 1 ? -b / (a - 1) ** 2 : 0),
        (a) => (a > 1 ? 1 / (a - 1) : 0),
      ]),
    );
  }
  /** Infinite for concentrations up to 2. */
  override variance(): tf.Tensor {
    const factor = (a: number) => 1 / ((a - 1) ** 2 * (a - 2));
    return this.full(
      elementwise([this.concentration, this.rate], (a, b) => (a > 2 ? b * b * factor(a) : Number.POSITIVE_INFINITY), [
        (a, b) => (a > 2 ? -b * b * factor(a) * (2 / (a - 1) + 1 / (a - 2)) : 0),
        (a, b) => (a > 2 ? 2 * b * factor(a) : 0),
      ]),
    );
  }
  override entropy(): tf.Tensor {
    return this.full(
      elementwise(
        [this.concentration, this.rate],
        (a, b) => a + Math.log(b) + host.lgamma(a) - (1 + a) * host.digamma(a),
        [(a) => 1 - (1 + a) * host.trigamma(a), (_, b) => 1 / b],
      ),
    );
  }
}

/**
 * Positive numbers with a heavy upper tail; conjugate to the variance of a normal.
 * @example inverseGamma(3, 2).mean(); // 1
 */
export const inverseGamma = (concentration: TensorLike, rate: TensorLike): InverseGamma =>
  new InverseGamma(concentration, rate);
