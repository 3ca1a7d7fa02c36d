/** Transforms onto ordered vectors and onto the sphere. */
import * as tf from '@tensorflow/tfjs';
import { orderedVector, realVector, sphere } from '../constraints.js';
import { normalize } from '../projectedNormal.js';
import { Transform } from './transform.js';

/** The first entry stays, each further one is the one before plus exp(x_i). Source: pyro.distributions.transforms.OrderedTransform. */
export class OrderedTransform extends Transform {
  readonly domain = realVector;
  readonly codomain = orderedVector;
  forward(x: tf.Tensor): tf.Tensor {
    const { first, rest } = splitFirst(x);
    return tf.cumsum(tf.concat([first, tf.exp(rest)], -1), -1);
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

/** y = x / |x| over the last dimension; not one to one. Source: pyro.distributions.transforms.Normalize. */
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
