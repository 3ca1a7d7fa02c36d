/** The distributions of |x| and of exp(x) for a normal x. */
import type { Shape } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import type { RandomStream } from '../../random.js';
import { nonNegative, positive } from '../constraints.js';
import { expandedShape, type TensorLike } from '../distribution.js';
import { hostDensity, LocScaleFamily, magnitude, NumberFamily } from '../family.js';

const HALF_LOG_2PI = 0.5 * Math.log(2 * Math.PI);

/** |x| for x from N(0, scale^2). Source: torch.distributions.HalfNormal. */
export class HalfNormal extends NumberFamily<'scale'> {
  override readonly support = nonNegative;

  constructor(scale: TensorLike, batchShape?: Shape) {
    super('HalfNormal', { scale }, batchShape);
  }
  get scale(): tf.Tensor {
    return this.p.scale;
  }
  override get argConstraints() {
    return { scale: positive };
  }
  override get hasRsample(): boolean {
    return true;
  }

  protected logDensity(value: tf.Tensor): tf.Tensor {
    return hostDensity(
      [value, this.scale],
      (x) => x >= 0,
      (x, s) => Math.LN2 - HALF_LOG_2PI - Math.log(s) - 0.5 * (x / s) ** 2,
      [(x, s) => -x / (s * s), (x, s) => ((x / s) ** 2 - 1) / s],
    );
  }
  expand(batchShape: Shape): HalfNormal {
    return new HalfNormal(this.scale, expandedShape(this, batchShape));
  }
  protected override drawRsample(rng: RandomStream, sampleShape: Shape): tf.Tensor {
    return magnitude(rng.normal(this.shape(sampleShape))).mul(this.scale);
  }
  override mean(): tf.Tensor {
    return this.full(this.scale.mul(Math.sqrt(2 / Math.PI)));
  }
  override variance(): tf.Tensor {
    return this.full(this.scale.square().mul(1 - 2 / Math.PI));
  }
  override entropy(): tf.Tensor {
    return this.full(this.scale.log().add(HALF_LOG_2PI + 0.5 - Math.LN2));
  }
}

/** exp(x) for x from N(loc, scale^2). Source: torch.distributions.LogNormal. */
export class LogNormal extends LocScaleFamily {
  override readonly support = positive;

  constructor(loc: TensorLike, scale: TensorLike, batchShape?: Shape) {
    super('LogNormal', loc, scale, batchShape);
  }

  protected logDensity(value: tf.Tensor): tf.Tensor {
    const z = (x: number, m: number, s: number) => (Math.log(x) - m) / s;
    return hostDensity(
      [value, this.loc, this.scale],
      (x) => x > 0,
      (x, m, s) => -0.5 * z(x, m, s) ** 2 - Math.log(x * s) - HALF_LOG_2PI,
      [(x, m, s) => -(z(x, m, s) / s + 1) / x, (x, m, s) => z(x, m, s) / s, (x, m, s) => (z(x, m, s) ** 2 - 1) / s],
    );
  }
  expand(batchShape: Shape): LogNormal {
    return new LogNormal(this.loc, this.scale, expandedShape(this, batchShape));
  }
  protected override drawRsample(rng: RandomStream, sampleShape: Shape): tf.Tensor {
    return tf.exp(rng.normal(this.shape(sampleShape)).mul(this.scale).add(this.loc));
  }
  override mean(): tf.Tensor {
    return this.full(tf.exp(this.loc.add(this.scale.square().mul(0.5))));
  }
  override variance(): tf.Tensor {
    const s2 = this.scale.square();
    return this.full(tf.expm1(s2).mul(tf.exp(this.loc.mul(2).add(s2))));
  }
  override entropy(): tf.Tensor {
    return this.full(this.loc.add(this.scale.log()).add(HALF_LOG_2PI + 0.5));
  }
}

/**
 * A prior for scales.
 * @example const scale = sample('scale', halfNormal(2));
 */
export const halfNormal = (scale: TensorLike): HalfNormal => new HalfNormal(scale);

/**
 * `loc` and `scale` are those of the logarithm.
 * @example logNormal(0, 0.25).mean(); // exp(0.25^2 / 2)
 */
export const logNormal = (loc: TensorLike, scale: TensorLike): LogNormal => new LogNormal(loc, scale);
