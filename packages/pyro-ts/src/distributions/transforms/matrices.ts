/** Transforms onto triangular and onto positive definite matrices. */
import { cholesky, type Shape } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import { formatShape, ShapeError } from '../../errors.js';
import { corrCholesky, independent, lowerCholesky, positiveDefinite, real, realVector } from '../constraints.js';
import { Transform } from './transform.js';

/**
 * A real matrix [n, n] to a lower triangular one with a positive diagonal: what is below the diagonal stays, the diagonal goes through exp,
 * the rest is dropped (so that it is not one to one). Source: torch LowerCholeskyTransform.
 * @example new LowerCholeskyTransform().forward(tf.zeros([2, 2])) // the identity
 */
export class LowerCholeskyTransform extends Transform {
  readonly domain = independent(real, 2);
  readonly codomain = lowerCholesky;
  override get isBijective(): boolean {
    return false;
  }
  forward(x: tf.Tensor): tf.Tensor {
    return expDiagonal(x);
  }
  inverse(y: tf.Tensor): tf.Tensor {
    return logDiagonal(y);
  }
}

/**
 * The n (n + 1) / 2 numbers of a lower triangle, row by row, to that matrix, with exp on its diagonal.
 * @example new LowerCholeskyVectorTransform().forward(tf.tensor1d([0, 3, 0])) // [[1, 0], [3, 1]]
 */
export class LowerCholeskyVectorTransform extends Transform {
  readonly domain = realVector;
  readonly codomain = lowerCholesky;

  forward(x: tf.Tensor): tf.Tensor {
    const shape = this.forwardShape(x.shape);
    return expDiagonal(placed(x, scatter(shape[shape.length - 1])).reshape(shape));
  }
  inverse(y: tf.Tensor): tf.Tensor {
    const n = y.shape[y.rank - 1];
    const flat = logDiagonal(y).reshape([...y.shape.slice(0, -2), n * n]);
    return placed(flat, tf.transpose(scatter(n)) as tf.Tensor2D);
  }
  override logAbsDetJacobian(x: tf.Tensor): tf.Tensor {
    const n = this.forwardShape(x.shape)[x.rank];
    const isDiagonal = new Float32Array((n * (n + 1)) / 2);
    for (let i = 0; i < n; i++) isDiagonal[(i * (i + 3)) / 2] = 1;
    return x.mul(tf.tensor1d(isDiagonal)).sum(-1);
  }
  override forwardShape(shape: Shape): number[] {
    const size = shape[shape.length - 1];
    const n = (Math.sqrt(8 * size + 1) - 1) / 2;
    if (Number.isInteger(n)) return [...shape.slice(0, -1), n, n];
    throw new ShapeError(
      `LowerCholeskyVectorTransform: a vector of ${size} numbers is no lower triangle; n (n + 1) / 2 are needed. The shape is ${formatShape(shape)}.`,
    );
  }
  override inverseShape(shape: Shape): number[] {
    const n = shape[shape.length - 1];
    return [...shape.slice(0, -2), (n * (n + 1)) / 2];
  }
}

/**
 * The lower triangular factor L of a positive definite matrix to that matrix, L L'.
 * @example new CholeskyProductTransform().forward(tf.tensor2d([[1, 0], [3, 1]])) // [[1, 3], [3, 10]]
 */
export class CholeskyProductTransform extends Transform {
  readonly domain = lowerCholesky;
  readonly codomain = positiveDefinite;
  forward(x: tf.Tensor): tf.Tensor {
    return tf.matMul(x, x, false, true);
  }
  inverse(y: tf.Tensor): tf.Tensor {
    return cholesky(y);
  }
  /** n log 2 and, for the i-th of n rows, n - i times the log of its diagonal entry. */
  override logAbsDetJacobian(x: tf.Tensor): tf.Tensor {
    const n = x.shape[x.rank - 1];
    const powers = tf.tensor1d(Array.from({ length: n }, (_, i) => n - i));
    return x
      .mul(tf.eye(n))
      .sum(-1)
      .log()
      .mul(powers)
      .sum(-1)
      .add(n * Math.LN2);
  }
}

/**
 * n (n - 1) / 2 real numbers to the Cholesky factor of an n x n correlation matrix: their hyperbolic tangents, row by row below the diagonal, are the
 * partial correlations, and each takes its share of what those before it in the row leave of the length 1. Source: torch CorrCholeskyTransform.
 * @example new CorrCholeskyTransform().forward(tf.tensor1d([0])) // [[1, 0], [0, 1]]
 */
export class CorrCholeskyTransform extends Transform {
  readonly domain = realVector;
  readonly codomain = corrCholesky;

  forward(x: tf.Tensor): tf.Tensor {
    const { numbers, left, n } = this.parts(x);
    return tf.mul(tf.add(tf.tanh(numbers), tf.eye(n)), tf.exp(tf.mul(left, 0.5)));
  }
  inverse(y: tf.Tensor): tf.Tensor {
    const n = y.shape[y.rank - 1];
    // What is left of a row's length 1 is what follows; nothing cancels.
    const left = placed(tf.square(y), tf.linalg.bandPart(tf.ones([n, n]), -1, 0) as tf.Tensor2D);
    const below = belowDiagonal(tf.ones([n, n]));
    const correlations = tf.mul(tf.div(y, tf.sqrt(tf.add(left, tf.sub(1, below)))), below);
    const flat = tf.atanh(correlations).reshape([...y.shape.slice(0, -2), n * n]);
    return placed(flat, tf.transpose(scatterBelow(n)) as tf.Tensor2D);
  }
  override logAbsDetJacobian(x: tf.Tensor): tf.Tensor {
    const { logs, left, n } = this.parts(x);
    const below = belowDiagonal(tf.ones([n, n]));
    return tf.sum(tf.mul(tf.add(logs, tf.mul(left, 0.5)), below), [-2, -1]);
  }
  override forwardShape(shape: Shape): number[] {
    const size = shape[shape.length - 1];
    const n = (Math.sqrt(8 * size + 1) + 1) / 2;
    if (Number.isInteger(n)) return [...shape.slice(0, -1), n, n];
    throw new ShapeError(
      `CorrCholeskyTransform: a vector of ${size} numbers makes no correlation matrix; n (n - 1) / 2 are needed. The shape is ${formatShape(shape)}.`,
    );
  }
  override inverseShape(shape: Shape): number[] {
    const n = shape[shape.length - 1];
    return [...shape.slice(0, -2), (n * (n - 1)) / 2];
  }

  /** The numbers below the diagonal, log(1 - tanh(x)^2) of each, and log of the squared length that those before an entry leave of its row. */
  private parts(x: tf.Tensor) {
    const shape = this.forwardShape(x.shape);
    const n = shape[shape.length - 1];
    const numbers = placed(x, scatterBelow(n)).reshape(shape);
    const logs = tf.mul(tf.sub(Math.LN2, tf.add(numbers, tf.softplus(tf.mul(numbers, -2)))), 2);
    const before = tf.transpose(belowDiagonal(tf.ones([n, n]))) as tf.Tensor2D;
    return { numbers, logs, left: placed(tf.mul(logs, belowDiagonal(tf.ones([n, n]))), before), n };
  }
}

/** `x` with zeros above its diagonal and the exponential of its diagonal. */
function expDiagonal(x: tf.Tensor): tf.Tensor {
  const eye = tf.eye(x.shape[x.rank - 1]);
  return belowDiagonal(x).add(tf.exp(x.mul(eye)).mul(eye));
}
/** `x` with zeros above its diagonal and the logarithm of its diagonal. */
function logDiagonal(x: tf.Tensor): tf.Tensor {
  const eye = tf.eye(x.shape[x.rank - 1]);
  return belowDiagonal(x).add(tf.log(x.mul(eye).add(tf.sub(1, eye))));
}
function belowDiagonal(x: tf.Tensor): tf.Tensor {
  const n = x.shape[x.rank - 1];
  return x.mul(tf.linalg.bandPart(tf.ones([n, n]), -1, 0).sub(tf.eye(n)));
}

/** Ones that send the numbers of a lower triangle, row by row, to their places in a flattened matrix: [n (n + 1) / 2, n n]. */
function scatter(n: number): tf.Tensor2D {
  const places = Array.from({ length: n }, (_, i) => Array.from({ length: i + 1 }, (_, j) => i * n + j)).flat();
  return tf.cast(tf.oneHot(places, n * n), 'float32') as tf.Tensor2D;
}
/** Ones that send the numbers below the diagonal, row by row, to their places in a flattened matrix: [n (n - 1) / 2, n n]. */
function scatterBelow(n: number): tf.Tensor2D {
  const places = Array.from({ length: n }, (_, i) => Array.from({ length: i }, (_, j) => i * n + j)).flat();
  return tf.cast(tf.oneHot(places, n * n), 'float32') as tf.Tensor2D;
}
/** x m for each vector x [..., k]. */
function placed(x: tf.Tensor, m: tf.Tensor2D): tf.Tensor {
  const [inputs, outputs] = m.shape;
  return tf.matMul(x.reshape([-1, inputs]) as tf.Tensor2D, m).reshape([...x.shape.slice(0, -1), outputs]);
}
