/** The binomial distribution. */
import { host, hostMap, type Shape } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import { PyroError } from '../../errors.js';
import type { RandomStream } from '../../random.js';
import { type Constraint, integerInterval, nonNegativeInteger, probability, real } from '../constraints.js';
import { scalarSupport, type TensorLike, toTensor } from '../distribution.js';
import { nextBinomial } from '../draws.js';
import { hostDensity } from '../family.js';
import { LogitFamily } from '../logitFamily.js';
import { isOptions, type ProbsOrLogits } from '../probs.js';

/** log of the number of ways to choose x of n. */
export const logChoose = (n: number, x: number): number => -Math.log(n + 1) - host.lbeta(n - x + 1, x + 1);

/** The total count that all elements of a batch have, if they do. */
export function sharedCount(totalCount: tf.Tensor): number | undefined {
  const counts = totalCount.dataSync();
  return counts.every((n) => n === counts[0]) ? counts[0] : undefined;
}

/** Up to here float32 holds every whole number. */
const MOST_ENUMERATED = 2 ** 24;

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
    return sharedCount(this.totalCount) !== undefined;
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
  override sample(rng: RandomStream, sampleShape: Shape = []): tf.Tensor {
    return hostMap([this.totalCount, this.probs], (n, p) => nextBinomial(rng, n, p), this.shape(sampleShape));
  }
  /**
   * 0 to the total count, where all elements of the batch share one.
   * @throws {PyroError} where they do not, or where it is above 2^24.
   */
  override enumerateSupport(expand = true): tf.Tensor {
    const n = sharedCount(this.totalCount);
    if (n === undefined) {
      throw new PyroError(
        'Binomial: only a total count that all elements of the batch share can be enumerated. Sample the site, or split the batch by total count.',
      );
    }
    if (!(n >= 0 && n <= MOST_ENUMERATED)) {
      throw new PyroError(
        `Binomial: a total count of ${n} cannot be enumerated; it must be from 0 to ${MOST_ENUMERATED}. Sample the site.`,
      );
    }
    return scalarSupport(tf.range(0, n + 1), this.batchShape, expand);
  }
  override mean(): tf.Tensor {
    return this.full(this.totalCount.mul(this.probs));
  }
  override variance(): tf.Tensor {
    return this.full(this.totalCount.mul(tf.sigmoid(this.logits)).mul(tf.sigmoid(this.logits.neg())));
  }
  /** By summing over the support; needs a shared total count. */
  override entropy(): tf.Tensor {
    const logProb = this.logProb(this.enumerateSupport(false));
    return logProb.mul(tf.exp(logProb)).sum(0).neg();
  }
}

/**
 * Successes in `totalCount` trials of probability `probs`, or of `{ logits }`.
 * @example binomial(10, 0.3).enumerateSupport(); // 0, 1, ..., 10
 */
export const binomial = (totalCount: TensorLike, probs: TensorLike | ProbsOrLogits): Binomial =>
  new Binomial(totalCount, isOptions<ProbsOrLogits>(probs) ? probs : { probs });
