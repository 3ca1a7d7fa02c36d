/** A binomial distribution whose probability is drawn from a beta distribution. */
import type { Shape } from '@pyro-ts/engine';
import { host, hostMap } from '@pyro-ts/engine/internal';
import type * as tf from '@tensorflow/tfjs';
import type { RandomStream } from '../../random.js';
import { type Constraint, integerInterval, nonNegativeInteger, positive } from '../constraints.js';
import { expandedShape, type TensorLike } from '../distribution.js';
import { nextBeta, nextBinomial } from '../draws.js';
import { hostDensity, NumberFamily } from '../family.js';
import { logChoose } from './binomial.js';
import { countSupport } from './countSupport.js';

/** log of a (a + 1) ... (a + k - 1) for few terms. */
const logRising = (a: number, k: number): number => {
  let sum = 0;
  for (let i = 0; i < k; i++) sum += Math.log(a + i);
  return sum;
};

/** log B(x + a, n - x + b) - log B(a, b): of a few trials factor by factor, since large beta functions cancel. */
const logRatio = (x: number, a: number, b: number, n: number): number =>
  n <= 32
    ? logRising(a, x) + logRising(b, n - x) - logRising(a + b, n)
    : host.lbeta(x + a, n - x + b) - host.lbeta(a, b);

/** Successes in `totalCount` trials whose probability is Beta(concentration1, concentration0). Source: pyro.distributions.BetaBinomial. */
export class BetaBinomial extends NumberFamily<'concentration1' | 'concentration0' | 'totalCount'> {
  constructor(concentration1: TensorLike, concentration0: TensorLike, totalCount: TensorLike, batchShape?: Shape) {
    super('BetaBinomial', { concentration1, concentration0, totalCount }, batchShape);
  }
  get concentration1(): tf.Tensor {
    return this.p.concentration1;
  }
  get concentration0(): tf.Tensor {
    return this.p.concentration0;
  }
  get totalCount(): tf.Tensor {
    return this.p.totalCount;
  }
  override get support(): Constraint {
    return integerInterval(0, this.totalCount);
  }
  override get argConstraints() {
    return { concentration1: positive, concentration0: positive, totalCount: nonNegativeInteger };
  }
  override get hasEnumerateSupport(): boolean {
    return true;
  }

  protected logDensity(value: tf.Tensor): tf.Tensor {
    return hostDensity(
      [value, this.concentration1, this.concentration0, this.totalCount],
      (x, _, __, n) => x >= 0 && x <= n && Number.isInteger(x),
      (x, a, b, n) => logChoose(n, x) + logRatio(x, a, b, n),
      [
        undefined,
        (x, a, b, n) => host.digamma(x + a) - host.digamma(n + a + b) - host.digamma(a) + host.digamma(a + b),
        (x, a, b, n) => host.digamma(n - x + b) - host.digamma(n + a + b) - host.digamma(b) + host.digamma(a + b),
        undefined,
      ],
    );
  }
  expand(batchShape: Shape): BetaBinomial {
    return new BetaBinomial(this.concentration1, this.concentration0, this.totalCount, expandedShape(this, batchShape));
  }
  protected override drawSample(rng: RandomStream, sampleShape: Shape): tf.Tensor {
    const draw = (a: number, b: number, n: number) => nextBinomial(rng, n, nextBeta(rng, a, b)[0]);
    return hostMap([this.concentration1, this.concentration0, this.totalCount], draw, this.shape(sampleShape));
  }
  /**
   * 0 to the largest total count of the batch; a value above an element's own has the log-probability -Infinity there.
   * @throws {PyroError} where a total count is above 2^24
   */
  override enumerateSupport(expand = true): tf.Tensor {
    return countSupport('BetaBinomial', this.totalCount, this.batchShape, expand);
  }
  override mean(): tf.Tensor {
    const { concentration1: a, concentration0: b, totalCount: n } = this;
    return this.full(n.mul(a).div(a.add(b)));
  }
  override variance(): tf.Tensor {
    const { concentration1: a, concentration0: b, totalCount: n } = this;
    const sum = a.add(b);
    return this.full(
      n
        .mul(a)
        .mul(b)
        .mul(sum.add(n))
        .div(sum.square().mul(sum.add(1))),
    );
  }
}

/**
 * Overdispersed numbers of successes.
 * @example betaBinomial(2, 3, 10).mean(); // 4
 */
export const betaBinomial = (
  concentration1: TensorLike,
  concentration0: TensorLike,
  totalCount: TensorLike,
): BetaBinomial => new BetaBinomial(concentration1, concentration0, totalCount);
