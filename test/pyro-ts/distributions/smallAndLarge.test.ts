/** Numbers that float32 arithmetic or an engine would lose: closed forms at very small and very large values. */
import * as tf from '@tensorflow/tfjs';
import * as dist from 'pyro-ts';
import { klDivergence, RandomStream } from 'pyro-ts';
import { describe, expect, test } from 'vitest';
import { expectClose, gradOf, numericGradient } from '../../numbers.js';

const rng = () => new RandomStream('small');

describe('small numbers keep their sign', () => {
  test('on the engine', () => {
    expectClose(tf.sign([5e-8, -5e-8, 1e-38, 0, -2]), [1, -1, 1, 0, -1], 0, 0);
    expectClose(tf.log1p([1e-8, -1e-8, 1e-30]), [1e-8, -1e-8, 1e-30], 1e-6, 0);
  });
  test('in a Laplace density and its divergence', () => {
    expectClose(dist.laplace(0, 1e-9).logProb(tf.scalar(5e-8)), [-50 - Math.log(2e-9)], 1e-6);
    // |m1 - m2| / b + exp(-|m1 - m2| / b) - 1 for equal scales.
    expectClose(klDivergence(dist.laplace(5e-8, 1e-8), dist.laplace(0, 1e-8)), [5 + Math.exp(-5) - 1], 1e-5);
  });
  test('in draws of half-normal and half-Cauchy', () => {
    for (const d of [dist.halfNormal(1e-9), dist.halfCauchy(1e-9)]) {
      const draws = Array.from(d.sample(rng(), [200]).dataSync());
      expect(draws.every((x) => x > 0)).toBe(true);
    }
  });
});

describe('directions', () => {
  test.each([1e30, 1e-30, 1e19, 3e38])('of a vector of length %d', (size) => {
    const found = dist.projectedNormal([size, size]).mean();
    expectClose(found, [Math.SQRT1_2, Math.SQRT1_2], 1e-6);
    const slope = gradOf((c) => dist.projectedNormal(c).mean().slice([0], [1]), tf.tensor1d([size, size]));
    // (1 - 1/2) / length, which may be too small or large for float32.
    const exact = Math.fround(0.5 / (size * Math.SQRT2));
    expectClose(slope, [exact, -exact], 1e-5, 0);
  });
  test('that are drawn around one', () => {
    expectClose(dist.projectedNormal([1e30, 1e30]).sample(rng()), [Math.SQRT1_2, Math.SQRT1_2], 1e-6);
  });
  test('of nothing are the first axis', () => {
    expectClose(dist.projectedNormal([0, 0]).mean(), [1, 0], 0, 0);
  });
  // One over the length of the circle, the area of the sphere, and the volume of the sphere in four dimensions.
  test.each([
    [2, 2 * Math.PI],
    [3, 4 * Math.PI],
    [4, 2 * Math.PI ** 2],
  ])('around no direction in %d dimensions are uniform', (dim, area) => {
    tf.tidy(() => {
      const d = dist.projectedNormal(tf.zeros([dim]));
      expect(() => d.validateParameters()).not.toThrow();
      const draws = d.sample(rng(), [4000]);
      expectClose(d.logProb(draws), tf.fill([4000], -Math.log(area)), 1e-5);
      expectClose(draws.mean(0), tf.zeros([dim]), 0, 4 / Math.sqrt(4000 * dim));
      expectClose(tf.matMul(draws, draws, true).div(4000), tf.eye(dim).div(dim), 0, 0.03);
    });
  });
});

describe('unit quaternions', () => {
  const direction = [0.5, -0.5, 0.1, Math.sqrt(0.49)];
  /** A unit vector at the angle `theta` from `direction`. */
  const across = [Math.SQRT1_2, Math.SQRT1_2, 0, 0];
  const at = (theta: number) => direction.map((d, i) => Math.cos(theta) * d + Math.sin(theta) * across[i]);

  test.each([0, 0.5, 3, 20])('the density integrates to 1 at a concentration of %s', (k) => {
    const steps = 4000;
    const angles = Array.from({ length: steps }, (_, i) => (Math.PI * (i + 0.5)) / steps);
    const concentration = direction.map((d) => k * d);
    const density = tf.exp(dist.projectedNormal(concentration).logProb(tf.tensor2d(angles.map(at)))).dataSync();
    const total = angles.reduce(
      (sum, a, i) => sum + 4 * Math.PI * Math.sin(a) ** 2 * density[i] * (Math.PI / steps),
      0,
    );
    expect(total).toBeCloseTo(1, 4);
  });

  test.each([0.3, 2, 3.1])('the gradient at %s radians from the mean is that of finite differences', (theta) => {
    const f = (c: tf.Tensor) => dist.projectedNormal(c).logProb(tf.tensor1d(at(theta)));
    const c = tf.tensor1d(direction.map((d) => 3 * d));
    expectClose(gradOf(f, c), numericGradient(f, c, 1e-2), 2e-3, 2e-3);
  });
});

describe('a normal by its precision', () => {
  const precision = [
    [2, 0.5],
    [0.5, 1],
  ];
  const inverse = [
    [1 / 1.75, -0.5 / 1.75],
    [-0.5 / 1.75, 2 / 1.75],
  ];
  test.each([1, 1e3, 1e6, 1e9])('has its density and gradient at a distance of %d', (far) => {
    const x = [far, -2 * far];
    const square = 2 * x[0] ** 2 + 2 * 0.5 * x[0] * x[1] + x[1] ** 2;
    const d = (p: tf.TensorLike | tf.Tensor) => dist.multivariateNormal([0, 0], { precision: p });
    expectClose(
      d(precision).logProb(tf.tensor1d(x)),
      [-Math.log(2 * Math.PI) + 0.5 * Math.log(1.75) - square / 2],
      1e-6,
    );
    const exact = inverse.map((row, i) => row.map((v, j) => 0.5 * v - 0.5 * x[i] * x[j]));
    for (const expand of [false, true]) {
      const logProb = (p: tf.Tensor) => (expand ? d(p).expand([1]) : d(p)).logProb(tf.tensor1d(x));
      expectClose(gradOf(logProb, tf.tensor2d(precision)), exact, 2e-6, 1e-6);
    }
  });
  test('draws with the covariance that is its inverse', () => {
    const d = dist.multivariateNormal([1, 2], { precision });
    expectClose(d.covariance(), inverse, 1e-5);
    expectClose(
      d.expand([3]).variance(),
      [0, 1, 2].flatMap(() => [inverse[0][0], inverse[1][1]]),
      1e-5,
    );
  });
});
