/** The Gumbel distribution. */
import type { Shape } from '@pyro-ts/engine';
import type * as tf from '@tensorflow/tfjs';
import type { RandomStream } from '../../random.js';
import { real } from '../constraints.js';
import { expandedShape, type TensorLike } from '../distribution.js';
import { nextGumbel } from '../draws.js';
import { EULER, hostDensity, LocScaleFamily } from '../family.js';

/** The largest of many draws: density exp(-(z + exp(-z))) / scale for z = (x - loc) / scale. Source: torch.distributions.Gumbel. */
export class Gumbel extends LocScaleFamily {
  override readonly support = real;

  constructor(loc: TensorLike, scale: TensorLike, batchShape?: Shape) {
    super('Gumbel', loc, scale, batchShape);
  }

  protected logDensity(value: tf.Tensor): tf.Tensor {
    const z = (x: number, m: number, s: number): number => (x - m) / s;
    const slope = (x: number, m: number, s: number): number => Math.expm1(-z(x, m, s));
    return hostDensity(
      [value, this.loc, this.scale],
      () => true,
      (x, m, s) => -z(x, m, s) - Math.exp(-z(x, m, s)) - Math.log(s),
      [
        (x, m, s) => slope(x, m, s) / s,
        (x, m, s) => -slope(x, m, s) / s,
        (x, m, s) => (-z(x, m, s) * slope(x, m, s) - 1) / s,
      ],
    );
  }
  expand(batchShape: Shape): Gumbel {
    return new Gumbel(this.loc, this.scale, expandedShape(this, batchShape));
  }
  protected override drawRsample(rng: RandomStream, sampleShape: Shape): tf.Tensor {
    return rng
      .fill(this.shape(sampleShape), () => nextGumbel(rng))
      .mul(this.scale)
      .add(this.loc);
  }
  override mean(): tf.Tensor {
    return this.full(this.loc.add(this.scale.mul(EULER)));
  }
  override variance(): tf.Tensor {
    return this.full(this.scale.square().mul(Math.PI ** 2 / 6));
  }
  override entropy(): tf.Tensor {
    return this.full(this.scale.log().add(EULER + 1));
  }
}

/**
 * Extreme values.
 * @example gumbel(0, 1).mean(); // 0.577, Euler's constant
 */
export const gumbel = (loc: TensorLike, scale: TensorLike): Gumbel => new Gumbel(loc, scale);
