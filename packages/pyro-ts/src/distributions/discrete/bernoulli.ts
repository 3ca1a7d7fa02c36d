/** The Bernoulli distribution, computed from its log odds. */
import type { Shape } from '@pyro-ts/engine';
import { bernoulliLogProb, hostMap, sameShape } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import type { RandomStream } from '../../random.js';
import { boolean, type Constraint, unitInterval } from '../constraints.js';
import { scalarSupport, type TensorLike, toTensor } from '../distribution.js';
import { LogitFamily } from '../logitFamily.js';
import { isOptions, type ProbsOrLogits } from '../probs.js';

export interface BernoulliOptions extends ProbsOrLogits {
  /** Accept targets anywhere in [0, 1] (grey pixels): logProb is then minus the cross-entropy, not a density. */
  relaxedSupport?: boolean;
}

/** 1 with probability `probs` = sigmoid(`logits`), else 0. Source: torch.distributions.Bernoulli. */
export class Bernoulli extends LogitFamily<BernoulliOptions> {
  constructor(options: BernoulliOptions, batchShape?: Shape) {
    super('Bernoulli', options, ['relaxedSupport'], {}, batchShape);
  }

  override get support(): Constraint {
    return this.options.relaxedSupport ? unitInterval : boolean;
  }
  override get hasEnumerateSupport(): boolean {
    return true;
  }

  protected logDensity(value: tf.Tensor): tf.Tensor {
    return bernoulliLogProb(value, this.logits);
  }
  override logProbSum(given: TensorLike, n: number): tf.Tensor {
    const value = toTensor(given);
    const isWhole = sameShape(this.logits.shape, this.batchShape) && value.rank <= this.logits.rank;
    return isWhole ? bernoulliLogProb(value, this.logits, n) : super.logProbSum(value, n);
  }
  protected withBatchShape(options: BernoulliOptions, batchShape: Shape): Bernoulli {
    return new Bernoulli(options, batchShape);
  }
  protected override drawSample(rng: RandomStream, sampleShape: Shape): tf.Tensor {
    return hostMap([this.probs], (p) => (rng.next() < p ? 1 : 0), this.shape(sampleShape));
  }
  override enumerateSupport(expand = true): tf.Tensor {
    return scalarSupport(tf.tensor1d([0, 1]), this.batchShape, expand);
  }
  override withProbs(probs: tf.Tensor): Bernoulli {
    const batch = probs.shape.slice(0, -1);
    return new Bernoulli({ probs: tf.reshape(tf.slice(probs, [...batch.map(() => 0), 1], [...batch, 1]), batch) });
  }
  override mean(): tf.Tensor {
    return this.full(this.probs);
  }
  override variance(): tf.Tensor {
    return this.full(tf.sigmoid(this.logits).mul(tf.sigmoid(this.logits.neg())));
  }
  override entropy(): tf.Tensor {
    return this.full(tf.softplus(this.logits).sub(this.logits.mul(tf.sigmoid(this.logits))));
  }
}

/**
 * A Bernoulli of probabilities, or of `{ logits }`.
 * @example bernoulli(0.3); bernoulli({ logits: decoder(z), relaxedSupport: true }).toEvent(1);
 */
export const bernoulli = (probs: TensorLike | BernoulliOptions): Bernoulli =>
  new Bernoulli(isOptions<BernoulliOptions>(probs) ? probs : { probs });
