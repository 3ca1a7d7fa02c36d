/** The coordinate grid of an image or a signal, as in pyroVED. */
import * as tf from '@tensorflow/tfjs';
import { ShapeError } from 'pyro-ts';
import { formatShape } from 'pyro-ts/internal';

/** `n` evenly spaced numbers from `start` to `stop`, inclusive. */
export function linspace(start: number, stop: number, n: number): number[] {
  const step = n > 1 ? (stop - start) / (n - 1) : 0;
  return Array.from({ length: n }, (_, i) => start + i * step);
}

/**
 * Coordinates of the points of an image [H, W] or a signal [L]: [P, d], row major. The first coordinate of an image
 * runs from -1 (top) to 1 (bottom), the second from 1 (left) to -1 (right); that of a signal runs from 1 to -1.
 * @throws {ShapeError} when `shape` is neither [height, width] nor [length].
 * @see `pyroved.utils.generate_grid`
 * @example coordinateGrid([2, 2]).arraySync() // [[-1, 1], [-1, -1], [1, 1], [1, -1]]
 */
export function coordinateGrid(shape: readonly number[]): tf.Tensor2D {
  const points = gridPoints(shape);
  return tf.tensor2d(points, [points.length / shape.length, shape.length]);
}

/**
 * `coordinateGrid` on the host, row major.
 * @throws {ShapeError} when `shape` is neither [height, width] nor [length].
 */
export function gridPoints(shape: readonly number[]): Float32Array {
  if (shape.length === 1) return Float32Array.from(linspace(1, -1, shape[0]));
  if (shape.length !== 2) {
    throw new ShapeError(
      `The shape of a coordinate grid must be [height, width] or [length]; got ${formatShape(shape)}.`,
    );
  }
  const [rows, columns] = [linspace(-1, 1, shape[0]), linspace(1, -1, shape[1])];
  return Float32Array.from(rows.flatMap((a) => columns.flatMap((b) => [a, b])));
}
