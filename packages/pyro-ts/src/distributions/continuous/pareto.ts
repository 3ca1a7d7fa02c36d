/** The Pareto distribution. */
import type { Shape } from '@pyro-ts/engine';
import { elementwise } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import type { RandomStream } from '../../random.js';
import { type Constraint, greaterThan, positive } from '../constraints.js';
import { expandedShape, type TensorLike } from '../distribution.js';
import { nextExponential } from '../draws.js';
import { HUGE, hostDensity, NumberFamily } from '../family.js';

/** Density alpha scale^alpha / x^(alpha + 1) for x above `scale`. Source: torch.distributions.Pareto. */
export class Pareto extends NumberFamily<'scale' | 'alpha'> {
  constructor(scale: TensorLike, alpha: TensorLike, batchShape?: Shape) {
    super('Pareto', { scale, alpha }, batchShape);
  }
  get scale(): tf.Tensor {
    return this.p.scale;
  }
  get alpha(): tf.Tensor {
    return this.p.alpha;
  }
  override get support(): Constraint {
    return greaterThan(this.scale);
  }
  override get argConstraints() {
    return { scale: positive, alpha: positive };
  }
  override get hasRsample(): boolean {
    return true;
  }

  protected logDensity(value: tf.Tensor): tf.Tensor {
    return hostDensity(
      [value, this.scale, this.alpha],
      (x, m) => x >= m,
      (x, m, a) => Math.log(a) - Math.log(x) - a * (Math.log(x) - Math.log(m)),
      [(x, _, a) => -(a + 1) / x, (_, m, a) => a / m, (x, m, a) => 1 / a - (Math.log(x) - Math.log(m))],
    );
  }
  expand(batchShape: Shape): Pareto {
    return new Pareto(this.scale, this.alpha, expandedShape(this, batchShape));
  }
  protected override drawRsample(rng: RandomStream, sampleShape: Shape): tf.Tensor {
    const waits = rng.fill(this.shape(sampleShape), () => nextExponential(rng));
    // A wait that rounds to nothing would give the bound itself, which is outside of the support.
    const above = tf.maximum(tf.exp(tf.div(waits, this.alpha)), 1 + 2 ** -22);
    return tf.minimum(tf.mul(this.scale, above), HUGE);
  }
  /** Infinite for an alpha up to 1. */
  override mean(): tf.Tensor {
    return this.full(
      elementwise([this.scale, this.alpha], (m, a) => (a > 1 ? (a * m) / (a - 1) : Number.POSITIVE_INFINITY), [
        (_, a) => (a > 1 ? a / (a - 1) : 0),
        (m, a) => (a > 1 ? -m / (a - 1) ** 2 : 0),
      ]),
    );
  }
  /** Infinite for an alpha up to 2. */
  override variance(): tf.Tensor {
    const factor = (a: number) => a / ((a - 1) ** 2 * (a - 2));
    return this.full(
      elementwise([this.scale, this.alpha], (m, a) => (a > 2 ? m * m * factor(a) : Number.POSITIVE_INFINITY), [
        (m, a) => (a > 2 ? 2 * m * factor(a) : 0),
        (m, a) => (a > 2 ? m * m * factor(a) * (1 / a - 2 / (a - 1) - 1 / (a - 2)) : 0),
      ]),
    );
  }
  override entropy(): tf.Tensor {
    return this.full(
      elementwise([this.scale, this.alpha], (m, a) => Math.log(m) - Math.log(a) + 1 + 1 / a, [
        (m) => 1 / m,
        (_, a) => -1 / a - 1 / (a * a),
      ]),
    );
  }
}

/**
 * A power law above `scale`.
 * @example pareto(1, 3).mean(); // 1.5
 */
export const pareto = (scale: TensorLike, alpha: TensorLike): Pareto => new Pareto(scale, alpha);
