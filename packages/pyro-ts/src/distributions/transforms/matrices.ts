/** Transforms onto matrices. */
import * as tf from '@tensorflow/tfjs';
import { independent, lowerCholesky, real } from '../constraints.js';
import { Transform } from './transform.js';

/**
 * A real matrix [n, n] to a lower triangular one with a positive diagonal: what is below the diagonal stays, the diagonal goes through exp,
 * the rest is dropped. The Jacobian is that of the n (n + 1) / 2 entries that matter. Source: torch LowerCholeskyTransform.
 */
export class LowerCholeskyTransform extends Transform {
  readonly domain = independent(real, 2);
  readonly codomain = lowerCholesky;
  forward(x: tf.Tensor): tf.Tensor {
    const eye = tf.eye(x.shape[x.rank - 1]);
    return belowDiagonal(x).add(tf.exp(x.mul(eye)).mul(eye));
  }
  inverse(y: tf.Tensor): tf.Tensor {
    const eye = tf.eye(y.shape[y.rank - 1]);
    return belowDiagonal(y).add(tf.log(y.mul(eye).add(tf.sub(1, eye))));
  }
  override logAbsDetJacobian(x: tf.Tensor): tf.Tensor {
    return x.mul(tf.eye(x.shape[x.rank - 1])).sum([-2, -1]);
  }
}

/** `x` with zeros on and above its diagonal. */
function belowDiagonal(x: tf.Tensor): tf.Tensor {
  const n = x.shape[x.rank - 1];
  return x.mul(tf.linalg.bandPart(tf.ones([n, n]), -1, 0).sub(tf.eye(n)));
}
