/** The Poisson distribution. */
import type { Shape } from '@pyro-ts/engine';
import { host, hostMap } from '@pyro-ts/engine/internal';
import type * as tf from '@tensorflow/tfjs';
import type { RandomStream } from '../../random.js';
import { nonNegative, nonNegativeInteger } from '../constraints.js';
import { expandedShape, type TensorLike } from '../distribution.js';
import { nextPoisson } from '../draws.js';
import { hostDensity, NumberFamily, xlogy } from '../family.js';
import { isCount } from '../logitFamily.js';

/** Counts of mean `rate`. Source: torch.distributions.Poisson. */
export class Poisson extends NumberFamily<'rate'> {
  override readonly support = nonNegativeInteger;

  constructor(rate: TensorLike, batchShape?: Shape) {
    super('Poisson', { rate }, batchShape);
  }
  get rate(): tf.Tensor {
    return this.p.rate;
  }
  override get argConstraints() {
    return { rate: nonNegative };
  }

  protected logDensity(value: tf.Tensor): tf.Tensor {
    return hostDensity([value, this.rate], isCount, (x, r) => xlogy(x, r) - r - host.lgamma(x + 1), [
      undefined,
      (x, r) => (x === 0 ? 0 : x / r) - 1,
    ]);
  }
  expand(batchShape: Shape): Poisson {
    return new Poisson(this.rate, expandedShape(this, batchShape));
  }
  protected override drawSample(rng: RandomStream, sampleShape: Shape): tf.Tensor {
    return hostMap([this.rate], (r) => nextPoisson(rng, r), this.shape(sampleShape));
  }
  override mean(): tf.Tensor {
    return this.full(this.rate);
  }
  override variance(): tf.Tensor {
    return this.full(this.rate);
  }
}

/**
 * Counts of mean `rate`, 0 or more.
 * @example plate('pixels', 3, () => sample('photons', poisson([2, 5, 1]), { obs: [3, 4, 0] }));
 */
export const poisson = (rate: TensorLike): Poisson => new Poisson(rate);
