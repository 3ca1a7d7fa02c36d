/** Grids and transforms against `pyroved.utils.generate_grid` and `transform_coordinates`. */
import * as tf from '@tensorflow/tfjs';
import { coordinateGrid, directionOf, poseTransform, transformGrid } from 'pyroved-ts';
import { foldIntoLayer } from 'pyroved-ts/internal';
import { expect, test } from 'vitest';
import { expectClose, fixture, type Nested } from './helpers.js';

interface Case {
  readonly grid: 'grid_2x3' | 'grid_3x3';
  readonly phi: number[];
  readonly dx: number[][];
  readonly scale: number[];
  readonly out: number[][][];
  readonly note: string;
}
interface Coords {
  readonly grid_2x3: Nested;
  readonly grid_3x3: Nested;
  readonly grid_1d_4: Nested;
  readonly cases: readonly Case[];
}
const figures = fixture<Coords>('pyrovedCoords');
const shapes = { grid_2x3: [2, 3], grid_3x3: [3, 3] };

test('grids', () => {
  expectClose(coordinateGrid([2, 3]), figures.grid_2x3, 1e-6);
  expectClose(coordinateGrid([3, 3]), figures.grid_3x3, 1e-6);
  expectClose(coordinateGrid([4]), figures.grid_1d_4, 1e-6);
});

/** The original drops the rotation where a batch's angles add up to 0; here is what the rotation is. */
function exact({ phi, out, note }: Case, grid: readonly (readonly number[])[]): Nested {
  if (!note.includes('sum(phi)==0')) return out;
  return phi.map((f) => {
    const [c, s] = [Math.cos(f), Math.sin(f)];
    return grid.map(([a, b]) => [a * c - b * s, a * s + b * c]);
  });
}

const poseOf = ({ phi, dx, scale }: Case) => ({
  angle: directionOf(tf.tensor1d(phi)),
  scale: tf.tensor2d(scale, [scale.length, 1]),
  shift: tf.tensor2d(dx),
});

test.each(figures.cases.map((c, i) => ({ ...c, i })))('case $i: rotate, scale, shift', (c) => {
  const expected = exact(c, figures[c.grid] as number[][]);
  const transform = poseTransform(poseOf(c));
  expectClose(transformGrid(coordinateGrid(shapes[c.grid]), transform), expected, 1e-6);
});

test.each(figures.cases.map((c, i) => ({ ...c, i })))('case $i: the pose folded into a layer', (c) => {
  const weight = tf.tensor2d([0.3, -1.2, 0.7, 0.5, 0.9, -0.4], [2, 3]);
  const transform = poseTransform(poseOf(c));
  const grid = coordinateGrid(shapes[c.grid]);
  const { pose, code } = foldIntoLayer(transform, weight);
  const rows = c.phi.length;
  const points = grid.shape[0];
  const asked = tf.reshape(tf.matMul(transformGrid(grid, transform).reshape([rows * points, 2]), weight), [
    rows,
    points,
    3,
  ]);
  const folded = tf.add(
    tf.matMul(grid.expandDims(0).tile([rows, 1, 1]), pose, false, true),
    (code as tf.Tensor).expandDims(1),
  );
  expectClose(folded, asked.arraySync() as Nested, 1e-5);
});

test('without an angle there is no rotation matrix, and a shift alone moves the grid', () => {
  const shift = tf.tensor2d([[0.1, -0.2]]);
  const transform = poseTransform({ shift });
  expect(transform.matrix).toBeUndefined();
  const moved = (figures.grid_2x3 as number[][]).map(([a, b]) => [a + 0.1, b - 0.2]);
  expectClose(transformGrid(coordinateGrid([2, 3]), transform), [moved], 1e-6);
});
