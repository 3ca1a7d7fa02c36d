/**
 * Log densities, their gradients, moments and entropies against scipy.stats 1.x (fixtures/families.json, made by fixtures/make/families.py:
 * logpdf, logpmf, mean, var, entropy; gradients are central differences of these in float64).
 */
import * as tf from '@tensorflow/tfjs';
import { dirichlet, multinomial, multivariateNormal, studentT } from 'pyro-ts';
import { describe, expect, test } from 'vitest';
import figures from '../../fixtures/families.json' with { type: 'json' };
import { expectClose, gradOf } from '../../numbers.js';
import { scalarFamilies } from './families.js';

interface Row {
  family: string;
  params: Record<string, number>;
  points: number[];
  logProb: (number | null)[];
  grads: Record<string, number[]>;
  inside: number[];
  mean?: number;
  variance?: number;
  entropy?: number;
}
const rows = figures.families as unknown as Row[];
const label = (row: Row) => `${row.family}(${Object.values(row.params).map((x) => Number(x.toPrecision(4)))})`;

describe.each(rows.map((row) => [label(row), row] as const))('%s', (_, row) => {
  const make = scalarFamilies[row.family];
  // Large parameters amplify the rounding of a float32 point: the density's slope times 6e-8 of the point.
  const slack = Math.max(...Object.values(row.params).map(Math.abs), 1) * 1e-6;

  test('logProb', () => {
    const expected = row.logProb.map((x) => x ?? Number.NEGATIVE_INFINITY);
    expectClose(make(row.params).logProb(tf.tensor1d(row.points)), expected, 3e-6, slack);
  });
  test.each(Object.keys(row.grads))('gradient in %s', (key) => {
    const points = row.inside.map((i) => row.points[i]);
    for (const [i, x] of points.entries()) {
      const slope =
        key === 'value'
          ? gradOf((v) => make(row.params).logProb(v), tf.scalar(x))
          : gradOf((p) => make({ ...row.params, [key]: p }).logProb(tf.scalar(x)), tf.scalar(row.params[key]));
      expectClose(slope, [row.grads[key][i]], 2e-4, 1e-4 + 10 * slack);
    }
  });
  test('moments and entropy', () => {
    const d = make(row.params);
    if (row.mean !== undefined) expectClose(d.mean(), [row.mean], 1e-5);
    if (row.variance !== undefined) expectClose(d.variance(), [row.variance], 1e-5);
    if (row.entropy !== undefined) expectClose(d.entropy(), [row.entropy], 1e-5, 1e-5);
  });
});

describe('vectors', () => {
  const [forDirichlet, forMultinomial, forNormal] = figures.vectors;
  test('Dirichlet: scipy.stats.dirichlet', () => {
    const d = dirichlet(forDirichlet.params.concentration as number[]);
    expectClose(d.logProb(tf.tensor1d(forDirichlet.point)), [forDirichlet.logProb], 1e-5);
    expectClose(d.mean(), forDirichlet.mean, 1e-6);
    expectClose(d.variance(), forDirichlet.variance, 1e-6);
    expectClose(d.entropy(), [forDirichlet.entropy], 1e-5);
  });
  test('Multinomial: scipy.stats.multinomial', () => {
    const d = multinomial(12, forMultinomial.params.probs as number[]);
    expectClose(d.logProb(tf.tensor1d(forMultinomial.point)), [forMultinomial.logProb], 1e-5);
    expectClose(d.mean(), forMultinomial.mean, 1e-6);
    expectClose(d.variance(), forMultinomial.variance, 1e-5);
  });
  test.each(['covariance', 'precision', 'scaleTril'] as const)('MultivariateNormal by %s: scipy.stats', (name) => {
    const d = multivariateNormal(forNormal.params.loc as number[], { [name]: forNormal.params[name] });
    expectClose(d.logProb(tf.tensor1d(forNormal.point)), [forNormal.logProb], 1e-5);
    expectClose(d.mean(), forNormal.mean, 1e-6);
    expectClose(d.variance(), forNormal.variance, 1e-5);
    expectClose(d.entropy(), [forNormal.entropy], 1e-5);
    expectClose(d.covariance(), forNormal.params.covariance, 1e-5, 1e-6);
  });
});

test('a t distribution with few degrees of freedom has no mean or an infinite variance', () => {
  expect(Number.isNaN(studentT(1).mean().dataSync()[0])).toBe(true);
  expectClose(studentT([1.5, 2, 3]).variance(), [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 3]);
  expect(Number.isNaN(studentT(0.5).variance().dataSync()[0])).toBe(true);
});
