/** The fixed grid of coordinates on which an image or a signal lives, exactly as pyroVED lays it out. */
import * as tf from '@tensorflow/tfjs';
import { ShapeError } from 'pyro-ts';
import { formatShape } from 'pyro-ts/internal';

/** `n` numbers from `start` to `stop`, both included, at even distances. */
export function linspace(start: number, stop: number, n: number): number[] {
  const step = n > 1 ? (stop - start) / (n - 1) : 0;
  return Array.from({ length: n }, (_, i) => start + i * step);
}

/**
 * Coordinates of the points of an image [H, W] or a signal [L]: [P, d], row major. The first coordinate of an image runs from -1 (top) to 1
 * (bottom), the second from 1 (left) to -1 (right); a signal's runs from 1 to -1. Source: `pyroved.utils.generate_grid`.
 */
export function coordinateGrid(shape: readonly number[]): tf.Tensor2D {
  const points = gridPoints(shape);
  return tf.tensor2d(points, [points.length / shape.length, shape.length]);
}

/** The same numbers on the host. */
export function gridPoints(shape: readonly number[]): Float32Array {
  if (shape.length === 1) return Float32Array.from(linspace(1, -1, shape[0]));
  if (shape.length !== 2) {
    throw new ShapeError(`A coordinate grid needs [height, width] or [length], not ${formatShape(shape)}.`);
  }
  const [rows, columns] = [linspace(-1, 1, shape[0]), linspace(1, -1, shape[1])];
  return Float32Array.from(rows.flatMap((a) => columns.flatMap((b) => [a, b])));
}
