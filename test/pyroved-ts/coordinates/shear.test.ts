/** Shear as a part of the pose: its matrix, its gradient, and drawn affine maps against the pose that a model has of them. */
import * as tf from '@tensorflow/tfjs';
import { RandomStream } from 'pyro-ts';
import {
  coordinateGrid,
  directionOf,
  drawPoses,
  posedImages,
  poseTransform,
  transformGrid,
  undoPose,
} from 'pyroved-ts';
import { polarShear, polarShears, poseAt, sheared, shearMatrix } from 'pyroved-ts/internal';
import { describe, expect, test } from 'vitest';
import { expectClose, gradOf, numericGradient } from '../../numbers.js';
import { draw, ell } from '../shapes.js';

type Matrix = [number, number, number, number];
const matrixOf = (t: tf.Tensor | undefined): Matrix => Array.from((t as tf.Tensor).dataSync()) as Matrix;

describe('the matrix of a shear', () => {
  test('is the exponential of [[a, b], [b, -a]] stretched to the length asinh(r), summed as a series', () => {
    for (const [a, b] of [
      [0, 0],
      [0.2, 0],
      [0, -0.3],
      [0.4, 0.9],
      [-2, 1],
    ]) {
      const r = Math.hypot(a, b);
      const by = r > 0 ? Math.asinh(r) / r : 1;
      let term: Matrix = [1, 0, 0, 1];
      const sum = [...term];
      for (let k = 1; k < 40; k++) {
        const [p, q, s, t] = term;
        const [x, y] = [(a * by) / k, (b * by) / k];
        term = [p * x + q * y, p * y - q * x, s * x + t * y, s * y - t * x];
        for (const [i, v] of term.entries()) sum[i] += v;
      }
      expectClose(shearMatrix(tf.tensor1d([a, b])), sum, 1e-5, 1e-6);
    }
  });

  test('times that of (-a, -b) is 1, and its determinant is 1', () => {
    const shear = tf.tensor2d([0.3, -0.8, 2, 0.1, 0, 0], [3, 2]);
    expectClose(
      tf.matMul(shearMatrix(shear), shearMatrix(tf.neg(shear))),
      [1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1],
      0,
      2e-5,
    );
    const v = tf.tensor2d([1, -2, 0.3, 0.7, 5, 6], [3, 2]);
    expectClose(sheared(sheared(v, shear), tf.neg(shear)), v, 1e-4, 1e-4);
  });

  test('has the gradient that finite differences have, at 0 too', () => {
    const weights = tf.tensor3d([0.3, -1, 2, 0.7, 1, 0.5, -0.2, 1.3, 0.9, 0.1, 0.4, -2], [3, 2, 2]);
    const f = (shear: tf.Tensor) =>
      tf.mul(weights, poseTransform({ angle: directionOf(tf.tensor1d([0.3, 2, -1])), shear }).matrix as tf.Tensor);
    const at = tf.tensor2d([0, 0, 0.3, -0.2, -1.2, 0.6], [3, 2]);
    expectClose(gradOf(f, at), numericGradient(f, at), 2e-3, 2e-3);
  });

  test('is what the polar decomposition leaves beside rotation and scale', () => {
    const rng = new RandomStream('polar');
    for (let i = 0; i < 20; i++) {
      const [angle, scale] = [3 * (2 * rng.next() - 1), 0.5 + rng.next()];
      const shear = [rng.next() - 0.5, rng.next() - 0.5];
      const pose = { angle: directionOf(tf.scalar(angle)), scale: tf.tensor1d([scale]), shear: tf.tensor1d(shear) };
      const [p, q, r, s] = matrixOf(poseTransform(pose).matrix);
      // For row vectors [[cos, sin], [-sin, cos]] is the rotation nearest to the matrix.
      expect(Math.atan2(q - r, p + s)).toBeCloseTo(angle, 4);
      expect(Math.sqrt(p * s - q * r)).toBeCloseTo(scale, 5);
    }
  });

  test('a shear along one axis has half its tangent, on the diagonal', () => {
    const [a, b] = polarShear(Math.atan(0.2), 0);
    expect(Math.hypot(a, b)).toBeCloseTo(0.1, 12);
    expect(Math.abs(b)).toBeGreaterThan(9 * Math.abs(a));
    expect(polarShear(0, 0)).toEqual([0, 0]);
  });

  test('parts that are absent or 0 change nothing', () => {
    const angle = directionOf(tf.tensor1d([0.7, -2]));
    const scale = tf.tensor2d([1.2, 0.8], [2, 1]);
    const zero = tf.zeros([2, 2]);
    expectClose(
      poseTransform({ angle, scale, shear: zero }).matrix as tf.Tensor,
      poseTransform({ angle, scale }).matrix,
      0,
      0,
    );
    expectClose(poseTransform({ shear: zero }).matrix as tf.Tensor, [1, 0, 0, 1, 1, 0, 0, 1], 0, 0);
  });

  test('leading dimensions broadcast', () => {
    const angle = directionOf(tf.tensor2d([0.1, 0.2, 0.3], [3, 1]));
    const shear = tf.tensor2d([0.1, 0.2, -0.3, 0.4], [2, 2]);
    const matrix = poseTransform({ angle, shear }).matrix as tf.Tensor;
    expect(matrix.shape).toEqual([3, 2, 2, 2]);
    const one = poseTransform({ angle: directionOf(tf.scalar(0.3)), shear: tf.tensor1d([0.1, 0.2]) }).matrix;
    expectClose(matrix.slice([2, 0], [1, 1]), one);
  });
});

describe('drawn affine maps', () => {
  const shape = [17, 13];
  const poses = drawPoses(
    30,
    { angle: Math.PI, shift: [0.2, 0.1], scale: [0.7, 1.4], shear: 0.5, mirror: true },
    new RandomStream('affine'),
  );
  const grid = coordinateGrid(shape);
  const points = 17 * 13;
  const coordinates = grid.dataSync();

  test("are rendered at the coordinates to which the model's pose sends the grid", () => {
    // Images whose values are their coordinates: interpolated linearly, they show exactly where each pixel was read.
    const upright = Float32Array.from({ length: 2 * points * 30 }, (_, i) => {
      const [axis, p] = [Math.floor(i / points) % 2, i % points];
      return coordinates[2 * p + axis];
    });
    const posed = posedImages(upright, shape, 2, poses);
    const numbers = Array.from({ length: 30 }, (_, i) => poseAt(poses, i));
    const transform = poseTransform({
      angle: directionOf(tf.tensor1d(poses.angle)),
      scale: tf.tensor2d(numbers.map(({ scale }) => [scale[0]])),
      shift: tf.tensor2d(numbers.map(({ shift }) => [...shift])),
      shear: tf.tensor2d(numbers.map(({ shear }) => [...shear])),
    });
    const expected = transformGrid(grid, transform).dataSync();
    let compared = 0;
    for (let i = 0; i < 30; i++) {
      const flip = poses.mirror[i] === 1 ? -1 : 1;
      for (let p = 0; p < points; p++) {
        const [u, v] = [expected[2 * (i * points + p)], flip * expected[2 * (i * points + p) + 1]];
        if (Math.abs(u) > 0.99 || Math.abs(v) > 0.99) continue;
        compared++;
        expect(Math.abs(posed[2 * i * points + p] - u)).toBeLessThan(1e-5);
        expect(Math.abs(posed[(2 * i + 1) * points + p] - v)).toBeLessThan(1e-5);
      }
    }
    expect(compared).toBeGreaterThan(2000);
  });

  test('are undone by undoPose', () => {
    const side = 81;
    const image = draw(
      ell.map(([x, y]) => [0.6 * x - 0.1, 0.6 * y]),
      side,
      0,
    );
    const unmirrored = drawPoses(
      12,
      { angle: Math.PI, shift: 0.15, scale: [0.9, 1.2], shear: 0.4 },
      new RandomStream(4),
    );
    const images = Float32Array.from({ length: 12 * side * side }, (_, i) => image[i % (side * side)]);
    const posed = posedImages(images, [side, side], 1, unmirrored);
    const worst = (a: Float32Array) => a.reduce((most, v, p) => Math.max(most, Math.abs(v - image[p])), 0);
    for (let i = 0; i < 12; i++) {
      const one = posed.subarray(i * side * side, (i + 1) * side * side);
      const { shear, ...others } = poseAt(unmirrored, i);
      expect(worst(undoPose(one, [side, side], { ...others, shear }))).toBeLessThan(0.05);
    }
    const without = undoPose(posed.subarray(0, side * side), [side, side], { ...poseAt(unmirrored, 0), shear: [0, 0] });
    expect(worst(without)).toBeGreaterThan(0.1);
  });

  test('have no shear where none is drawn', () => {
    const plain = drawPoses(3, { angle: 1, shift: 0.1 }, new RandomStream(1));
    expect(Array.from(polarShears(plain), Math.abs)).toEqual(new Array(6).fill(0));
    expect(Array.from(polarShears(poses)).some((v) => Math.abs(v) > 0.2)).toBe(true);
  });
});
