/** The negative binomial distribution. */
import type { Shape } from '@pyro-ts/engine';
import { host, hostMap } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import type { RandomStream } from '../../random.js';
import { type Constraint, nonNegativeInteger, positive, probability, real } from '../constraints.js';
import { type TensorLike, toTensor } from '../distribution.js';
import { nextGamma, nextPoisson } from '../draws.js';
import { hostDensity } from '../family.js';
import { isCount, LogitFamily } from '../logitFamily.js';
import { isOptions, type ProbsOrLogits } from '../probs.js';

/**
 * Number of successes, each of probability `probs`, before `totalCount` failures; totalCount may be any positive number.
 * Source: torch.distributions.NegativeBinomial.
 */
export class NegativeBinomial extends LogitFamily<ProbsOrLogits> {
  override readonly support = nonNegativeInteger;
  readonly totalCount: tf.Tensor;

  constructor(totalCount: TensorLike, options: ProbsOrLogits, batchShape?: Shape) {
    const count = toTensor(totalCount);
    super('NegativeBinomial', options, [], { totalCount: count }, batchShape);
    this.totalCount = count;
  }
  override get argConstraints(): Record<string, Constraint> {
    return { totalCount: positive, probs: probability, logits: real };
  }

  protected logDensity(value: tf.Tensor): tf.Tensor {
    const { logP, logQ, slopeP, slopeQ } = this.logs;
    return hostDensity(
      [value, this.totalCount, this.given.value],
      isCount,
      // log Gamma(n + x) / (Gamma(n) x!) = -log(n + x) - log B(n, x + 1).
      (x, n, p) => n * logQ(p) + (x === 0 ? 0 : x * logP(p)) - Math.log(n + x) - host.lbeta(n, x + 1),
      [
        undefined,
        (x, n, p) => host.digamma(n + x) - host.digamma(n) + logQ(p),
        (x, n, p) => x * slopeP(p) + n * slopeQ(p),
      ],
    );
  }
  protected withBatchShape(options: ProbsOrLogits, batchShape: Shape): NegativeBinomial {
    return new NegativeBinomial(this.totalCount, options, batchShape);
  }
  protected override drawSample(rng: RandomStream, sampleShape: Shape): tf.Tensor {
    const draw = (n: number, l: number) => nextPoisson(rng, nextGamma(rng, n) * Math.exp(l));
    return hostMap([this.totalCount, this.logits], draw, this.shape(sampleShape));
  }
  override mean(): tf.Tensor {
    return this.full(this.totalCount.mul(tf.exp(this.logits)));
  }
  override variance(): tf.Tensor {
    const odds = tf.exp(this.logits);
    return this.full(this.totalCount.mul(odds).mul(odds.add(1)));
  }
}

/**
 * Overdispersed counts: a Poisson of a gamma rate. `probs` in [0, 1), or `{ logits }`.
 * @example negativeBinomial(5, { logits: -1 }).mean(); // 5 exp(-1)
 */
export const negativeBinomial = (totalCount: TensorLike, probs: TensorLike | ProbsOrLogits): NegativeBinomial =>
  new NegativeBinomial(totalCount, isOptions<ProbsOrLogits>(probs) ? probs : { probs });
