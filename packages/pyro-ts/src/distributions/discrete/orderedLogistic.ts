/** Categories in order, of a latent number that cutpoints divide. */

import type { Shape } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import { ShapeError } from '../../errors.js';
import { type Constraint, orderedVector, real } from '../constraints.js';
import { expandedShape, type TensorLike, toTensor } from '../distribution.js';
import { Categorical } from './categorical.js';

/**
 * Category k of K where a logistic draw around `predictor` [...] falls between cutpoints k - 1 and k of `cutpoints` [..., K - 1], which increase.
 * Source: pyro.distributions.OrderedLogistic.
 */
export class OrderedLogistic extends Categorical {
  readonly predictor: tf.Tensor;
  readonly cutpoints: tf.Tensor;

  constructor(predictor: TensorLike, cutpoints: TensorLike, batchShape?: Shape) {
    const [at, cuts] = [toTensor(predictor), toTensor(cutpoints)];
    if (cuts.rank === 0) {
      throw new ShapeError('OrderedLogistic: cutpoints must have a last dimension that holds them; a number came.');
    }
    super({ logits: orderedLogits(at, cuts) }, batchShape);
    this.predictor = at;
    this.cutpoints = cuts;
  }
  override get parameters(): Record<string, tf.Tensor> {
    return { predictor: this.predictor, cutpoints: this.cutpoints };
  }
  override get argConstraints(): Record<string, Constraint> {
    return { predictor: real, cutpoints: orderedVector };
  }
  override expand(batchShape: Shape): OrderedLogistic {
    return new OrderedLogistic(this.predictor, this.cutpoints, expandedShape(this, batchShape));
  }
}

/** Log-probabilities [..., K]: log(s(b) - s(a)) = log s(b) + log s(-a) + log(1 - exp(a - b)) for the logistic function s, without cancellation. */
function orderedLogits(predictor: tf.Tensor, cutpoints: tf.Tensor): tf.Tensor {
  const cuts = cutpoints.sub(predictor.expandDims(-1));
  const axis = cuts.rank - 1;
  const between = cuts.shape[axis] - 1;
  const first = tf.slice(cuts, new Array<number>(axis + 1).fill(0), [...cuts.shape.slice(0, -1), 1]);
  const last = tf.slice(cuts, [...new Array<number>(axis).fill(0), between], [...cuts.shape.slice(0, -1), 1]);
  const below = tf.neg(tf.softplus(tf.neg(first)));
  const above = tf.neg(tf.softplus(last));
  if (between === 0) return tf.concat([below, above], axis);
  const sizes = [...cuts.shape.slice(0, -1), between];
  const low = tf.slice(cuts, new Array<number>(axis + 1).fill(0), sizes);
  const high = tf.slice(cuts, [...new Array<number>(axis).fill(0), 1], sizes);
  const inside = tf
    .log(tf.neg(tf.expm1(tf.sub(low, high))))
    .sub(tf.softplus(tf.neg(high)))
    .sub(tf.softplus(low));
  return tf.concat([below, inside, above], axis);
}

/**
 * Ordinal regression: ratings, grades, stages.
 * @example orderedLogistic(0.3, [-1, 0, 2]).probs; // of four categories
 */
export const orderedLogistic = (predictor: TensorLike, cutpoints: TensorLike): OrderedLogistic =>
  new OrderedLogistic(predictor, cutpoints);
