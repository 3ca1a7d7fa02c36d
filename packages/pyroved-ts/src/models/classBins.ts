/** Pairs of a class and an angle bin, which recognition infers jointly: one-hot rows [..., V * K], ordered by bin. */
import * as tf from '@tensorflow/tfjs';
import { directionOf } from '../coordinates/index.js';

/** The pairs of V bins, centred on the angles of the views, and K classes. */
export class ClassBins {
  /**
   * @param angles centres of the bins in radians, [V]
   * @param numClasses K
   */
  constructor(
    readonly angles: readonly number[],
    readonly numClasses: number,
  ) {}

  /** Number of pairs, V * K. */
  get count(): number {
    return this.angles.length * this.numClasses;
  }

  /** Reshapes [B, V, K, ...] to pairs [B, V * K, ...]. */
  flat(t: tf.Tensor): tf.Tensor {
    return tf.reshape(t, [t.shape[0], this.count, ...t.shape.slice(3)]);
  }

  /** Selects the entries of t [B, V, K, n] at one-hot pairs [..., B, V * K]: [..., B, n]. */
  entry(t: tf.Tensor, pair: tf.Tensor): tf.Tensor {
    return tf.sum(tf.mul(tf.expandDims(pair, -1), this.flat(t)), -2);
  }

  /** One-hot pairs [..., V * K] from one-hot bins [..., V] and classes [..., K]. */
  pairs(bin: tf.Tensor, y: tf.Tensor): tf.Tensor {
    const both = tf.mul(tf.expandDims(bin, -1), tf.expandDims(y, -2));
    return tf.reshape(both, [...both.shape.slice(0, -2), this.count]);
  }

  /** The one-hot classes [..., K] of one-hot pairs [..., V * K]. */
  classOf(pair: tf.Tensor): tf.Tensor {
    return tf.sum(this.split(pair), -2);
  }

  /** The view angles [...] of one-hot pairs [..., V * K], in radians. */
  viewAngle(pair: tf.Tensor): tf.Tensor {
    return tf.sum(tf.mul(tf.sum(this.split(pair), -1), tf.tensor1d([...this.angles])), -1);
  }

  /** The one-hot bins [B, V] of angles [B] in radians. */
  binOf(angle: tf.Tensor): tf.Tensor {
    const { length } = this.angles;
    return tf.cast(tf.oneHot(tf.argMax(this.logits(directionOf(angle)), -1), length), 'float32');
  }

  /** Logits [..., V] of p(bin | angle) for directions [..., 2], with one bump around the centre of each bin. */
  logits(direction: tf.Tensor): tf.Tensor {
    const { angles } = this;
    const centres = tf.tensor2d(
      angles.flatMap((a) => [Math.cos(a), Math.sin(a)]),
      [angles.length, 2],
    );
    const bump = Math.abs(angles[1] - angles[0]) / 2;
    return tf.div(tf.sum(tf.mul(tf.expandDims(direction, -2), centres), -1), bump ** 2);
  }

  /** Reshapes pairs [..., V * K] to [..., V, K]. */
  private split(pair: tf.Tensor): tf.Tensor {
    return tf.reshape(pair, [...pair.shape.slice(0, -1), this.angles.length, this.numClasses]);
  }
}

/**
 * Class logits [B, K] from pair logits [B, V + W, K]: the class probabilities of the first V views and of the W views
 * between them are averaged. An object halfway between two of the first views is upright in one of the others.
 */
export function meanOfTwo(pairs: tf.Tensor, views: number): tf.Tensor {
  const between = (pairs.shape[1] as number) - views;
  if (between === 0) return tf.logSumExp(pairs, 1);
  const found = tf.split(pairs, [views, between], 1).map((half) => tf.logSoftmax(tf.logSumExp(half, 1)));
  return tf.logSumExp(tf.stack(found), 0);
}
