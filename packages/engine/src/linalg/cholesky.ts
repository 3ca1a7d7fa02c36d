/** The Cholesky factor of positive definite matrices, on the host in float64, with its gradient. */

import * as tf from '@tensorflow/tfjs';
import { NotPositiveDefiniteError, OperandError } from '../errors.js';
import { customGrad } from '../ops/customGrad.js';
import { hostCall } from '../recording/hostCalls.js';
import { invertLower, type Matrix, multiply } from './host.js';

/**
 * The lower triangular L with L L' = a, for each matrix of `a` [..., n, n]; only the lower triangle of `a` is read. The gradient is symmetric
 * (Murray 2016, "Differentiation of the Cholesky decomposition"). Throws a NotPositiveDefiniteError.
 * @example cholesky(tf.tensor2d([[4, 2], [2, 5]])) // [[2, 0], [1, 2]]
 */
export function cholesky(a: tf.Tensor): tf.Tensor {
  const n = a.shape[a.rank - 1];
  if (a.rank < 2 || a.shape[a.rank - 2] !== n) {
    throw new OperandError(`cholesky needs square matrices [..., n, n]; the shape is [${a.shape}].`);
  }
  return customGrad([a], (x) => {
    let factors = new Float64Array();
    const call = { name: 'cholesky', shape: x.shape, dtype: 'float32' } as const;
    const value = hostCall({
      ...call,
      inputs: [x],
      run: ([numbers], out) => {
        factors = eachMatrix(numbers, n, factorize);
        out.set(factors);
      },
    });
    const run = ([dy]: readonly ArrayLike<number>[], out: Float32Array | Int32Array) =>
      out.set(backward(factors, dy, n));
    // The value is what fills `factors`.
    return { value, saved: [value], grad: (dy, saved) => [hostCall({ ...call, inputs: [dy, ...saved], run })] };
  });
}

/**
 * For each matrix of `a` [..., n, n], whether its lower triangle is that of a positive definite one: bool [...].
 * @example isPositiveDefinite(tf.eye(2)) // [1]
 */
export function isPositiveDefinite(a: tf.Tensor): tf.Tensor {
  const n = a.shape[a.rank - 1];
  const answers: number[] = [];
  eachMatrix(a.dataSync(), n, (m) => {
    try {
      factorize(m, n, 0);
      answers.push(1);
    } catch (error) {
      if (!(error instanceof NotPositiveDefiniteError)) throw error;
      answers.push(0);
    }
    return m;
  });
  return tf.tensor(answers, a.shape.slice(0, -2), 'bool');
}

/** `f` of each n x n matrix of `x`, in float64, one after the other. */
function eachMatrix(
  x: ArrayLike<number>,
  n: number,
  f: (m: Matrix, n: number, which: number) => Matrix,
): Float64Array<ArrayBuffer> {
  const data = Float64Array.from(x);
  for (let i = 0; i < data.length; i += n * n) data.set(f(data.subarray(i, i + n * n), n, i / (n * n)), i);
  return data;
}

/** The lower triangular L with L L' = a, of an n x n matrix of which only the lower triangle is read. Throws a NotPositiveDefiniteError that names `which`. */
export function factorize(a: Matrix, n: number, which: number): Matrix {
  const l = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * n + j];
      for (let k = 0; k < j; k++) sum -= l[i * n + k] * l[j * n + k];
      if (i === j && !(sum > 0)) {
        throw new NotPositiveDefiniteError(
          `matrix ${which} of the batch is not positive definite: its leading minor of order ${i + 1} is not positive. ` +
            'Add a small multiple of the identity, or check for rows that depend on each other.',
        );
      }
      l[i * n + j] = i === j ? Math.sqrt(sum) : sum / l[j * n + j];
    }
  }
  return l;
}

/** With P = L' dL of which the lower triangle is taken and the diagonal halved: the symmetric part of L'^-1 P L^-1. */
function backward(factors: Float64Array, dy: ArrayLike<number>, n: number): Float32Array {
  const out = new Float32Array(factors.length);
  for (let at = 0; at < factors.length; at += n * n) {
    const l = factors.subarray(at, at + n * n);
    const upstream = Float64Array.from({ length: n * n }, (_, i) => (i % n <= Math.floor(i / n) ? dy[at + i] : 0));
    const p = multiply(l, upstream, n, { transposeA: true });
    for (let i = 0; i < n; i++) {
      p[i * n + i] /= 2;
      for (let j = i + 1; j < n; j++) p[i * n + j] = 0;
    }
    const inverse = invertLower(l, n);
    const full = multiply(multiply(inverse, p, n, { transposeA: true }), inverse, n, {});
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) out[at + i * n + j] = (full[i * n + j] + full[j * n + i]) / 2;
  }
  return out;
}
