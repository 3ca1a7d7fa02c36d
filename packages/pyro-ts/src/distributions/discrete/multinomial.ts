/** The multinomial distribution. */
import { logSoftmax, type Shape } from '@pyro-ts/engine';
import { expandTo, host, rowwise, sizeOf } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { OptionError, ShapeError } from '../../errors.js';
import type { RandomStream } from '../../random.js';
import { type Constraint, counts, logWeights, weights } from '../constraints.js';
import { Distribution, expandedShape, type TensorLike } from '../distribution.js';
import { nextBinomial } from '../draws.js';
import { isOptions, logProbsOf, oneOf, type ProbsOrLogits, readProbs } from '../probs.js';

/** How often each of K classes comes up in `totalCount` draws. Source: torch.distributions.Multinomial. */
export class Multinomial extends Distribution {
  /** Normalised log-probabilities, [..., K]. */
  readonly logits: tf.Tensor;
  private readonly given: { name: 'probs' | 'logits'; value: tf.Tensor };

  constructor(
    readonly totalCount: number,
    options: ProbsOrLogits,
    batchShape?: Shape,
  ) {
    const given = oneOf('Multinomial', options, ['probs', 'logits']);
    if (!Number.isInteger(totalCount) || totalCount < 0) {
      throw new OptionError(`Multinomial: totalCount must be a non-negative integer; it is ${totalCount}.`);
    }
    if (given.value.rank === 0) {
      throw new ShapeError(
        `Multinomial: ${given.name} must have a last dimension that holds the classes; a number came.`,
      );
    }
    super(batchShape ?? given.value.shape.slice(0, -1), given.value.shape.slice(-1));
    this.given = given;
    this.logits = given.name === 'logits' ? logSoftmax(given.value) : logProbsOf(given.value);
  }

  override get support(): Constraint {
    return counts(this.totalCount);
  }
  override get parameters(): Record<string, tf.Tensor> {
    return { [this.given.name]: this.given.value };
  }
  override get argConstraints(): Record<string, Constraint> {
    return { probs: weights, logits: logWeights };
  }
  /** Probabilities that add to 1, [..., K]. */
  get probs(): tf.Tensor {
    return tf.exp(this.logits);
  }

  protected logDensity(value: tf.Tensor): tf.Tensor {
    const logFactorial = (n: number) => host.lgamma(n + 1);
    return rowwise(
      [value, this.logits],
      (x, l) =>
        x.reduce((sum, xi, i) => sum - logFactorial(xi) + (xi === 0 ? 0 : xi * l[i]), logFactorial(this.totalCount)),
      [undefined, (x) => x],
    );
  }
  expand(batchShape: Shape): Multinomial {
    return new Multinomial(this.totalCount, { [this.given.name]: this.given.value }, expandedShape(this, batchShape));
  }
  protected override drawSample(rng: RandomStream, sampleShape: Shape): tf.Tensor {
    const shape = this.shape(sampleShape);
    const k = this.eventShape[0];
    const probs = readProbs(this, shape);
    const out = new Float32Array(sizeOf(shape));
    const rest = new Float64Array(k + 1);
    for (let from = 0; from < out.length; from += k) {
      // Each class takes its binomial share of the draws that those before it left; the last possible one takes all of them.
      for (let i = k - 1; i >= 0; i--) rest[i] = rest[i + 1] + probs[from + i];
      let draws = this.totalCount;
      for (let i = 0; i < k && draws > 0; i++) {
        if (rest[i] > 0) out[from + i] = nextBinomial(rng, draws, probs[from + i] / rest[i]);
        draws -= out[from + i];
      }
    }
    return tf.tensor(out, shape, 'float32');
  }
  override mean(): tf.Tensor {
    return expandTo(this.probs.mul(this.totalCount), this.shape());
  }
  override variance(): tf.Tensor {
    return expandTo(this.probs.mul(tf.sub(1, this.probs)).mul(this.totalCount), this.shape());
  }
}

/**
 * Counts of K classes in `totalCount` draws, from probabilities [..., K] or `{ logits }`.
 * @example multinomial(20, [0.2, 0.3, 0.5]).sample(rng); // e.g. [3, 7, 10]
 */
export const multinomial = (totalCount: number, probs: TensorLike | ProbsOrLogits): Multinomial =>
  new Multinomial(totalCount, isOptions<ProbsOrLogits>(probs) ? probs : { probs });
