/** Rows read at weighted places: against a product with the dense matrix of the same map, in value and in derivatives of any order. */
import { resample, type Taps } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { expectClose } from '../numbers.js';

/** Five results from rows of four; the first reads one place twice, the last reads nothing. */
const map: Taps = {
  from: 4,
  size: 5,
  at: Int32Array.of(1, 1, 0, 0, 0, 3, 2, 1, 2, 0, 0, 0, 3, 2, 0, 1, 0, 0, 0, 0),
  weight: Float32Array.of(0.5, 0.25, 0, 0, 1, -2, 0.1, 3, 0.3, 0.7, 0, 0, 1, 1, 0, -1, 0, 0, 0, 0),
};
const matrix = (): tf.Tensor2D => {
  const dense = new Float32Array(map.from * map.size);
  for (const [k, at] of map.at.entries()) dense[at * map.size + Math.floor(k / 4)] += map.weight[k];
  return tf.tensor2d(dense, [map.from, map.size]);
};
const x = tf.tensor2d([0.3, -1, 2, 0.5, 4, 0.1, -0.2, 7, 1, 1, 0, -3], [3, 4]);
const up = tf.tensor2d(
  Array.from({ length: 15 }, (_, i) => Math.sin(i)),
  [3, 5],
);

test('is the product with the matrix that the places and weights stand for', () => {
  expectClose(resample(x, map), tf.matMul(x, matrix()), 1e-6, 1e-6);
});

test('reads any number of rows and places', () => {
  for (const [rows, from, size] of [
    [1, 1, 1],
    [4, 5, 8],
    [7, 9, 6],
    [13, 4, 3],
  ]) {
    const at = Int32Array.from({ length: 4 * size }, (_, k) => (7 * k + 3) % from);
    const weight = Float32Array.from(at, (_, k) => Math.cos(k));
    const values = Array.from({ length: rows * from }, (_, i) => Math.sin(i * i));
    const sums = Array.from({ length: rows * size }, (_, i) => {
      const [row, j] = [Math.floor(i / size), i % size];
      return [0, 1, 2, 3].reduce((sum, k) => sum + weight[4 * j + k] * values[row * from + at[4 * j + k]], 0);
    });
    expectClose(resample(tf.tensor2d(values, [rows, from]), { from, size, at, weight }), sums, 1e-5, 1e-5);
  }
});

test('has its derivatives, the second ones too', () => {
  const scored = (of: (x: tf.Tensor) => tf.Tensor) => (a: tf.Tensor) => tf.sum(tf.mul(up, tf.pow(of(a), 3)));
  const ours = scored((a) => resample(a, map));
  const plain = scored((a) => tf.matMul(a as tf.Tensor2D, matrix()));
  expectClose(tf.grad(ours)(x), tf.grad(plain)(x), 1e-5, 1e-5);
  const again = (f: (a: tf.Tensor) => tf.Tensor) => tf.grad((a) => tf.sum(tf.square(tf.grad(f)(a))));
  expectClose(again(ours)(x), again(plain)(x), 1e-4, 1e-3);
});

test('rows of another length are rejected', () => {
  expect(() => resample(tf.zeros([2, 5]), map)).toThrow('resample: x [2,5] must have two dimensions, the second of 4.');
});

test('no rows give none', () => {
  expect(resample(tf.zeros([0, 4]), map).shape).toEqual([0, 5]);
});
