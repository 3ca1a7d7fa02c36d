/** Transforms onto ordered vectors and onto the sphere. */
import { customGrad } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import { orderedVector, realVector, sphere } from '../constraints.js';
import { Transform } from './transform.js';

/**
 * The first entry stays, each further one is the one before plus exp(x_i). Source: pyro.distributions.transforms.OrderedTransform.
 * @example new OrderedTransform().forward(tf.tensor1d([2, 0, 0])) // [2, 3, 4]
 */
export class OrderedTransform extends Transform {
  readonly domain = realVector;
  readonly codomain = orderedVector;
  forward(x: tf.Tensor): tf.Tensor {
    const { first, rest } = splitFirst(x);
    return tf.cumsum(tf.concat([first, tf.exp(rest)], -1), x.rank - 1);
  }
  inverse(y: tf.Tensor): tf.Tensor {
    const { first, rest } = splitFirst(y);
    const before = y.slice(
      y.shape.map(() => 0),
      rest.shape,
    );
    return tf.concat([first, tf.log(rest.sub(before))], -1);
  }
  override logAbsDetJacobian(x: tf.Tensor): tf.Tensor {
    return splitFirst(x).rest.sum(-1);
  }
}

function splitFirst(x: tf.Tensor): { first: tf.Tensor; rest: tf.Tensor } {
  const [first, rest] = tf.split(x, [1, x.shape[x.rank - 1] - 1], -1);
  return { first, rest };
}

/**
 * y = x / |x| over the last dimension; not one to one. Source: pyro.distributions.transforms.Normalize.
 * @example new NormalizeTransform().forward(tf.tensor1d([3, 4])) // [0.6, 0.8]
 */
export class NormalizeTransform extends Transform {
  readonly domain = realVector;
  readonly codomain = sphere;
  override get isBijective(): boolean {
    return false;
  }
  forward(x: tf.Tensor): tf.Tensor {
    return normalize(x);
  }
  inverse(y: tf.Tensor): tf.Tensor {
    return y.clone();
  }
}

/** Infinity and NaN are not below it. A comparison, unlike `isFinite`, can be exported. */
const LARGEST_FLOAT = 3.4028234663852886e38;

/**
 * `x` divided by its length over the last dimension. A vector of length 0 becomes the first axis, with gradient 0.
 * @example normalize(tf.tensor1d([3, 4])) // [0.6, 0.8]
 */
export function normalize(x: tf.Tensor): tf.Tensor {
  return customGrad([x], (whole) => {
    // Squares of very large or small numbers overflow or vanish.
    const largest = tf.max(tf.abs(whole), -1, true);
    const isUsual = tf.logicalOr(
      tf.logicalAnd(tf.greater(largest, 1e-15), tf.less(largest, 1e15)),
      tf.logicalNot(tf.logicalAnd(tf.lessEqual(largest, LARGEST_FLOAT), tf.greater(largest, 0))),
    );
    const factor = tf.where(isUsual, tf.onesLike(largest), largest);
    const a = tf.div(whole, factor);
    const length = tf.sqrt(tf.sum(tf.square(a), -1, true));
    const isZero = tf.equal(length, 0);
    const inverse = tf.where(isZero, tf.zerosLike(length), tf.div(1, tf.where(isZero, tf.onesLike(length), length)));
    const firstAxis = tf.oneHot(tf.scalar(0, 'int32'), a.shape[a.rank - 1]);
    const value = tf.add(tf.mul(a, inverse), tf.mul(tf.cast(isZero, 'float32'), firstAxis));
    return {
      value,
      saved: [value, tf.div(inverse, factor)],
      grad: (dy, [v, inv]) => [tf.mul(tf.sub(dy, tf.mul(v, tf.sum(tf.mul(dy, v), -1, true))), inv)],
    };
  });
}
