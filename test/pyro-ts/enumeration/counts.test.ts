/** Numbers of successes whose total counts differ within a plate, enumerated up to the largest, against closed forms. */
import * as tf from '@tensorflow/tfjs';
import { betaBinomial, binomial, extendedBetaBinomial, extendedBinomial, normal, param, plate, sample } from 'pyro-ts';
import { expect, test } from 'vitest';
import { expectClose } from '../../numbers.js';
import { enumerated, parallel } from './helpers.js';

const counts = [3, 5, 0];
const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n - 1, k - 1) * n) / k);
const mass = (k: number, n: number, p: number) => (k > n ? 0 : choose(n, k) * p ** k * (1 - p) ** (n - k));

test('the marginal of successes among successes is binomial', () => {
  const [p, q, seen] = [0.6, 0.3, [1, 2, 0]];
  const model = () => {
    const p = param('p', 0);
    plate('data', 3, () => {
      const alive = sample('alive', binomial(counts, { probs: p }), parallel);
      sample('seen', extendedBinomial(alive, q), { obs: seen });
    });
  };
  const logP = (p: number) => seen.reduce((sum, k, i) => sum + Math.log(mass(k, counts[i], p * q)), 0);
  const { loss, gradients } = enumerated({ p }, 1, model);
  expect(loss).toBeCloseTo(-logP(p), 4);
  const slope = (logP(p + 1e-4) - logP(p - 1e-4)) / 2e-4;
  expect(gradients.get('p')?.[0]).toBeCloseTo(-slope, 3);
});

test('a beta-binomial count is summed up to its own total count', () => {
  const data = [0.5, 2.5, -0.3];
  const d = betaBinomial(2, 3, counts);
  const model = () =>
    void plate('data', 3, () => {
      sample('x', normal(sample('n', betaBinomial(2, 3, counts), parallel), 1), { obs: data });
    });
  const beta = (a: number, b: number) =>
    (Array.from({ length: a - 1 }, (_, i) => i + 1).reduce((x, y) => x * y, 1) *
      Array.from({ length: b - 1 }, (_, i) => i + 1).reduce((x, y) => x * y, 1)) /
    Array.from({ length: a + b - 1 }, (_, i) => i + 1).reduce((x, y) => x * y, 1);
  const weight = (k: number, n: number) => (choose(n, k) * beta(k + 2, n - k + 3)) / beta(2, 3);
  const logP = data.reduce((sum, x, i) => {
    const terms = Array.from({ length: counts[i] + 1 }, (_, k) => weight(k, counts[i]) * Math.exp(-0.5 * (x - k) ** 2));
    return sum + Math.log(terms.reduce((a, b) => a + b) / Math.sqrt(2 * Math.PI));
  }, 0);
  expect(enumerated({}, 1, model).loss).toBeCloseTo(-logP, 4);
  expectClose(tf.exp(d.logProb(d.enumerateSupport())).sum(0), [1, 1, 1], 1e-5);
});

test('impossible counts and negative total counts have probability 0', () => {
  const minus = Number.NEGATIVE_INFINITY;
  expectClose(extendedBinomial([2, 2, -1], 0.5).logProb([3, -1, 0]), [minus, minus, minus]);
  expectClose(extendedBetaBinomial(1, 1, [2, 2, -1]).logProb([3, 1, 0]), [minus, Math.log(1 / 3), minus]);
  expectClose(extendedBinomial(2, 0.5).expand([2]).logProb([3, 1]), [minus, Math.log(0.5)]);
  expectClose(extendedBetaBinomial(1, 1, 2).expand([2]).logProb([3, 1]), [minus, Math.log(1 / 3)]);
});

test('the entropy of a batch of total counts is that of each', () => {
  const each = counts.map((n) => binomial(n, 0.3).entropy().dataSync()[0]);
  expectClose(binomial(counts, 0.3).entropy(), each, 1e-5);
});
