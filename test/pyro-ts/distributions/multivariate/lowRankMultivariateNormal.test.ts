/** The low-rank multivariate normal against the multivariate normal of the same covariance. */
import * as tf from '@tensorflow/tfjs';
import { lowRankMultivariateNormal, multivariateNormal, RandomStream } from 'pyro-ts';
import { describe, expect, test } from 'vitest';
import { expectClose, gradOf } from '../../../numbers.js';

const loc = [0.3, -1, 2, 0.5];
const factor = [
  [1, 0.2],
  [0.5, -1],
  [-1, 0.3],
  [2, 1],
];
const diagonal = [0.5, 1, 2, 0.1];
const points = [
  [0, 0, 0, 0],
  [1, -2, 3, 0.7],
];
const full = (f: tf.Tensor, d: tf.Tensor): tf.Tensor =>
  tf.add(tf.matMul(f, f, false, true), tf.mul(tf.eye(4), tf.expandDims(d, 0)));

describe('lowRankMultivariateNormal', () => {
  test('density, entropy and moments', () => {
    const d = lowRankMultivariateNormal(loc, factor, diagonal);
    const same = multivariateNormal(loc, { covariance: full(tf.tensor2d(factor), tf.tensor1d(diagonal)) });
    expectClose(d.logProb(tf.tensor2d(points)), same.logProb(tf.tensor2d(points)), 1e-4, 1e-4);
    expectClose(d.entropy(), same.entropy(), 1e-5, 1e-5);
    expectClose(d.mean(), same.mean());
    expectClose(d.variance(), same.variance(), 1e-5);
    expectClose(d.covariance(), same.covariance(), 1e-5, 1e-5);
  });

  test.each([
    ['loc', loc, (x: tf.Tensor) => [x, tf.tensor2d(factor), tf.tensor1d(diagonal)]],
    ['covFactor', factor, (x: tf.Tensor) => [tf.tensor1d(loc), x, tf.tensor1d(diagonal)]],
    ['covDiag', diagonal, (x: tf.Tensor) => [tf.tensor1d(loc), tf.tensor2d(factor), x]],
  ] as const)('gradients in %s', (_, at, parts) => {
    const lowRank = (x: tf.Tensor) => {
      const [m, f, d] = parts(x);
      return lowRankMultivariateNormal(m, f, d).logProb(tf.tensor2d(points));
    };
    const whole = (x: tf.Tensor) => {
      const [m, f, d] = parts(x);
      return multivariateNormal(m, { covariance: full(f, d) }).logProb(tf.tensor2d(points));
    };
    const point = tf.tensor(at);
    expectClose(gradOf(lowRank, point), gradOf(whole, point), 1e-3, 1e-3);
  });

  test('draws have its covariance', () => {
    const d = lowRankMultivariateNormal(loc, factor, diagonal);
    const draws = d.rsample(new RandomStream('low rank'), [20000]).sub(loc);
    expectClose(tf.matMul(draws, draws, true).div(20000), d.covariance(), 0.05, 0.06);
  });

  test('shapes that do not fit are named', () => {
    expect(() => lowRankMultivariateNormal([0, 0], [[1], [2], [3]], [1, 1])).toThrow(/\[2\], \[3, 1\] and \[2\]/);
  });
});
