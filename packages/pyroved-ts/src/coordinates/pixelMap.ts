/** Coordinate transforms in pixel units, for resampling images. */
import type { PixelMap } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { type PoseTensors, rotationMatrix } from './transform.js';

/**
 * The map by which `affineSample` transforms images to upright, given the angle and the shift of each: the pixel at u
 * is that of the image at the point that the pose maps to u. Leading dimensions [...] of the pose become rows.
 * @param shape [height, width] or [length]
 */
export function uprightMap({ angle, shift }: Pick<PoseTensors, 'angle' | 'shift'>, shape: readonly number[]): PixelMap {
  const dims = shape.length;
  const rows = (angle ?? (shift as tf.Tensor)).size / (angle ? 2 : dims);
  // g R + t = u, so g = (u - t) R^-1.
  const back = angle
    ? rotationMatrix(tf.mul(tf.reshape(angle, [rows, 2]), [1, -1]))
    : tf.tile(unit(dims), [rows, 1, 1]);
  const start = shift
    ? tf.neg(tf.squeeze(tf.matMul(tf.reshape(shift, [rows, 1, dims]), back), [1]))
    : tf.zeros([rows, dims]);
  return inPixels(back, start, shape);
}

const unit = (dims: number): tf.Tensor => tf.expandDims(tf.eye(dims), 0);

/**
 * g M + s in grid coordinates as a map of pixel positions: a row's coordinate grows with its index, a column's falls.
 */
function inPixels(matrix: tf.Tensor, start: tf.Tensor, shape: readonly number[]): PixelMap {
  const half = shape.map((n) => Math.max(n - 1, 1) / 2);
  const sign = shape.length === 2 ? [1, -1] : [-1];
  // Grid coordinate of pixel p along an axis: sign (p / half - 1). So p' = half (1 + sign g').
  const into = tf.tensor(
    half.flatMap((from, i) => half.map((to, j) => (sign[i] * sign[j] * to) / from)),
    [1, shape.length, shape.length],
  );
  const first = tf.tensor2d(
    sign.map((s) => -s),
    [1, shape.length],
  );
  const origin = tf.add(
    tf.squeeze(tf.matMul(tf.tile(tf.expandDims(first, 0), [matrix.shape[0], 1, 1]), matrix), [1]),
    start,
  );
  return {
    matrix: tf.mul(matrix, into),
    offset: tf.mul(tf.add(tf.mul(origin, sign), 1), half),
  };
}
