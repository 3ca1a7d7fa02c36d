/** The binomial distribution. */
import { greater, type Shape, select } from '@pyro-ts/engine';
import { host, hostMap } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import type { RandomStream } from '../../random.js';
import { type Constraint, integerInterval, nonNegativeInteger, probability, real } from '../constraints.js';
import { type TensorLike, toTensor } from '../distribution.js';
import { nextBinomial } from '../draws.js';
import { hostDensity } from '../family.js';
import { LogitFamily } from '../logitFamily.js';
import { isOptions, type ProbsOrLogits } from '../probs.js';
import { countSupport } from './countSupport.js';

/** log of the number of ways to choose x of n. */
export const logChoose = (n: number, x: number): number => -Math.log(n + 1) - host.lbeta(n - x + 1, x + 1);

/** Number of successes in `totalCount` trials, each of probability `probs`. Source: torch.distributions.Binomial. */
export class Binomial extends LogitFamily<ProbsOrLogits> {
  readonly totalCount: tf.Tensor;

  constructor(totalCount: TensorLike, options: ProbsOrLogits, batchShape?: Shape) {
    const count = toTensor(totalCount);
    super('Binomial', options, [], { totalCount: count }, batchShape);
    this.totalCount = count;
  }
  override get support(): Constraint {
    return integerInterval(0, this.totalCount);
  }
  override get argConstraints(): Record<string, Constraint> {
    return { totalCount: nonNegativeInteger, probs: probability, logits: real };
  }
  override get hasEnumerateSupport(): boolean {
    return true;
  }

  protected logDensity(value: tf.Tensor): tf.Tensor {
    const { logP, logQ, slopeP, slopeQ } = this.logs;
    return hostDensity(
      [value, this.totalCount, this.given.value],
      (x, n) => x >= 0 && x <= n && Number.isInteger(x),
      (x, n, p) => logChoose(n, x) + (x === 0 ? 0 : x * logP(p)) + (x === n ? 0 : (n - x) * logQ(p)),
      [undefined, undefined, (x, n, p) => x * slopeP(p) + (n - x) * slopeQ(p)],
    );
  }
  protected withBatchShape(options: ProbsOrLogits, batchShape: Shape): Binomial {
    return new Binomial(this.totalCount, options, batchShape);
  }
  protected override drawSample(rng: RandomStream, sampleShape: Shape): tf.Tensor {
    return hostMap([this.totalCount, this.probs], (n, p) => nextBinomial(rng, n, p), this.shape(sampleShape));
  }
  /**
   * 0 to the largest total count of the batch; a value above an element's own has the log-probability -Infinity there.
   * @throws {PyroError} where a total count is above 2^24
   */
  override enumerateSupport(expand = true): tf.Tensor {
    return countSupport('Binomial', this.totalCount, this.batchShape, expand);
  }
  override mean(): tf.Tensor {
    return this.full(this.totalCount.mul(this.probs));
  }
  override variance(): tf.Tensor {
    return this.full(this.totalCount.mul(tf.sigmoid(this.logits)).mul(tf.sigmoid(this.logits.neg())));
  }
  /** By summing over the support. */
  override entropy(): tf.Tensor {
    const logProb = this.logProb(this.enumerateSupport(false));
    // Values above an element's total count, and others that are impossible, add nothing.
    const finite = select(greater(logProb, Number.NEGATIVE_INFINITY), logProb, tf.zerosLike(logProb));
    return finite.mul(tf.exp(logProb)).sum(0).neg();
  }
}

/**
 * Successes in `totalCount` trials of probability `probs`, or of `{ logits }`.
 * @example
 * binomial(10, 0.3).enumerateSupport(); // 0, 1, ..., 10
 * binomial([2, 3], 0.3).enumerateSupport(false); // [[0], [1], [2], [3]]: 3 of 2 has probability 0
 */
export const binomial = (totalCount: TensorLike, probs: TensorLike | ProbsOrLogits): Binomial =>
  new Binomial(totalCount, isOptions<ProbsOrLogits>(probs) ? probs : { probs });
