/** Transforms onto vectors of probabilities. */
import type { Shape } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import { realVector, simplex } from '../constraints.js';
import { Transform } from './transform.js';

/**
 * y = softmax(x) over the last dimension; not one to one, since a constant may be added to x. Source: torch SoftmaxTransform.
 * @example new SoftmaxTransform().forward(tf.tensor1d([0, 0])) // [0.5, 0.5]
 */
export class SoftmaxTransform extends Transform {
  readonly domain = realVector;
  readonly codomain = simplex;
  override get isBijective(): boolean {
    return false;
  }
  forward(x: tf.Tensor): tf.Tensor {
    return tf.softmax(x);
  }
  inverse(y: tf.Tensor): tf.Tensor {
    return tf.log(y);
  }
}

/**
 * K - 1 real numbers to K probabilities: each takes the share sigmoid(x_i - log(K - 1 - i)) of what is left of a stick, so that zeros give
 * equal parts. Computed from log-probabilities. Source: torch StickBreakingTransform.
 * @example new StickBreakingTransform().forward(tf.tensor1d([0, 0])) // [1/3, 1/3, 1/3]
 */
export class StickBreakingTransform extends Transform {
  readonly domain = realVector;
  readonly codomain = simplex;

  forward(x: tf.Tensor): tf.Tensor {
    const t = x.sub(logOffsets(x.shape[x.rank - 1]));
    const left = tf.cumsum(tf.softplus(t), t.rank - 1).neg();
    const edge = tf.zeros([...x.shape.slice(0, -1), 1]);
    const logShare = tf.concat([tf.softplus(t.neg()).neg(), edge], -1);
    return tf.exp(logShare.add(tf.concat([edge, left], -1)));
  }
  inverse(y: tf.Tensor): tf.Tensor {
    const n = y.shape[y.rank - 1] - 1;
    const start = y.shape.map(() => 0);
    const size = [...y.shape.slice(0, -1), n];
    const left = tf.cumsum(y, y.rank - 1, true, true).slice(start, size);
    return tf.log(y.slice(start, size)).sub(tf.log(left)).add(logOffsets(n));
  }
  override logAbsDetJacobian(x: tf.Tensor): tf.Tensor {
    const t = x.sub(logOffsets(x.shape[x.rank - 1]));
    const taken = tf.softplus(t);
    return taken
      .add(tf.softplus(t.neg()))
      .add(tf.cumsum(taken, taken.rank - 1, true))
      .sum(-1)
      .neg();
  }
  override forwardShape(shape: Shape): number[] {
    return [...shape.slice(0, -1), shape[shape.length - 1] + 1];
  }
  override inverseShape(shape: Shape): number[] {
    return [...shape.slice(0, -1), shape[shape.length - 1] - 1];
  }
}

/** log n, log (n - 1), ..., log 1. */
const logOffsets = (n: number) => tf.tensor1d(Array.from({ length: n }, (_, i) => Math.log(n - i)));
