/** The geometric distribution. */
import type { Shape } from '@pyro-ts/engine';
import { elementwise, hostMap } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import type { RandomStream } from '../../random.js';
import { nonNegativeInteger } from '../constraints.js';
import type { TensorLike } from '../distribution.js';
import { nextExponential } from '../draws.js';
import { hostDensity } from '../family.js';
import { isCount, LogitFamily, softplus } from '../logitFamily.js';
import { isOptions, type ProbsOrLogits } from '../probs.js';

/** Number of failures before the first success, each trial succeeding with probability `probs`. Source: torch.distributions.Geometric. */
export class Geometric extends LogitFamily<ProbsOrLogits> {
  override readonly support = nonNegativeInteger;

  constructor(options: ProbsOrLogits, batchShape?: Shape) {
    super('Geometric', options, [], {}, batchShape);
  }

  protected logDensity(value: tf.Tensor): tf.Tensor {
    const { logP, logQ, slopeP, slopeQ } = this.logs;
    return hostDensity([value, this.given.value], isCount, (x, p) => (x === 0 ? 0 : x * logQ(p)) + logP(p), [
      undefined,
      (x, p) => slopeP(p) + x * slopeQ(p),
    ]);
  }
  protected withBatchShape(options: ProbsOrLogits, batchShape: Shape): Geometric {
    return new Geometric(options, batchShape);
  }
  protected override drawSample(rng: RandomStream, sampleShape: Shape): tf.Tensor {
    // log(1 - p) = -softplus(logits), also where p is too small to be told from 0.
    return hostMap([this.logits], (l) => Math.floor(nextExponential(rng) / softplus(l)), this.shape(sampleShape));
  }
  override mean(): tf.Tensor {
    return this.full(tf.exp(this.logits.neg()));
  }
  override variance(): tf.Tensor {
    const odds = tf.exp(this.logits.neg());
    return this.full(odds.mul(odds.add(1)));
  }
  override entropy(): tf.Tensor {
    // The entropy of one trial for each of the 1 / p trials.
    const perSuccess = (l: number) => softplus(-l) + Math.exp(-l) * softplus(l);
    return this.full(elementwise([this.logits], perSuccess, [(l) => -Math.exp(-l) * softplus(l)]));
  }
}

/**
 * A geometric of `probs`, or of `{ logits }`.
 * @example geometric(0.25).mean(); // 3
 */
export const geometric = (probs: TensorLike | ProbsOrLogits): Geometric =>
  new Geometric(isOptions<ProbsOrLogits>(probs) ? probs : { probs });
