/** Unnormalised Gaussian functions of two vectors, and how a product of two is integrated over the vector that they share. */
import { cholesky, type Shape, triangularSolve } from '@pyro-ts/engine';
import { broadcastShapes, expandTo } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';

/**
 * log f(x, y) = logScale + info' [x, y] - [x, y]' precision [x, y] / 2 for x and y of D numbers each: precision [..., 2 D, 2 D], info [..., 2 D],
 * logScale [...].
 */
export interface PairGaussian {
  readonly precision: tf.Tensor;
  readonly info: tf.Tensor;
  readonly logScale: tf.Tensor;
}

const LOG_2PI = Math.log(2 * Math.PI);

/**
 * log of the integral of f(x, y) g(y, z) over y, as a function of x and z. `dim` is the number of entries of each. Source: pyro.ops.gaussian.gaussian_tensordot.
 */
export function integrateShared(f: PairGaussian, g: PairGaussian, dim: number): PairGaussian {
  const [fx, fy, fxy] = blocks(f.precision, dim);
  const [gy, gz, gyz] = blocks(g.precision, dim);
  const [fInfoX, fInfoY] = halves(f.info);
  const [gInfoY, gInfoZ] = halves(g.info);
  const factor = cholesky(tf.add(fy, gy));
  // The columns that belong to x, to z, and the information on y, each solved with the factor.
  const [left, right] = [transposed(fxy), gyz];
  const info = tf.expandDims(tf.add(fInfoY, gInfoY), -1);
  const solved = triangularSolve(factor, joined([left, right, info], -1));
  const ends = part(solved, -1, 0, 2 * dim);
  const middle = part(solved, -1, 2 * dim, 1);
  const zero = tf.zerosLike(fxy);
  const precision = tf.sub(
    joined([joined([fx, zero], -1), joined([zero, gz], -1)], -2),
    tf.matMul(transposed(ends), ends),
  );
  const newInfo = tf.sub(joined([fInfoX, gInfoZ], -1), tf.squeeze(tf.matMul(transposed(ends), middle), [-1]));
  return {
    precision,
    info: newInfo,
    logScale: tf.addN([
      ...alike([
        tf.add(f.logScale, g.logScale),
        tf.mul(tf.sum(tf.square(middle), [-2, -1]), 0.5),
        tf.add(tf.neg(logDeterminant(factor)), 0.5 * dim * LOG_2PI),
      ]),
    ]),
  };
}

/** log of the integral of exp(info' v - v' precision v / 2) over v: precision [..., D, D], info [..., D]. */
export function logIntegral(precision: tf.Tensor, info: tf.Tensor): tf.Tensor {
  const factor = cholesky(precision);
  const solved = triangularSolve(factor, tf.expandDims(info, -1));
  const half = tf.mul(tf.sum(tf.square(solved), [-2, -1]), 0.5);
  return tf.add(tf.sub(half, logDeterminant(factor)), 0.5 * info.shape[info.rank - 1] * LOG_2PI);
}

/** The product, in order, of all functions along the last batch dimension, each sharing a vector with the next: neighbours at once, until one is left. */
export function integrateAll(steps: PairGaussian, dim: number): PairGaussian {
  let all = steps;
  const at = (x: PairGaussian, from: number, size: number, stride = 1): PairGaussian => ({
    precision: every(x.precision, -3, from, size, stride),
    info: every(x.info, -2, from, size, stride),
    logScale: every(x.logScale, -1, from, size, stride),
  });
  const timeOf = (x: PairGaussian) => x.logScale.shape[x.logScale.rank - 1];
  for (let length = timeOf(all); length > 1; length = timeOf(all)) {
    const half = Math.floor(length / 2);
    const pairs = integrateShared(at(all, 0, half, 2), at(all, 1, half, 2), dim);
    if (length % 2 === 0) {
      all = pairs;
      continue;
    }
    const last = at(all, length - 1, 1);
    all = {
      precision: tf.concat([pairs.precision, last.precision], -3),
      info: tf.concat([pairs.info, last.info], -2),
      logScale: tf.concat([pairs.logScale, last.logScale], -1),
    };
  }
  return {
    precision: tf.squeeze(all.precision, [all.precision.rank - 3]),
    info: tf.squeeze(all.info, [all.info.rank - 2]),
    logScale: tf.squeeze(all.logScale, [all.logScale.rank - 1]),
  };
}

/** The last two dimensions exchanged. */
export const transposed = (a: tf.Tensor): tf.Tensor => {
  const order = a.shape.map((_, i) => i);
  return tf.transpose(a, [...order.slice(0, -2), a.rank - 1, a.rank - 2]);
};

export function joined(parts: readonly tf.Tensor[], axis: -1 | -2): tf.Tensor {
  const rank = Math.max(...parts.map((x) => x.rank));
  const common: number[] = new Array<number>(rank).fill(1);
  const sizes = parts.map((x) => [...new Array<number>(rank - x.rank).fill(1), ...x.shape]);
  for (const size of sizes)
    for (let i = 0; i < rank; i++) if (i !== rank + axis) common[i] = Math.max(common[i], size[i]);
  return tf.concat(
    parts.map((x, k) =>
      expandTo(
        x,
        common.map((n, i) => (i === rank + axis ? sizes[k][i] : n)),
      ),
    ),
    rank + axis,
  );
}

/** log of the product of the diagonal of a triangular matrix: half the log determinant of what it is the factor of. */
export const logDeterminant = (factor: tf.Tensor): tf.Tensor => {
  const n = factor.shape[factor.rank - 1];
  return tf.sum(tf.log(tf.sum(tf.mul(factor, tf.eye(n)), -1)), -1);
};

const alike = (parts: readonly tf.Tensor[]): tf.Tensor[] => {
  const shape = broadcastShapes(...parts.map((x) => x.shape)) as Shape;
  return parts.map((x) => expandTo(x, shape));
};
const part = (x: tf.Tensor, axis: number, from: number, size: number): tf.Tensor => {
  const at = x.rank + axis;
  const shape = x.shape.map((n, i) => (i === at ? size : n));
  return tf.slice(
    x,
    shape.map((_, i) => (i === at ? from : 0)),
    shape,
  );
};
/** Every `stride`-th of `size` entries along an axis; by a reshape and a slice, which have gradients that every engine computes in place. */
function every(x: tf.Tensor, axis: number, from: number, size: number, stride: number): tf.Tensor {
  if (stride === 1) return part(x, axis, from, size);
  const at = x.rank + axis;
  const even = part(x, axis, 0, size * stride);
  const [left, right] = [x.shape.slice(0, at), x.shape.slice(at + 1)];
  const pairs = tf.reshape(even, [...left, size, stride, ...right]);
  return tf.squeeze(part(pairs, at + 1 - pairs.rank, from, 1), [at + 1]);
}
const halves = (info: tf.Tensor): [tf.Tensor, tf.Tensor] => {
  const dim = info.shape[info.rank - 1] / 2;
  return [part(info, -1, 0, dim), part(info, -1, dim, dim)];
};
/** The blocks of x, of y, and of x with y. */
const blocks = (precision: tf.Tensor, dim: number): [tf.Tensor, tf.Tensor, tf.Tensor] => {
  const [top, bottom] = [part(precision, -2, 0, dim), part(precision, -2, dim, dim)];
  return [part(top, -1, 0, dim), part(bottom, -1, dim, dim), part(top, -1, dim, dim)];
};
