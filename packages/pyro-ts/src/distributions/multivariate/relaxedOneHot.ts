/** One-hot vectors relaxed to vectors of probabilities, for gradients through discrete choices. */
import { customGrad, logSoftmax, logSumExp, type Shape } from '@pyro-ts/engine';
import { host } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { ShapeError } from '../../errors.js';
import type { RandomStream } from '../../random.js';
import { type Constraint, logWeights, positive, simplex, weights } from '../constraints.js';
import { batchShapeOf, Distribution, expandedShape, type TensorLike, toTensor } from '../distribution.js';
import { nextGumbel } from '../draws.js';
import { TINY } from '../family.js';
import { isOptions, logProbsOf, oneOf, type ProbsOrLogits } from '../probs.js';

/**
 * softmax((logits + Gumbel noise) / temperature): near one-hot for low temperatures. Source: Maddison, Mnih and Teh 2017 (density: their
 * equation 6) and Jang, Gu and Poole 2017; torch.distributions.RelaxedOneHotCategorical.
 */
export class RelaxedOneHotCategorical extends Distribution {
  override readonly support = simplex;
  readonly temperature: tf.Tensor;
  /** Normalised log-probabilities, [..., K]. */
  readonly logits: tf.Tensor;
  protected readonly given: { name: 'probs' | 'logits'; value: tf.Tensor };

  constructor(temperature: TensorLike, options: ProbsOrLogits, batchShape?: Shape) {
    const given = oneOf('RelaxedOneHotCategorical', options, ['probs', 'logits']);
    if (given.value.rank === 0) {
      throw new ShapeError(
        `RelaxedOneHotCategorical: ${given.name} must have a last dimension that holds the classes; a number came.`,
      );
    }
    const t = toTensor(temperature);
    const byClass = { temperature: tf.expandDims(t, -1), [given.name]: given.value };
    super(batchShape ?? batchShapeOf('RelaxedOneHotCategorical', byClass, 1), given.value.shape.slice(-1));
    this.temperature = t;
    this.given = given;
    this.logits = given.name === 'logits' ? logSoftmax(given.value) : logProbsOf(given.value);
  }

  override get parameters(): Record<string, tf.Tensor> {
    return { temperature: this.temperature, [this.given.name]: this.given.value };
  }
  override get argConstraints(): Record<string, Constraint> {
    return { temperature: positive, probs: weights, logits: logWeights };
  }
  override get hasRsample(): boolean {
    return true;
  }

  protected logDensity(value: tf.Tensor): tf.Tensor {
    const k = this.eventShape[0];
    const logValue = tf.log(tf.maximum(value, TINY));
    const scores = this.logits.sub(logValue.mul(this.temperature.expandDims(-1)));
    return scores
      .sub(logSumExp(scores, -1, true))
      .sub(logValue)
      .sum(-1)
      .add(this.temperature.log().mul(k - 1))
      .add(host.lgamma(k));
  }
  expand(batchShape: Shape): RelaxedOneHotCategorical {
    return new RelaxedOneHotCategorical(
      this.temperature,
      { [this.given.name]: this.given.value },
      expandedShape(this, batchShape),
    );
  }
  protected override drawRsample(rng: RandomStream, sampleShape: Shape): tf.Tensor {
    const noise = rng.fill(this.shape(sampleShape), () => nextGumbel(rng));
    return tf.softmax(noise.add(this.logits).div(this.temperature.expandDims(-1)));
  }
}

/** The relaxed vector behind a one-hot draw, for as long as the draw lives. */
const relaxedOf = new WeakMap<tf.Tensor, tf.Tensor>();

/**
 * Draws are one-hot, their gradient is that of the relaxed vector behind them, at which `logProb` is taken too.
 * Source: pyro.distributions.RelaxedOneHotCategoricalStraightThrough.
 */
export class RelaxedOneHotCategoricalStraightThrough extends RelaxedOneHotCategorical {
  protected override logDensity(value: tf.Tensor): tf.Tensor {
    const relaxed = relaxedOf.get(value);
    return super.logDensity(relaxed && !relaxed.isDisposed ? relaxed : value);
  }
  override expand(batchShape: Shape): RelaxedOneHotCategoricalStraightThrough {
    return new RelaxedOneHotCategoricalStraightThrough(
      this.temperature,
      { [this.given.name]: this.given.value },
      expandedShape(this, batchShape),
    );
  }
  protected override drawRsample(rng: RandomStream, sampleShape: Shape): tf.Tensor {
    const relaxed = super.drawRsample(rng, sampleShape);
    const hard = customGrad([relaxed], (x) => ({
      value: tf.cast(tf.oneHot(tf.argMax(x, -1), this.eventShape[0]), 'float32'),
      grad: (dy) => [dy],
    }));
    relaxedOf.set(hard, relaxed);
    return hard;
  }
}

/**
 * A relaxed one-hot vector at `temperature` (positive), from probabilities [..., K] or `{ logits }`.
 * @example relaxedOneHotCategorical(0.5, { logits: classifier(x) });
 */
export const relaxedOneHotCategorical = (temperature: TensorLike, probs: TensorLike | ProbsOrLogits) =>
  new RelaxedOneHotCategorical(temperature, isOptions<ProbsOrLogits>(probs) ? probs : { probs });

/**
 * As `relaxedOneHotCategorical`, with one-hot draws.
 * @example relaxedOneHotCategoricalStraightThrough(0.5, [0.2, 0.3, 0.5]).rsample(rng); // e.g. [0, 1, 0]
 */
export const relaxedOneHotCategoricalStraightThrough = (temperature: TensorLike, probs: TensorLike | ProbsOrLogits) =>
  new RelaxedOneHotCategoricalStraightThrough(temperature, isOptions<ProbsOrLogits>(probs) ? probs : { probs });
