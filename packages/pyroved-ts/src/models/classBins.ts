/** Pairs of a class and a bin of the angle, which recognition decides on together: one-hot rows [..., V * K], bin after bin. */
import * as tf from '@tensorflow/tfjs';
import { directionOf } from '../coordinates/index.js';

/** The pairs of V bins, whose centres are the angles of the views, and K classes. */
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

  /** [B, V, K, ...] as pairs [B, V * K, ...]. */
  flat(t: tf.Tensor): tf.Tensor {
    return tf.reshape(t, [t.shape[0], this.count, ...t.shape.slice(3)]);
  }

  /** Entries [B, V, K, n] of one-hot pairs [..., B, V * K]: [..., B, n]. */
  entry(t: tf.Tensor, pair: tf.Tensor): tf.Tensor {
    return tf.sum(tf.mul(tf.expandDims(pair, -1), this.flat(t)), -2);
  }

  /** One-hot pairs [..., V * K] of bins [..., V] and classes [..., K]. */
  pairs(bin: tf.Tensor, y: tf.Tensor): tf.Tensor {
    const both = tf.mul(tf.expandDims(bin, -1), tf.expandDims(y, -2));
    return tf.reshape(both, [...both.shape.slice(0, -2), this.count]);
  }

  /** The class of one-hot pairs [..., V * K]: [..., K]. */
  classOf(pair: tf.Tensor): tf.Tensor {
    return tf.sum(this.apart(pair), -2);
  }

  /** The angle of the view of one-hot pairs [..., V * K]: [...]. */
  viewAngle(pair: tf.Tensor): tf.Tensor {
    return tf.sum(tf.mul(tf.sum(this.apart(pair), -1), tf.tensor1d([...this.angles])), -1);
  }

  /** The bin of angles [B] in radians, one-hot [B, V]. */
  binOf(angle: tf.Tensor): tf.Tensor {
    const { length } = this.angles;
    return tf.cast(tf.oneHot(tf.argMax(this.logits(directionOf(angle)), -1), length), 'float32');
  }

  /** Logits of p(bin | angle) for directions [..., 2], [..., V]: a bump around each bin's centre. */
  logits(direction: tf.Tensor): tf.Tensor {
    const { angles } = this;
    const centres = tf.tensor2d(
      angles.flatMap((a) => [Math.cos(a), Math.sin(a)]),
      [angles.length, 2],
    );
    const bump = Math.abs(angles[1] - angles[0]) / 2;
    return tf.div(tf.sum(tf.mul(tf.expandDims(direction, -2), centres), -1), bump ** 2);
  }

  /** [..., V, K] */
  private apart(pair: tf.Tensor): tf.Tensor {
    return tf.reshape(pair, [...pair.shape.slice(0, -1), this.angles.length, this.numClasses]);
  }
}

/**
 * Logits of the class [B, K] from those of pairs [B, V + W, K]: the mean of the probabilities that the first V views and the W between them give.
 * An object halfway between two views is seen upright by one of the others.
 */
export function meanOfTwo(pairs: tf.Tensor, views: number): tf.Tensor {
  const between = (pairs.shape[1] as number) - views;
  if (between === 0) return tf.logSumExp(pairs, 1);
  const found = tf.split(pairs, [views, between], 1).map((half) => tf.logSoftmax(tf.logSumExp(half, 1)));
  return tf.logSumExp(tf.stack(found), 0);
}
