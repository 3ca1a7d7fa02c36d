/** Draws, and gradients through them, at parameters where a rejection loop might never accept: each ends, with a number or a typed error. */
import { host } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import * as dist from 'pyro-ts';
import {
  Adam,
  type Distribution,
  DrawError,
  NonFiniteError,
  normal,
  param,
  RandomStream,
  SVI,
  sample,
  TraceELBO,
} from 'pyro-ts';
import { describe, expect, test } from 'vitest';
import { gradOf } from '../../numbers.js';
import { oneOfEach } from './families.js';

const inf = Number.POSITIVE_INFINITY;
const draw = (d: Distribution) => tf.tidy(() => Array.from(d.sample(new RandomStream('extreme'), [3]).dataSync()));

describe('infinite parameters are rejected', () => {
  test.each<[string, () => Distribution]>([
    ['gamma', () => dist.gamma(inf, 1)],
    ['poisson', () => dist.poisson(inf)],
    ['beta', () => dist.beta(inf, 1)],
    ['beta, the other way', () => dist.beta(1, inf)],
    ['studentT', () => dist.studentT(inf)],
    ['binomial', () => dist.binomial(inf, 0.5)],
    ['dirichlet', () => dist.dirichlet([inf, 1])],
    ['negativeBinomial', () => dist.negativeBinomial(10, { logits: 1e4 })],
    ['vonMises', () => dist.vonMises(0, inf)],
    ['inverseGamma', () => dist.inverseGamma(inf, 1)],
    ['gammaPoisson', () => dist.gammaPoisson(inf, 1)],
    ['betaBinomial', () => dist.betaBinomial(inf, 1, 5)],
  ])('%s', (_, make) => {
    expect(() => draw(make())).toThrow(DrawError);
    expect(() => draw(make())).toThrow(/is Infinity. Keep the parameter finite/);
    expect(() => tf.tidy(() => void dist.seed.with(0, () => sample('x', make())))).toThrow(/At site "x"/);
  });
});

describe('the largest and smallest finite ones give numbers, and gradients that end', () => {
  test.each<[string, (p: tf.Tensor) => Distribution, tf.TensorLike]>([
    ['gamma', (p) => dist.gamma(p, 1), [1e38, 1e-38, 1e20]],
    ['poisson', (p) => dist.poisson(p), [1e38, 1e-38, 0]],
    ['beta', (p) => dist.beta(p, [1e38, 1e-30, 2, 1e38, 1e10]), [1e38, 1e-30, 1e38, 2, 1e20]],
    ['studentT', (p) => dist.studentT(p), [1e38, 1, 1e-45, 1e-3]],
    ['binomial', (p) => dist.binomial([1e30, 1e7], p), [0.3, 1e-20]],
    [
      'dirichlet',
      (p) => dist.dirichlet(p),
      [
        [1e37, 1e38],
        [1e-30, 1e-30],
        [1e30, 1],
      ],
    ],
    ['negativeBinomial', (p) => dist.negativeBinomial(10, { logits: p }), [80, -80]],
    ['vonMises', (p) => dist.vonMises(0, p), [1e33, 1e38, 1e20, 1e-30]],
    ['inverseGamma', (p) => dist.inverseGamma(p, 1), [1e38, 1e-38, 1e20]],
    ['weibull', (p) => dist.weibull(1, p), [1e38, 1e-38, 1]],
    ['pareto', (p) => dist.pareto(1, p), [1e38, 1e-38, 1]],
    ['gumbel', (p) => dist.gumbel(0, p), [1e36, 1e-38, 1]],
    ['truncatedNormal', (p) => dist.truncatedNormal(p, 1, { low: 0 }), [-1e4, -40, 40, 1e4]],
    ['gammaPoisson', (p) => dist.gammaPoisson(p, 1), [1e38, 1e-38, 1e20]],
    ['betaBinomial', (p) => dist.betaBinomial(p, 2, 7), [1e38, 1e-30, 1]],
    ['geometric', (p) => dist.geometric(p), [1e-30, 1]],
    [
      'multivariateNormal',
      (p) => dist.multivariateNormal([0, 0], { covariance: p }),
      [
        [1e37, 0],
        [0, 1e-37],
      ],
    ],
  ])('%s', (_, make, value) => {
    const p = tf.tensor(value);
    expect(draw(make(p)).every(Number.isFinite)).toBe(true);
    if (!make(p).hasRsample) return;
    const slope = gradOf((x) => make(x).rsample(new RandomStream(1), [2]), p);
    expect(slope.shape).toEqual(p.shape);
  });
});

// scipy: 2 * scipy.stats.t.sf(size, df)
test.each<[number, [number, number][]]>([
  [
    0.05,
    [
      [1, 0.8965626],
      [1e5, 0.5044911],
      [1e10, 0.2836962],
      [1e20, 0.0897126],
    ],
  ],
  [
    0.5,
    [
      [1, 0.6022432],
      [1e5, 0.0020283],
    ],
  ],
])('a studentT of %s degrees of freedom has its tail', (df, tails) => {
  const draws = tf.tidy(() => dist.studentT(df).sample(new RandomStream('tail'), [4000]).dataSync());
  for (const [size, tail] of tails) {
    const fraction = draws.filter((x) => Math.abs(x) > size).length / draws.length;
    expect(Math.abs(fraction - tail)).toBeLessThan(4 * Math.sqrt((tail * (1 - tail)) / draws.length) + 1e-3);
  }
});

test('a large concentration draws angles that are normal', () => {
  const angles = draw(dist.vonMises(0, 1e33).expand([400]) as Distribution);
  const spread = Math.sqrt(angles.reduce((s, x) => s + x * x, 0) / angles.length);
  expect(spread * Math.sqrt(1e33)).toBeGreaterThan(0.9);
  expect(spread * Math.sqrt(1e33)).toBeLessThan(1.1);
});

test('how the quantiles of large betas move, by the fraction just below and the expansions just above', () => {
  for (const [a, b] of [
    [2, 1e6],
    [0.3, 1e6],
    [5e3, 1e6],
    [3e4, 1e6],
    [1e6, 1e6],
    [1e6, 5],
  ]) {
    const f = 1.000001;
    for (const z of [-1.5, 0, 2]) {
      const deviation = Math.sqrt((a * b) / ((a + b) ** 2 * (a + b + 1)));
      const [least, most] = [Math.min(a, b), Math.max(a, b)];
      // The smaller one of x and 1 - x, from which the other follows.
      const small = (least / (a + b)) * Math.max(0.2, 1 + (z * deviation * (a + b)) / least);
      const [x, y] = a <= b ? [small, 1 - small] : [1 - small, small];
      const below = host.betaQuantileSlopes(a, b, x, y);
      const above = host.betaQuantileSlopes(a === most ? a * f : a, b === most ? b * f : b, x, y);
      below.forEach((slope, i) => void expect(Math.abs(above[i] / slope - 1)).toBeLessThan(1e-4));
    }
  }
});

test('inside SVI too', () => {
  const guide = () => sample('x', dist.gamma(param('c', 100).exp(), 1));
  const model = () => sample('x', dist.gamma(1, 1));
  const make = (onNonFinite: 'throw' | 'skip') =>
    new SVI(model, guide, new Adam({ lr: 0.1 }), new TraceELBO(), { onNonFinite });
  expect(() => make('throw').step()).toThrow(NonFiniteError);
  expect(make('skip').step()).toBeNaN();
});

test('no family accepts an infinite location, scale or rate where it must be finite', () => {
  for (const [name, make] of Object.entries(oneOfEach)) {
    const d = make();
    for (const key of Object.keys(d.argConstraints)) {
      const value = d.parameters[key];
      // A log weight may be minus infinity, which stands for a probability of 0.
      if (value === undefined || key === 'logits' || /mixing|Logits/.test(key)) continue;
      const infinite = Object.create(d, {
        parameters: { get: () => ({ ...make().parameters, [key]: tf.fill(value.shape, inf) }) },
      }) as Distribution;
      expect(() => infinite.validateParameters(), `${name}.${key}`).toThrow(NonFiniteError);
    }
  }
  expect(() => normal(0, inf).validateParameters()).toThrow(NonFiniteError);
});
