/** The Weibull distribution. */
import type { Shape } from '@pyro-ts/engine';
import { elementwise, host } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import type { RandomStream } from '../../random.js';
import { positive } from '../constraints.js';
import { expandedShape, type TensorLike } from '../distribution.js';
import { nextExponential } from '../draws.js';
import { EULER, HUGE, hostDensity, NumberFamily, TINY } from '../family.js';

/** scale e^(1 / concentration) for a standard exponential e. Source: torch.distributions.Weibull. */
export class Weibull extends NumberFamily<'scale' | 'concentration'> {
  override readonly support = positive;

  constructor(scale: TensorLike, concentration: TensorLike, batchShape?: Shape) {
    super('Weibull', { scale, concentration }, batchShape);
  }
  get scale(): tf.Tensor {
    return this.p.scale;
  }
  get concentration(): tf.Tensor {
    return this.p.concentration;
  }
  override get argConstraints() {
    return { scale: positive, concentration: positive };
  }
  override get hasRsample(): boolean {
    return true;
  }

  protected logDensity(value: tf.Tensor): tf.Tensor {
    const log = (x: number, s: number): number => Math.log(x) - Math.log(s);
    return hostDensity(
      [value, this.scale, this.concentration],
      (x) => x > 0,
      (x, s, k) => Math.log(k) - Math.log(s) + (k - 1) * log(x, s) - Math.exp(k * log(x, s)),
      [
        (x, s, k) => (k - 1 - k * Math.exp(k * log(x, s))) / x,
        (x, s, k) => (k * (Math.exp(k * log(x, s)) - 1)) / s,
        (x, s, k) => 1 / k + log(x, s) * (1 - Math.exp(k * log(x, s))),
      ],
    );
  }
  expand(batchShape: Shape): Weibull {
    return new Weibull(this.scale, this.concentration, expandedShape(this, batchShape));
  }
  protected override drawRsample(rng: RandomStream, sampleShape: Shape): tf.Tensor {
    const logs = rng.fill(this.shape(sampleShape), () => Math.log(nextExponential(rng)));
    return tf.clipByValue(tf.mul(this.scale, tf.exp(tf.div(logs, this.concentration))), TINY, HUGE);
  }
  override mean(): tf.Tensor {
    const factor = (k: number) => Math.exp(host.lgamma(1 + 1 / k));
    return this.full(
      elementwise([this.scale, this.concentration], (s, k) => s * factor(k), [
        (_, k) => factor(k),
        (s, k) => (-s * factor(k) * host.digamma(1 + 1 / k)) / (k * k),
      ]),
    );
  }
  override variance(): tf.Tensor {
    const [first, second] = [
      (k: number) => Math.exp(2 * host.lgamma(1 + 1 / k)),
      (k: number) => Math.exp(host.lgamma(1 + 2 / k)),
    ];
    return this.full(
      elementwise([this.scale, this.concentration], (s, k) => s * s * (second(k) - first(k)), [
        (s, k) => 2 * s * (second(k) - first(k)),
        (s, k) => ((2 * s * s) / (k * k)) * (first(k) * host.digamma(1 + 1 / k) - second(k) * host.digamma(1 + 2 / k)),
      ]),
    );
  }
  override entropy(): tf.Tensor {
    return this.full(
      elementwise([this.scale, this.concentration], (s, k) => EULER * (1 - 1 / k) + Math.log(s) - Math.log(k) + 1, [
        (s) => 1 / s,
        (_, k) => EULER / (k * k) - 1 / k,
      ]),
    );
  }
}

/**
 * Times to failure: with a rate of failure that falls (concentration below 1), stays or grows.
 * @example weibull(2, 1).mean(); // 2: an exponential of rate 1/2
 */
export const weibull = (scale: TensorLike, concentration: TensorLike): Weibull => new Weibull(scale, concentration);
