/** The categorical distribution over 0..K-1 and its one-hot form, computed from log-probabilities. */
import { logSoftmax, type Shape, stopGradient } from '@pyro-ts/engine';
import { expandTo, hostCall, varies, weightedSum } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { ShapeError } from '../../errors.js';
import type { RandomStream } from '../../random.js';
import { type Constraint, integerInterval, logWeights, oneHot, weights } from '../constraints.js';
import { Distribution, expandedShape, scalarSupport, type TensorLike } from '../distribution.js';
import { isOptions, logProbsOf, oneOf, type ProbsOrLogits } from '../probs.js';

/** Stands for a log-probability of minus infinity where that is multiplied by a probability of 0. */
const LOWEST = -1e30;

/** What the two forms share: parameters [..., K], of which the last dimension holds the classes. */
abstract class CategoricalBase extends Distribution {
  /** Normalised log-probabilities, [..., K]. */
  readonly logits: tf.Tensor;
  readonly numClasses: number;
  protected readonly given: { name: 'probs' | 'logits'; value: tf.Tensor };

  constructor(family: string, options: ProbsOrLogits, isOneHot: boolean, batchShape?: Shape) {
    const given = oneOf(family, options, ['probs', 'logits']);
    const { shape, rank } = given.value;
    if (rank === 0) {
      throw new ShapeError(
        `${family}: ${given.name} must have a last dimension that holds the classes; a number came.`,
      );
    }
    super(batchShape ?? shape.slice(0, -1), isOneHot ? [shape[rank - 1]] : []);
    this.given = given;
    this.numClasses = shape[rank - 1];
    this.logits = given.name === 'logits' ? logSoftmax(given.value) : logProbsOf(given.value);
  }

  override get parameters(): Record<string, tf.Tensor> {
    return { [this.given.name]: this.given.value };
  }
  override get argConstraints(): Record<string, Constraint> {
    return { probs: weights, logits: logWeights };
  }
  override get hasEnumerateSupport(): boolean {
    return true;
  }
  /** Probabilities that add to 1, [..., K]. */
  get probs(): tf.Tensor {
    return this.given.name === 'probs' ? this.given.value.div(this.given.value.sum(-1, true)) : tf.exp(this.logits);
  }

  /** Draws as a tensor of `shape`, in which `put` notes class `c` of draw number `i`. */
  protected drawClasses(
    rng: RandomStream,
    draws: Shape,
    shape: Shape,
    put: (out: Float32Array | Int32Array, i: number, c: number) => void,
  ): tf.Tensor {
    const k = this.numClasses;
    const probs = tf.tidy(() => expandTo(this.probs, [...draws, k]));
    const run = ([p]: readonly ArrayLike<number>[], out: Float32Array | Int32Array): void => {
      for (let i = 0; i < p.length / k; i++) {
        let left = rng.next();
        let last = 0;
        // The last class with any probability takes what rounding leaves over.
        for (let c = 0; c < k && left >= 0; c++) {
          if (p[i * k + c] > 0) last = c;
          left -= p[i * k + c];
        }
        put(out, i, last);
      }
    };
    const drawn = hostCall({ name: 'categorical draws', inputs: [probs], shape, dtype: 'float32', run });
    probs.dispose();
    return drawn;
  }

  override entropy(): tf.Tensor {
    return expandTo(this.probs.mul(tf.maximum(this.logits, LOWEST)).sum(-1).neg(), this.batchShape);
  }
}

/** An index 0..K-1 (as float32) with probabilities in proportion to `probs`. Source: torch.distributions.Categorical. */
export class Categorical extends CategoricalBase {
  constructor(options: ProbsOrLogits, batchShape?: Shape) {
    super('Categorical', options, false, batchShape);
  }

  override get support(): Constraint {
    return integerInterval(0, this.numClasses - 1);
  }

  protected logDensity(value: tf.Tensor): tf.Tensor {
    const dim = this.dimOfWholeSupport(value);
    if (dim !== undefined) return this.logitsAlong(dim, value.rank);
    const fixed = stopGradient(value);
    // tf.oneHot rejects a single class.
    const chosen =
      this.numClasses === 1
        ? tf.onesLike(tf.expandDims(fixed, -1))
        : tf.cast(tf.oneHot(tf.cast(fixed, 'int32'), this.numClasses), 'float32');
    return weightedSum(chosen, this.logits);
  }

  /** The dimension (from the right, 1 is last) along which `value` is 0..K-1 where it is just that; the logits then need no product. */
  private dimOfWholeSupport(value: tf.Tensor): number | undefined {
    const k = this.numClasses;
    if (value.size !== k || k === 1 || varies(value)) return undefined;
    const dim = value.rank - value.shape.indexOf(k);
    const batch = this.logits.shape.slice(0, -1);
    if ((batch[batch.length - dim] ?? 1) !== 1) return undefined;
    return value.dataSync().every((x, i) => x === i) ? dim : undefined;
  }

  /** The logits with the classes moved to batch dimension `dim` from the right. */
  private logitsAlong(dim: number, rank: number): tf.Tensor {
    const shape = this.logits.shape.slice(0, -1);
    const batch = [...new Array<number>(Math.max(0, dim - shape.length)).fill(1), ...shape];
    const at = batch.length - dim;
    const without = [...batch.slice(0, at), ...batch.slice(at + 1)];
    const order = without.map((_, i) => i);
    order.splice(at, 0, without.length);
    const moved = tf.transpose(tf.reshape(this.logits, [...without, this.numClasses]), order);
    return tf.reshape(moved, [...new Array<number>(Math.max(0, rank - moved.rank)).fill(1), ...moved.shape]);
  }

  expand(batchShape: Shape): Categorical {
    return new Categorical({ [this.given.name]: this.given.value }, expandedShape(this, batchShape));
  }
  protected override drawSample(rng: RandomStream, sampleShape: Shape): tf.Tensor {
    const shape = this.shape(sampleShape);
    return this.drawClasses(rng, shape, shape, (out, i, c) => {
      out[i] = c;
    });
  }
  override withProbs(probs: tf.Tensor): Categorical {
    return new Categorical({ probs });
  }
  override enumerateSupport(expand = true): tf.Tensor {
    return scalarSupport(tf.range(0, this.numClasses), this.batchShape, expand);
  }
}

/** A one-hot vector of length K with probabilities in proportion to `probs`. Source: torch.distributions.OneHotCategorical. */
export class OneHotCategorical extends CategoricalBase {
  override readonly support = oneHot;

  constructor(options: ProbsOrLogits, batchShape?: Shape) {
    super('OneHotCategorical', options, true, batchShape);
  }

  protected logDensity(value: tf.Tensor): tf.Tensor {
    return weightedSum(value, this.logits);
  }
  expand(batchShape: Shape): OneHotCategorical {
    return new OneHotCategorical({ [this.given.name]: this.given.value }, expandedShape(this, batchShape));
  }
  protected override drawSample(rng: RandomStream, sampleShape: Shape): tf.Tensor {
    const shape = [...sampleShape, ...this.batchShape];
    const k = this.numClasses;
    return this.drawClasses(rng, shape, [...shape, k], (out, i, c) => {
      out[i * k + c] = 1;
    });
  }
  override withProbs(probs: tf.Tensor): OneHotCategorical {
    return new OneHotCategorical({ probs });
  }
  override enumerateSupport(expand = true): tf.Tensor {
    const k = this.numClasses;
    const thin = tf.reshape(tf.eye(k), [k, ...this.batchShape.map(() => 1), k]);
    return expand ? expandTo(thin, [k, ...this.batchShape, k]) : thin;
  }
  override mean(): tf.Tensor {
    return expandTo(this.probs, this.shape());
  }
  override variance(): tf.Tensor {
    return expandTo(this.probs.mul(tf.sub(1, this.probs)), this.shape());
  }
}

/**
 * A categorical of probabilities [..., K] (or weights in proportion to them), or of `{ logits }`.
 * @example categorical([0.2, 0.3, 0.5]); categorical({ logits: classifier(x) });
 */
export const categorical = (probs: TensorLike | ProbsOrLogits): Categorical =>
  new Categorical(isOptions<ProbsOrLogits>(probs) ? probs : { probs });

/**
 * A one-hot categorical of probabilities [..., K] (or weights in proportion to them), or of `{ logits }`.
 * @example oneHotCategorical({ logits: tf.zeros([3]) }).expand([8]);
 */
export const oneHotCategorical = (probs: TensorLike | ProbsOrLogits): OneHotCategorical =>
  new OneHotCategorical(isOptions<ProbsOrLogits>(probs) ? probs : { probs });
