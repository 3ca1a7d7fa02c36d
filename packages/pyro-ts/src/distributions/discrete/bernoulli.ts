/** The Bernoulli distribution, computed from its log odds. */

import { expandTo, hostMap, type Shape } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import type { RandomStream } from '../../random.js';
import { boolean, type Constraint, real, unitInterval } from '../constraints.js';
import { Distribution, expandedShape, scalarSupport, type TensorLike } from '../distribution.js';
import { isOptions, logitOf, oneOf, type ProbsOrLogits } from '../probs.js';

export interface BernoulliOptions extends ProbsOrLogits {
  /** Accept targets anywhere in [0, 1] (grey pixels): logProb is then minus the cross-entropy, not a density. */
  relaxedSupport?: boolean;
}

/** 1 with probability `probs` = sigmoid(`logits`), else 0. Source: torch.distributions.Bernoulli. */
export class Bernoulli extends Distribution {
  readonly logits: tf.Tensor;
  private readonly given: { name: 'probs' | 'logits'; value: tf.Tensor };
  private readonly options: BernoulliOptions;

  constructor(options: BernoulliOptions, batchShape?: Shape) {
    const given = oneOf('Bernoulli', options, ['probs', 'logits'], ['relaxedSupport']);
    super(batchShape ?? given.value.shape, []);
    this.given = given;
    this.options = options;
    this.logits = given.name === 'logits' ? given.value : logitOf(given.value);
  }

  override get support(): Constraint {
    return this.options.relaxedSupport ? unitInterval : boolean;
  }
  override get parameters(): Record<string, tf.Tensor> {
    return { [this.given.name]: this.given.value };
  }
  override get argConstraints() {
    return { probs: unitInterval, logits: real };
  }
  override get hasEnumerateSupport(): boolean {
    return true;
  }
  /** Probability of a 1, of the parameter's shape. */
  get probs(): tf.Tensor {
    return this.given.name === 'probs' ? this.given.value : tf.sigmoid(this.logits);
  }

  protected logDensity(value: tf.Tensor): tf.Tensor {
    return value.mul(this.logits).sub(tf.softplus(this.logits));
  }
  expand(batchShape: Shape): Bernoulli {
    return new Bernoulli({ ...this.options, [this.given.name]: this.given.value }, expandedShape(this, batchShape));
  }
  override sample(rng: RandomStream, sampleShape: Shape = []): tf.Tensor {
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
    return expandTo(this.probs, this.batchShape);
  }
  override variance(): tf.Tensor {
    return expandTo(tf.sigmoid(this.logits).mul(tf.sigmoid(this.logits.neg())), this.batchShape);
  }
  override entropy(): tf.Tensor {
    return expandTo(tf.softplus(this.logits).sub(this.logits.mul(tf.sigmoid(this.logits))), this.batchShape);
  }
}

/**
 * A Bernoulli of probabilities, or of `{ logits }`.
 * @example bernoulli(0.3); bernoulli({ logits: decoder(z), relaxedSupport: true }).toEvent(1);
 */
export const bernoulli = (probs: TensorLike | BernoulliOptions): Bernoulli =>
  new Bernoulli(isOptions<BernoulliOptions>(probs) ? probs : { probs });
