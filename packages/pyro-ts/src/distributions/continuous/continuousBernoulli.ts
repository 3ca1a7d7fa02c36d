/** The continuous Bernoulli distribution on [0, 1], computed from logits and exact around a probability of 1/2. */
import { customGrad, greater, type Shape, select } from '@pyro-ts/engine';
import { elementwise, hostMap } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import type { RandomStream } from '../../random.js';
import { unitInterval } from '../constraints.js';
import type { TensorLike } from '../distribution.js';
import { LogitFamily } from '../logitFamily.js';
import { isOptions, type ProbsOrLogits } from '../probs.js';

/**
 * Density proportional to exp(x logits) on [0, 1] (Loaiza-Ganem and Cunningham 2019), where logits = log(p / (1 - p)).
 * Source: torch.distributions.ContinuousBernoulli.
 */
export class ContinuousBernoulli extends LogitFamily<ProbsOrLogits> {
  override readonly support = unitInterval;

  constructor(options: ProbsOrLogits, batchShape?: Shape) {
    super('ContinuousBernoulli', options, [], {}, batchShape);
  }
  override get hasRsample(): boolean {
    return true;
  }

  /** log of the integral of exp(x logits) over [0, 1], of the parameter's shape. */
  logPartition(): tf.Tensor {
    return logPartition(this.logits);
  }
  protected logDensity(value: tf.Tensor): tf.Tensor {
    // For positive logits from the other end, where nothing large cancels.
    const isPositive = greater(this.logits, 0);
    const from = tf.cast(isPositive, 'float32');
    const smaller = select(isPositive, this.logits.neg(), this.logits);
    return value.sub(from).mul(this.logits).sub(logPartition(smaller));
  }
  protected withBatchShape(options: ProbsOrLogits, batchShape: Shape): ContinuousBernoulli {
    return new ContinuousBernoulli(options, batchShape);
  }
  protected override drawSample(rng: RandomStream, sampleShape: Shape): tf.Tensor {
    return hostMap([this.logits], (l) => quantile(l, rng.next()), this.shape(sampleShape));
  }
  protected override drawRsample(rng: RandomStream, sampleShape: Shape): tf.Tensor {
    const u = rng.uniform(this.shape(sampleShape));
    return elementwise([this.logits, u], quantile, [quantileSlope, undefined]);
  }
  override mean(): tf.Tensor {
    return this.full(elementwise([this.logits], meanOf, [varianceOf]));
  }
  override variance(): tf.Tensor {
    return this.full(elementwise([this.logits], varianceOf, [thirdCumulant]));
  }
  override entropy(): tf.Tensor {
    return this.full(this.logPartition().sub(this.logits.mul(this.mean())));
  }
}

/** Below this magnitude of the logit a power series in it is more exact than the closed form. */
const SMALL = 0.3;

/**
 * log of the integral of exp(x l) over [0, 1], which is (exp(l) - 1) / l; its derivatives are the cumulants. Made of tensor operations, not
 * evaluated on the host, since whole images pass here.
 */
function logPartition(logits: tf.Tensor): tf.Tensor {
  return customGrad([logits], (l) => {
    const l2 = tf.square(l);
    const isSmall = tf.less(l2, 1);
    const a = tf.maximum(tf.abs(l), 1);
    const series = l
      .mul(0.5)
      .add(l2.mul(tf.sub(1 / 24, l2.mul(tf.sub(1 / 2880, l2.mul(tf.sub(1 / 181440, l2.mul(1 / 9676800))))))));
    const closed = tf.relu(l).add(tf.log(tf.expm1(tf.neg(a)).div(tf.neg(a))));
    return { value: tf.where(isSmall, series, closed), saved: [l], grad: (dy, [x]) => [dy.mul(meanOnEngine(x))] };
  });
}

function meanOnEngine(l: tf.Tensor): tf.Tensor {
  const l2 = tf.square(l);
  const a = tf.maximum(tf.abs(l), 1);
  const series = l
    .mul(tf.sub(1 / 12, l2.mul(tf.sub(1 / 720, l2.mul(tf.sub(1 / 30240, l2.mul(1 / 1209600)))))))
    .add(0.5);
  const low = tf.sub(tf.div(1, a), tf.div(1, tf.expm1(a)));
  return tf.where(tf.less(l2, 1), series, tf.where(tf.less(l, 0), low, tf.sub(1, low)));
}

function meanOf(l: number): number {
  const a = Math.abs(l);
  const l2 = l * l;
  if (a < SMALL) return 0.5 + l * (1 / 12 - l2 * (1 / 720 - l2 * (1 / 30240 - l2 / 1209600)));
  const low = 1 / a - 1 / Math.expm1(a);
  return l < 0 ? low : 1 - low;
}

function varianceOf(l: number): number {
  const l2 = l * l;
  if (l2 < SMALL * SMALL) return 1 / 12 - l2 * (1 / 240 - l2 * (1 / 6048 - l2 / 172800));
  return 1 / l2 - 0.25 / Math.sinh(l / 2) ** 2;
}

function thirdCumulant(l: number): number {
  const l2 = l * l;
  if (l2 < SMALL * SMALL) return -l * (1 / 120 - l2 * (1 / 1512 - l2 / 28800));
  return -2 / (l2 * l) + 0.25 / (Math.sinh(l / 2) ** 2 * Math.tanh(l / 2));
}

/** The x at which the distribution function is u. Written for l < 0; the rest by symmetry. */
function quantile(l: number, u: number): number {
  if (l > 0) return 1 - quantile(-l, 1 - u);
  if (l > -1e-8) return u;
  return Math.log1p(u * Math.expm1(l)) / l;
}

/** Derivative of the quantile in the logit, at fixed u. */
function quantileSlope(l: number, u: number): number {
  if (l > 0) return quantileSlope(-l, 1 - u);
  // log(1 + u (e^l - 1)) / l holds the cumulants of a coin of probability u; near 0 the first few are the derivative.
  const w = u * (1 - u);
  if (l > -1e-3) return w * (1 / 2 + l * ((1 - 2 * u) / 3 + (l * (1 - 6 * w)) / 8));
  return ((u * Math.exp(l)) / (1 + u * Math.expm1(l)) - quantile(l, u)) / l;
}

/**
 * A continuous Bernoulli of `probs` in [0, 1], or of `{ logits }`.
 * @example continuousBernoulli({ logits: decoder(z) }).toEvent(1);
 */
export const continuousBernoulli = (probs: TensorLike | ProbsOrLogits): ContinuousBernoulli =>
  new ContinuousBernoulli(isOptions<ProbsOrLogits>(probs) ? probs : { probs });
