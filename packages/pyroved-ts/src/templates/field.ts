/** The smooth deformation field of the pictures: its space of displacements and its bending energy. */
import * as tf from '@tensorflow/tfjs';

/**
 * Orthonormal basis [3, 2 * grid * grid] of the rotation and the shifts of a grid of displacements [2 * grid * grid],
 * horizontal, then vertical.
 */
function rigidMoves(grid: number): tf.Tensor2D {
  const points = grid * grid;
  const at = (i: number): number => (2 * i) / (grid - 1) - 1;
  const [across, down, turn] = [0, 1, 2].map(() => new Float32Array(2 * points));
  for (let row = 0; row < grid; row++) {
    for (let column = 0; column < grid; column++) {
      const i = row * grid + column;
      across[i] = 1;
      down[points + i] = 1;
      turn[i] = -at(row);
      turn[points + i] = at(column);
    }
  }
  const rows = [across, down, turn].flatMap((move) => {
    const norm = Math.hypot(...move);
    return Array.from(move, (v) => v / norm);
  });
  return tf.tensor2d(rows, [3, 2 * points]);
}

/**
 * Projects shifts and, to first order, the rotation of all control points out of a field [C, 2, grid, grid], so that
 * the content cannot represent the pose.
 */
export function withoutPose(field: tf.Tensor4D): tf.Tensor4D {
  const [contents, axes, grid] = field.shape;
  const flat = tf.reshape(field, [contents, axes * grid * grid]) as tf.Tensor2D;
  const moves = rigidMoves(grid);
  const own = tf.sub(flat, tf.matMul(tf.matMul(flat, tf.transpose(moves)), moves));
  return tf.reshape(own, field.shape);
}

/**
 * Second differences of fields [n, 2, grid, grid] along both axes and across them, [n, m]: zero for every affine map.
 * The sum of their squares is proportional to the bending energy of a thin plate.
 */
export function bendingOf(field: tf.Tensor4D): tf.Tensor2D {
  const [count, , grid] = field.shape;
  const part = (row: number, column: number, height: number, width: number): tf.Tensor =>
    tf.slice(field, [0, 0, row, column], [count, 2, height, width]);
  const second = (a: tf.Tensor, b: tf.Tensor, c: tf.Tensor): tf.Tensor => tf.add(tf.sub(a, tf.mul(b, 2)), c);
  const [inner, most] = [grid - 2, grid - 1];
  const parts = [
    ...(inner > 0
      ? [
          second(part(0, 0, grid, inner), part(0, 1, grid, inner), part(0, 2, grid, inner)),
          second(part(0, 0, inner, grid), part(1, 0, inner, grid), part(2, 0, inner, grid)),
        ]
      : []),
    tf.mul(
      Math.SQRT2,
      tf.add(
        tf.sub(part(1, 1, most, most), part(1, 0, most, most)),
        tf.sub(part(0, 0, most, most), part(0, 1, most, most)),
      ),
    ),
  ];
  return tf.concat(
    parts.map((t) => tf.reshape(t, [count, -1])),
    1,
  ) as tf.Tensor2D;
}

/** Number of second differences of a field of `grid` x `grid` control points. */
export const differencesOf = (grid: number): number => 2 * (2 * grid * (grid - 2) + (grid - 1) ** 2);
