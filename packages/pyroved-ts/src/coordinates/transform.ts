/**
 * Poses as coordinate transforms, and how a coordinate transform is folded into the first layer of a coordinate
 * network.
 */

import { dense } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';

/** A pose for each row of a batch (leading dimensions ...). Absent parts are the identity. */
export interface PoseTensors {
  /** Cosine and sine of the angle by which the object is rotated counter-clockwise, [..., 2]. */
  readonly angle?: tf.Tensor;
  /** Factor of the coordinates, [..., 1], or [..., d] with one per axis; above 1 the object appears smaller. */
  readonly scale?: tf.Tensor;
  /** Added to the coordinates, [..., d]. */
  readonly shift?: tf.Tensor;
  /**
   * For images, two numbers (a, b), [..., 2]: the rotated and scaled coordinates are multiplied by the symmetric matrix
   * [[w + a, b], [b, w - a]] of determinant 1, with w = sqrt(1 + a^2 + b^2). It is the part of a linear map besides
   * rotation and scale (polar decomposition). An upright object appears lower and wider for a > 0, and stretched along
   * the diagonal from the upper left to the lower right for b > 0. The inverse is (-a, -b).
   */
  readonly shear?: tf.Tensor;
}

/** g' = g M + t for row vectors g, one M and t for each row of a batch. Absent parts are the identity. */
export interface CoordinateTransform {
  /** M, [..., d, d]. */
  readonly matrix?: tf.Tensor;
  /** t, [..., d]. */
  readonly shift?: tf.Tensor;
}

/**
 * The pose as a change of coordinates: rotate, scale, shear, then shift. Only the shift applies to signals.
 * @see `pyroved.utils.transform_coordinates`, which has no shear
 * @example
 * const pose = poseTransform({ angle: directionOf(tf.tensor1d([0.3])), shift: tf.tensor2d([[0.1, 0]]) });
 * const points = transformGrid(coordinateGrid([8, 8]), pose); // [1, 64, 2]
 */
export function poseTransform({ angle, scale, shift, shear }: PoseTensors): CoordinateTransform {
  const turned = angle && rotationMatrix(angle);
  const matrix = scale ? tf.mul(turned ?? tf.eye(2), tf.expandDims(scale, -2)) : turned;
  if (!shear) return { matrix, shift };
  const symmetric = shearMatrix(shear);
  return { matrix: matrix ? matMul2x2(matrix, symmetric) : symmetric, shift };
}

/**
 * [[w + a, b], [b, w - a]] with w = sqrt(1 + a^2 + b^2), for each (a, b) [..., 2]: [..., 2, 2]. See
 * `PoseTensors.shear`.
 */
export function shearMatrix(shear: tf.Tensor): tf.Tensor {
  const batch = shear.shape.slice(0, -1);
  const [a, b] = tf.split(shear, 2, -1);
  const w = tf.sqrt(tf.add(1, tf.sum(tf.square(shear), -1, true)));
  return tf.reshape(tf.concat([tf.add(w, a), b, b, tf.sub(w, a)], -1), [...batch, 2, 2]);
}

/** Row vectors v [..., 2] times the matrices of shears [..., 2]: [..., 2]. */
export const sheared = (v: tf.Tensor, shear: tf.Tensor): tf.Tensor =>
  tf.sum(tf.mul(tf.expandDims(v, -1), shearMatrix(shear)), -2);

/** Products of 2 x 2 matrices, whose leading dimensions broadcast. */
function matMul2x2(left: tf.Tensor, right: tf.Tensor): tf.Tensor {
  const [first, second] = tf.split(left, 2, -1);
  const [top, bottom] = tf.split(right, 2, -2);
  return tf.add(tf.mul(first, top), tf.mul(second, bottom));
}

/** [[cos, sin], [-sin, cos]] for each unit vector [..., 2] (cosine, sine): [..., 2, 2]. */
export function rotationMatrix(direction: tf.Tensor): tf.Tensor {
  const batch = direction.shape.slice(0, -1);
  const [cos, sin] = tf.split(direction, 2, -1);
  return tf.reshape(tf.concat([cos, sin, tf.neg(sin), cos], -1), [...batch, 2, 2]);
}

/**
 * Cosine and sine [..., 2] of angles [...] in radians: the form in which poses hold angles.
 * @example directionOf(tf.tensor1d([0])).arraySync() // [[1, 0]]
 */
export const directionOf = (angle: tf.Tensor): tf.Tensor => tf.stack([tf.cos(angle), tf.sin(angle)], -1);

/**
 * The points of `grid` [P, d], transformed for each row: [..., P, d].
 * @example transformGrid(coordinateGrid([4]), { shift: tf.tensor2d([[0.5]]) }).shape // [1, 4, 1]
 */
export function transformGrid(grid: tf.Tensor2D, { matrix, shift }: CoordinateTransform): tf.Tensor {
  const [points, dims] = grid.shape;
  const turned = matrix ? turnGrid(grid, matrix, points, dims) : grid;
  return shift ? tf.add(turned, tf.expandDims(shift, -2)) : turned;
}

function turnGrid(grid: tf.Tensor2D, matrix: tf.Tensor, points: number, dims: number): tf.Tensor {
  const batch = matrix.shape.slice(0, -2);
  const rows = tf.reshape(matrix, [-1, dims, dims]);
  const all = tf.tile(tf.expandDims(grid, 0), [rows.shape[0], 1, 1]);
  return tf.reshape(tf.matMul(all, rows), [...batch, points, dims]);
}

/** A coordinate layer with the pose folded in: its input to the activation at grid point g is pose g + code. */
export interface FoldedLayer {
  /** [..., H, d], without leading dimensions if the transform has no matrix. */
  readonly pose: tf.Tensor;
  /** [..., H]; undefined if the transform has no shift. */
  readonly code: tf.Tensor | undefined;
}

/**
 * Moves the transform from the coordinates into the weight W [d, H] of the first layer: (g M + t) W = g (M W) + t W. All
 * rows can then be evaluated on one shared grid.
 */
export function foldIntoLayer({ matrix, shift }: CoordinateTransform, weight: tf.Tensor2D): FoldedLayer {
  const code = shift && dense(shift, weight);
  if (!matrix) return { pose: tf.transpose(weight), code };
  const folded = dense(matrix, weight);
  const axes = folded.shape.map((_, i) => i);
  const [d, h] = axes.splice(-2);
  return { pose: tf.transpose(folded, [...axes, h, d]), code };
}
