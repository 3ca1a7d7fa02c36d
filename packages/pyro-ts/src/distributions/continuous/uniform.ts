/** The uniform distribution on an interval. */
import { greaterEqual, lessEqual, type Shape } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import type { RandomStream } from '../../random.js';
import { type Constraint, greaterThan, interval, real } from '../constraints.js';
import { expandedShape, type TensorLike } from '../distribution.js';
import { NumberFamily } from '../family.js';

/** Constant density on [low, high]. Source: torch.distributions.Uniform. */
export class Uniform extends NumberFamily<'low' | 'high'> {
  constructor(low: TensorLike, high: TensorLike, batchShape?: Shape) {
    super('Uniform', { low, high }, batchShape);
  }
  get low(): tf.Tensor {
    return this.p.low;
  }
  get high(): tf.Tensor {
    return this.p.high;
  }
  override get support(): Constraint {
    return interval(this.low, this.high);
  }
  override get argConstraints() {
    return { low: real, high: greaterThan(this.low) };
  }
  override get hasRsample(): boolean {
    return true;
  }

  protected logDensity(value: tf.Tensor): tf.Tensor {
    const above = tf.cast(greaterEqual(value, this.low), 'float32');
    const below = tf.cast(lessEqual(value, this.high), 'float32');
    return tf.log(above).add(tf.log(below)).sub(this.high.sub(this.low).log());
  }
  expand(batchShape: Shape): Uniform {
    return new Uniform(this.low, this.high, expandedShape(this, batchShape));
  }
  protected override drawRsample(rng: RandomStream, sampleShape: Shape): tf.Tensor {
    const u = rng.uniform(this.shape(sampleShape));
    // A mean of the two ends, which rounding cannot carry past them.
    return this.low.mul(tf.sub(1, u)).add(this.high.mul(u));
  }
  override mean(): tf.Tensor {
    return this.full(this.low.add(this.high).mul(0.5));
  }
  override variance(): tf.Tensor {
    return this.full(this.high.sub(this.low).square().div(12));
  }
  override entropy(): tf.Tensor {
    return this.full(this.high.sub(this.low).log());
  }
}

/**
 * Any number from `low` to `high`.
 * @example uniform(-1, 1).expand([2]).toEvent(1);
 */
export const uniform = (low: TensorLike, high: TensorLike): Uniform => new Uniform(low, high);
