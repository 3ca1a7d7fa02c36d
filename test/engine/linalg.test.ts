/** The factorisations: products that must give back what went in, gradients against finite differences. */
import { cholesky, NotPositiveDefiniteError, triangularSolve } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expectClose, gradOf, numericGradient } from '../numbers.js';

/** A positive definite matrix from n x n numbers: m m' + I. */
const definite = (numbers: number[], n: number) =>
  tf.tidy(() => {
    const m = tf.tensor2d(numbers.slice(0, n * n), [n, n]);
    return tf.matMul(m, m, false, true).add(tf.eye(n));
  });
const numbers = fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 16, maxLength: 16 });

describe('cholesky', () => {
  test('L L-transposed gives the matrix back and L is lower triangular', () => {
    fc.assert(
      fc.property(numbers, fc.integer({ min: 1, max: 4 }), (x, n) => {
        tf.tidy(() => {
          const a = definite(x, n);
          const l = cholesky(a);
          expectClose(tf.matMul(l, l, false, true), a, 1e-5, 1e-5);
          expectClose(tf.linalg.bandPart(l, -1, 0), l, 0, 0);
        });
      }),
      { seed: 1, numRuns: 50 },
    );
  });
  test('takes batches of any rank up to 6', () => {
    const a = definite([1, 2, 0.5, -1], 2);
    const many = a.reshape([1, 1, 1, 1, 2, 2]).tile([1, 2, 1, 1, 1, 1]);
    const l = Array.from(cholesky(a).dataSync());
    expect(cholesky(many).shape).toEqual([1, 2, 1, 1, 2, 2]);
    expectClose(cholesky(many), [l, l], 1e-6);
  });
  test('its gradient is that of differences, along symmetric directions', () => {
    const a = definite([0.3, -1, 0.4, 1.2, 0.7, -0.2, 0.1, 0.9, -1.1], 3);
    const weights = tf.tensor2d([1, 0, 0, -2, 0.5, 0, 0.3, 1.5, 0.8], [3, 3]);
    const f = (x: tf.Tensor) => cholesky(x.add(x.transpose()).mul(0.5)).mul(weights);
    expectClose(gradOf(f, a), numericGradient(f, a), 2e-3, 1e-3);
  });
  test('rejects a matrix that is not positive definite, by its place', () => {
    const bad = tf.tensor3d([
      [
        [1, 0],
        [0, 1],
      ],
      [
        [1, 2],
        [2, 1],
      ],
    ]);
    expect(() => cholesky(bad)).toThrow(NotPositiveDefiniteError);
    expect(() => cholesky(bad)).toThrow(/matrix 1 of the batch .* leading minor of order 2/);
    expect(() => cholesky(tf.ones([2, 3]))).toThrow(/square matrices .* \[2,3\]/);
  });
});

describe('triangularSolve', () => {
  const l = tf.tensor3d([2, 9, 9, 0.5, 1, 9, -1, 0.3, 1.5, 1, 9, 9, 0.2, 3, 9, 0.4, -0.7, 0.6], [2, 3, 3]);
  const lower = tf.linalg.bandPart(l, -1, 0);
  test.each([false, true])('solves, transposed %s, with broadcast batches', (transposed) => {
    const b = tf.tensor4d(
      Array.from({ length: 24 }, (_, i) => Math.sin(i + 1)),
      [4, 1, 3, 2],
    );
    const x = triangularSolve(l, b, transposed);
    expect(x.shape).toEqual([4, 2, 3, 2]);
    const full = lower.reshape([1, 2, 3, 3]).tile([4, 1, 1, 1]);
    expectClose(tf.matMul(full, x, transposed), b.tile([1, 2, 1, 1]), 1e-5, 1e-5);
  });
  test.each([false, true])('has gradients for both, transposed %s, summed over broadcast dimensions', (transposed) => {
    const b = tf.tensor4d(
      Array.from({ length: 12 }, (_, i) => Math.sin(i + 1)),
      [2, 1, 3, 2],
    );
    const w = tf.tensor4d(
      Array.from({ length: 24 }, (_, i) => Math.cos(3 * i)),
      [2, 2, 3, 2],
    );
    const inL = (m: tf.Tensor) => triangularSolve(m, b, transposed).mul(w);
    const inB = (m: tf.Tensor) => triangularSolve(l, m, transposed).mul(w);
    expectClose(gradOf(inL, l), numericGradient(inL, l, 1e-3), 5e-3, 5e-3);
    expectClose(gradOf(inB, b), numericGradient(inB, b), 1e-3, 1e-3);
  });
  test('says which shapes do not fit', () => {
    expect(() => triangularSolve(tf.ones([2, 2]), tf.ones([3, 1]))).toThrow(/\[2,2\] and \[3,1\]/);
  });
});
