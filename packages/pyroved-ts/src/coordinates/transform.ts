/**
 * Poses as changes of coordinates, and how a change of coordinates is folded into the first layer of a coordinate
 * network.
 */

import { dense } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';

/** A pose for each row of a batch (leading dimensions ...). A part that is absent changes nothing. */
export interface PoseTensors {
  /** [..., 2]: cosine and sine of the angle. The object is seen turned by it, counter-clockwise. */
  readonly angle?: tf.Tensor;
  /** [..., 1], or [..., d] for one factor an axis; above 1 the object is seen smaller. */
  readonly scale?: tf.Tensor;
  /** [..., d]: added to the coordinates. */
  readonly shift?: tf.Tensor;
  /**
   * [..., 2], for images: numbers (a, b) by which the coordinates, rotated and scaled, are multiplied with the
   * symmetric matrix [[w + a, b], [b, w - a]] of determinant 1, w = sqrt(1 + a^2 + b^2). It is what a linear map has
   * besides a rotation and a scale (polar decomposition), so it changes neither. Above 0, a: the object is seen lower
   * and wider; b: stretched along the diagonal from the upper left to the lower right while it is upright. The inverse
   * has (-a, -b).
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
 * Rotate, scale, shear, then shift; source (without shear): `pyroved.utils.transform_coordinates`. All but the shift
 * are for images (d = 2).
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

/** Cosine and sine [..., 2] of angles [...] in radians. */
export const directionOf = (angle: tf.Tensor): tf.Tensor => tf.stack([tf.cos(angle), tf.sin(angle)], -1);

/** The points of `grid` [P, d], transformed for each row: [..., P, d]. */
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

/** A coordinate layer in which the pose is folded: the layer's sum at grid point g is pose g + code. */
export interface FoldedLayer {
  /** [..., H, d], without leading dimensions where the transform has no matrix. */
  readonly pose: tf.Tensor;
  /** [..., H]; undefined where the transform has no shift. */
  readonly code: tf.Tensor | undefined;
}

/**
 * Moves the transform from the coordinates into the weight W [d, H] of the layer that reads them: (g M + t) W = g (M W)
 * + t W. The network is then asked at one shared grid, however each row is turned.
 */
export function foldIntoLayer({ matrix, shift }: CoordinateTransform, weight: tf.Tensor2D): FoldedLayer {
  const code = shift && dense(shift, weight);
  if (!matrix) return { pose: tf.transpose(weight), code };
  const folded = dense(matrix, weight);
  const axes = folded.shape.map((_, i) => i);
  const [d, h] = axes.splice(-2);
  return { pose: tf.transpose(folded, [...axes, h, d]), code };
}
