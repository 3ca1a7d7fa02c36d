/** The Laplace distribution. */
import type { Shape } from '@pyro-ts/engine';
import { elementwise } from '@pyro-ts/engine/internal';
import type * as tf from '@tensorflow/tfjs';
import type { RandomStream } from '../../random.js';
import { real } from '../constraints.js';
import { expandedShape, type TensorLike } from '../distribution.js';
import { nextExponential } from '../draws.js';
import { LocScaleFamily } from '../family.js';

/** Density exp(-|x - loc| / scale) / (2 scale). Source: torch.distributions.Laplace. */
export class Laplace extends LocScaleFamily {
  override readonly support = real;

  constructor(loc: TensorLike, scale: TensorLike, batchShape?: Shape) {
    super('Laplace', loc, scale, batchShape);
  }

  protected logDensity(value: tf.Tensor): tf.Tensor {
    // On the host: the square of a small scale would vanish in float32.
    const slope = (x: number, m: number, s: number) => -Math.sign(x - m) / s;
    return elementwise([value, this.loc, this.scale], (x, m, s) => -Math.abs(x - m) / s - Math.log(2 * s), [
      slope,
      (x, m, s) => -slope(x, m, s),
      (x, m, s) => (Math.abs(x - m) / s - 1) / s,
    ]);
  }
  expand(batchShape: Shape): Laplace {
    return new Laplace(this.loc, this.scale, expandedShape(this, batchShape));
  }
  protected override drawRsample(rng: RandomStream, sampleShape: Shape): tf.Tensor {
    const noise = rng.fill(this.shape(sampleShape), () => (rng.next() < 0.5 ? -1 : 1) * nextExponential(rng));
    return noise.mul(this.scale).add(this.loc);
  }
  override mean(): tf.Tensor {
    return this.full(this.loc);
  }
  override variance(): tf.Tensor {
    return this.full(this.scale.square().mul(2));
  }
  override entropy(): tf.Tensor {
    return this.full(this.scale.mul(2).log().add(1));
  }
}

/**
 * `loc` and `scale` (positive) broadcast against each other.
 * @example laplace(0, 1).expand([3]).toEvent(1);
 */
export const laplace = (loc: TensorLike, scale: TensorLike): Laplace => new Laplace(loc, scale);
