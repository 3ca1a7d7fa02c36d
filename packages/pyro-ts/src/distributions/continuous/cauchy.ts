/** The Cauchy distribution and its positive half. */
import type { Shape } from '@pyro-ts/engine';
import { elementwise } from '@pyro-ts/engine/internal';
import type * as tf from '@tensorflow/tfjs';
import type { RandomStream } from '../../random.js';
import { nonNegative, positive, real } from '../constraints.js';
import { expandedShape, type TensorLike } from '../distribution.js';
import { hostDensity, LocScaleFamily, magnitude, NumberFamily } from '../family.js';

/** A standard Cauchy draw. */
const nextCauchy = (rng: RandomStream): number => Math.tan(Math.PI * (rng.next() - 0.5));

/** -log(pi s) - log(1 + z^2), z = (x - m) / s; float64 holds the square of any float32. */
const logCauchy = (x: number, m: number, s: number): number => -Math.log(Math.PI * s) - Math.log1p(((x - m) / s) ** 2);
const slopeInX = (x: number, m: number, s: number): number => (-2 * (x - m)) / (s * s + (x - m) ** 2);
const slopeInScale = (x: number, m: number, s: number): number => (-1 / s) * (1 + (x - m) * slopeInX(x, m, s));

/** Density 1 / (pi scale (1 + ((x - loc) / scale)^2)); it has no mean and no variance. Source: torch.distributions.Cauchy. */
export class Cauchy extends LocScaleFamily {
  override readonly support = real;

  constructor(loc: TensorLike, scale: TensorLike, batchShape?: Shape) {
    super('Cauchy', loc, scale, batchShape);
  }

  protected logDensity(value: tf.Tensor): tf.Tensor {
    const slopeInLoc = (x: number, m: number, s: number) => -slopeInX(x, m, s);
    return elementwise([value, this.loc, this.scale], logCauchy, [slopeInX, slopeInLoc, slopeInScale]);
  }
  expand(batchShape: Shape): Cauchy {
    return new Cauchy(this.loc, this.scale, expandedShape(this, batchShape));
  }
  protected override drawRsample(rng: RandomStream, sampleShape: Shape): tf.Tensor {
    return rng
      .fill(this.shape(sampleShape), () => nextCauchy(rng))
      .mul(this.scale)
      .add(this.loc);
  }
  override entropy(): tf.Tensor {
    return this.full(this.scale.mul(4 * Math.PI).log());
  }
}

/** |x| for x from a Cauchy around 0; it has no mean and no variance. Source: torch.distributions.HalfCauchy. */
export class HalfCauchy extends NumberFamily<'scale'> {
  override readonly support = nonNegative;

  constructor(scale: TensorLike, batchShape?: Shape) {
    super('HalfCauchy', { scale }, batchShape);
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
      (x, s) => Math.LN2 + logCauchy(x, 0, s),
      [(x, s) => slopeInX(x, 0, s), (x, s) => slopeInScale(x, 0, s)],
    );
  }
  expand(batchShape: Shape): HalfCauchy {
    return new HalfCauchy(this.scale, expandedShape(this, batchShape));
  }
  protected override drawRsample(rng: RandomStream, sampleShape: Shape): tf.Tensor {
    return magnitude(rng.fill(this.shape(sampleShape), () => nextCauchy(rng))).mul(this.scale);
  }
  override entropy(): tf.Tensor {
    return this.full(this.scale.mul(2 * Math.PI).log());
  }
}

/**
 * `loc` and `scale` (positive) broadcast against each other.
 * @example cauchy(0, 2.5).logProb(tf.scalar(1));
 */
export const cauchy = (loc: TensorLike, scale: TensorLike): Cauchy => new Cauchy(loc, scale);

/**
 * A weak prior for scales.
 * @example const scale = sample('scale', halfCauchy(5));
 */
export const halfCauchy = (scale: TensorLike): HalfCauchy => new HalfCauchy(scale);
