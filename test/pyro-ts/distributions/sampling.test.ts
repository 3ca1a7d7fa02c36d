/**
 * Draws against densities: for families of numbers a Kolmogorov-Smirnov test against the integral of exp(logProb) (which must be 1), for counts
 * a chi-squared test against exp(logProb), for vectors their moments. The densities have their own tests; seeds are fixed.
 */
import * as tf from '@tensorflow/tfjs';
import * as dist from 'pyro-ts';
import { type Distribution, RandomStream } from 'pyro-ts';
import {
  AffineTransform,
  ExpTransform,
  SigmoidTransform,
  SoftplusTransform,
  StickBreakingTransform,
  TransformedDistribution,
} from 'pyro-ts/distributions';
import { describe, expect, test } from 'vitest';
import { expectClose } from '../../numbers.js';
import { oneOfEach } from './families.js';

const N = 4000;
const draw = (d: Distribution, seed = 'sampling') =>
  tf.tidy(() => Array.from(d.sample(new RandomStream(seed), [N]).dataSync()));
const densities = (d: Distribution, x: number[]) =>
  tf.tidy(() => Array.from(tf.exp(d.logProb(tf.tensor1d(x))).dataSync()));

describe('numbers', () => {
  // Each with a range that holds all but 1e-6 of it, on a scale (x -> t) that resolves the density.
  const cases: [string, Distribution, [number, number], ('log' | 'sinh')?][] = [
    ['Normal', dist.normal(0.5, 1.5), [-9, 10]],
    ['Laplace', dist.laplace(0.5, 1.5), [-25, 26]],
    ['Cauchy', dist.cauchy(0.5, 1.5), [-1e7, 1e7], 'sinh'],
    ['StudentT(1.2)', dist.studentT(1.2, 0.5, 1.5), [-1e6, 1e6], 'sinh'],
    ['StudentT(30)', dist.studentT(30, 0.5, 1.5), [-15, 16]],
    ['HalfNormal', dist.halfNormal(1.5), [0, 9]],
    ['HalfCauchy', dist.halfCauchy(1.5), [1e-8, 1e7], 'log'],
    ['LogNormal', dist.logNormal(0.5, 0.7), [1e-3, 150], 'log'],
    ['Exponential', dist.exponential(0.7), [0, 25]],
    ['Gamma(0.3)', dist.gamma(0.3, 2), [1e-20, 12], 'log'],
    ['Gamma(1)', dist.gamma(1, 2), [0, 9]],
    ['Gamma(7)', dist.gamma(7, 2), [0, 15]],
    ['Gamma(20000)', dist.gamma(20000, 2), [9600, 10400]],
    ['Uniform', dist.uniform(-1, 2.5), [-1, 2.5]],
    ['Beta(0.4, 2)', dist.beta(0.4, 2), [1e-16, 1], 'log'],
    ['Beta(3, 2)', dist.beta(3, 2), [0, 1]],
    ['Beta(300, 200)', dist.beta(300, 200), [0.48, 0.72]],
    ['ContinuousBernoulli(0.5)', dist.continuousBernoulli(0.5), [0, 1]],
    ['ContinuousBernoulli(0.95)', dist.continuousBernoulli(0.95), [0, 1]],
    ['ContinuousBernoulli at logit -1e-4', dist.continuousBernoulli({ logits: -1e-4 }), [0, 1]],
    ['ContinuousBernoulli at logit -9', dist.continuousBernoulli({ logits: -9 }), [0, 1]],
    ['VonMises(1e-7)', dist.vonMises(0, 1e-7), [-Math.PI, Math.PI]],
    ['VonMises(0.8)', dist.vonMises(2.5, 0.8), [-Math.PI, Math.PI]],
    ['VonMises(400)', dist.vonMises(0.5, 400), [0.2, 0.8]],
    ['mixture', dist.mixtureSameFamily(dist.categorical([0.3, 0.7]), dist.normal([-1, 2], [1, 0.3])), [-7, 6]],
    ['transformed', new TransformedDistribution(dist.normal(0.3, 1), [new SigmoidTransform()]), [1e-3, 1 - 1e-3]],
    [
      'softplus of a Laplace',
      new TransformedDistribution(dist.laplace(0, 1), [new SoftplusTransform()]),
      [1e-7, 18],
      'log',
    ],
    [
      'exp then affine',
      new TransformedDistribution(dist.normal(0, 1), [new ExpTransform(), new AffineTransform(1, -2)]),
      [-250, 0.99],
    ],
  ];

  test.each(cases)('%s: the density integrates to 1 and the draws follow it', (_, d, [low, high], scale) => {
    const forward = { log: Math.exp, sinh: (t: number) => Math.sinh(t), none: (t: number) => t }[scale ?? 'none'];
    const back = { log: Math.log, sinh: Math.asinh, none: (x: number) => x }[scale ?? 'none'];
    const [from, to] = [back(low), back(high)];
    const size = 20001;
    const width = (to - from) / (size - 1);
    const ts = Array.from({ length: size }, (_, i) => from + i * width);
    const slope = { log: Math.exp, sinh: Math.cosh, none: () => 1 }[scale ?? 'none'];
    const density = densities(d, ts.map(forward)).map((p, i) => p * slope(ts[i]));
    const cdf = [0];
    for (let i = 1; i < size; i++) cdf.push(cdf[i - 1] + ((density[i - 1] + density[i]) / 2) * width);
    expect(Math.abs(cdf[size - 1] - 1)).toBeLessThan(1e-3);

    const draws = draw(d).sort((a, b) => a - b);
    const statistic = Math.max(
      ...draws.map((x, i) => {
        const at = Math.min(Math.max((back(x) - from) / width, 0), size - 1.001);
        const cell = Math.floor(at);
        const f = cdf[cell] + (at - cell) * (cdf[cell + 1] - cdf[cell]);
        return Math.max(Math.abs(f - i / N), Math.abs(f - (i + 1) / N));
      }),
    );
    // 1.63 / sqrt(N) is the 1% point; a wrong sampler is far beyond it.
    expect(statistic).toBeLessThan(1.63 / Math.sqrt(N) + 1e-3);
  });
});

describe('counts', () => {
  const cases: [string, Distribution, number][] = [
    ['Bernoulli', dist.bernoulli(0.3), 1],
    ['Bernoulli from logits', dist.bernoulli({ logits: 2 }), 1],
    ['Categorical', dist.categorical([0.1, 0, 0.6, 0.3]), 3],
    ['Binomial(12)', dist.binomial(12, 0.3), 12],
    ['Binomial(400)', dist.binomial(400, 0.07), 80],
    ['Binomial(400), likely', dist.binomial(400, 0.93), 400],
    ['Geometric', dist.geometric(0.3), 60],
    ['Poisson(0.7)', dist.poisson(0.7), 20],
    ['Poisson(29)', dist.poisson(29), 80],
    ['Poisson(55)', dist.poisson(55), 130],
    ['Poisson(800)', dist.poisson(800), 1100],
    ['NegativeBinomial', dist.negativeBinomial(2.5, 0.6), 120],
    ['ZeroInflated', dist.zeroInflated(dist.poisson(2), { gate: 0.4 }), 20],
  ];

  test.each(cases)('%s: the masses add to 1 and the draws follow them', (_, d, top) => {
    const mass = densities(
      d,
      Array.from({ length: top + 1 }, (_, k) => k),
    );
    expect(mass.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 4);
    const seen = new Array<number>(top + 1).fill(0);
    for (const x of draw(d)) seen[x]++;
    // Neighbouring values are taken together until 25 draws are expected.
    let statistic = 0;
    let groups = 0;
    let expectedHere = 0;
    let seenHere = 0;
    for (const [k, p] of mass.entries()) {
      expectedHere += N * p;
      seenHere += seen[k];
      if (expectedHere < 25) continue;
      statistic += (seenHere - expectedHere) ** 2 / expectedHere;
      groups++;
      [expectedHere, seenHere] = [0, 0];
    }
    // A chi-squared variable of n degrees of freedom: mean n, standard deviation sqrt(2 n).
    const n = Math.max(1, groups - 1);
    expect(statistic).toBeLessThan(n + 4 * Math.sqrt(2 * n) + 3);
  });

  test('a class of probability 0 never comes up', () => {
    expect(draw(dist.categorical([0, 0.5, 0.5, 0])).every((k) => k === 1 || k === 2)).toBe(true);
    expect(draw(dist.bernoulli(0)).every((x) => x === 0)).toBe(true);
    expect(draw(dist.bernoulli(1)).every((x) => x === 1)).toBe(true);
    const counts = draw(dist.multinomial(50, [0.3, 0.7, 0]));
    expect(counts.filter((_, i) => i % 3 === 2).every((n) => n === 0)).toBe(true);
  });
});

describe('moments of draws', () => {
  const withMoments = [
    'Normal',
    'Laplace',
    'StudentT',
    'HalfNormal',
    'LogNormal',
    'Exponential',
    'Gamma',
    'Uniform',
    'Beta',
    'ContinuousBernoulli',
    'Dirichlet',
    'MultivariateNormal',
    'Bernoulli',
    'OneHotCategorical',
    'Binomial',
    'Multinomial',
    'Geometric',
    'Poisson',
    'NegativeBinomial',
    'ZeroInflated',
    'MixtureSameFamily',
    'MixtureOfVectors',
    'MaskedMixture',
    'Delta',
    'Independent',
  ];
  test.each(withMoments)('%s', (name) => {
    tf.tidy(() => {
      const d = oneOfEach[name]();
      const x = d.sample(new RandomStream(`moments/${name}`), [20000]);
      const { mean, variance } = tf.moments(x, 0);
      const spread = Array.from(d.variance().dataSync(), (v) => Math.sqrt(v));
      // Six standard errors of the mean; the variance of heavy tails settles slowly.
      expectClose(
        mean.sub(d.mean()),
        spread.map(() => 0),
        0,
        (6 * Math.max(...spread)) / Math.sqrt(20000) + 1e-6,
      );
      if (name !== 'StudentT') expectClose(variance, d.variance(), 0.12, 1e-6);
    });
  });

  test('MultivariateNormal: the covariance, from each way to give it, also with a batch of matrices', () => {
    const covariance = [
      [2, 0.5],
      [0.5, 1],
    ];
    const ways = [
      { covariance },
      {
        precision: [
          [4 / 7, -2 / 7],
          [-2 / 7, 8 / 7],
        ],
      },
      { covariance: [covariance, covariance] },
    ];
    for (const way of ways) {
      tf.tidy(() => {
        const d = dist.multivariateNormal([1, -2], way);
        const x = d.sample(new RandomStream('mvn'), [20000 / Math.max(1, d.batchShape[0] ?? 1)]).reshape([20000, 2]);
        const centred = x.sub([1, -2]);
        expectClose(tf.matMul(centred, centred, true).div(20000), covariance, 0.05, 0.05);
      });
    }
  });

  test('ProjectedNormal: the mean resultant length and direction of a circle', () => {
    tf.tidy(() => {
      const x = dist.projectedNormal([3, 4]).sample(new RandomStream('pn'), [20000]);
      const [c, s] = Array.from(x.mean(0).dataSync());
      expect(Math.atan2(s, c)).toBeCloseTo(Math.atan2(4, 3), 1);
      // sqrt(pi / 8) k exp(-k^2 / 4) (I_0(k^2 / 4) + I_1(k^2 / 4)) at k = 5 (Presnell et al. 1998), by scipy.special.ive.
      expect(Math.hypot(c, s)).toBeCloseTo(0.979325, 2);
    });
  });

  test('Relaxed one-hot vectors: the largest entry falls as the probabilities say; the straight-through draw is one-hot', () => {
    tf.tidy(() => {
      const probs = [0.2, 0.3, 0.5];
      const soft = dist.relaxedOneHotCategorical(0.3, probs).sample(new RandomStream('gumbel'), [20000]);
      expectClose(tf.oneHot(tf.argMax(soft, -1), 3).mean(0), probs, 0, 0.02);
      const hard = dist.relaxedOneHotCategoricalStraightThrough(0.3, probs).sample(new RandomStream('gumbel'), [20000]);
      expectClose(hard, tf.cast(tf.oneHot(tf.argMax(soft, -1), 3), 'float32'), 0, 0);
    });
  });
});

describe('densities of vectors integrate to 1', () => {
  const grid = (n: number) => Array.from({ length: n }, (_, i) => (i + 0.5) / n);
  test('Dirichlet and the relaxed one-hot, over the simplex', () => {
    const n = 400;
    const points = grid(n).flatMap((a) =>
      grid(n)
        .filter((b) => a + b < 1)
        .map((b) => [a, b, 1 - a - b]),
    );
    const integral = (d: Distribution) =>
      tf.tidy(
        () =>
          tf
            .exp(d.logProb(tf.tensor2d(points)))
            .sum()
            .dataSync()[0] /
          (n * n),
      );
    expect(integral(dist.dirichlet([1.5, 2, 3]))).toBeCloseTo(1, 2);
    expect(integral(dist.relaxedOneHotCategorical(1.5, [0.2, 0.3, 0.5]))).toBeCloseTo(1, 2);
    const logistic = new TransformedDistribution(dist.normal([0.3, -0.2], 0.8), [new StickBreakingTransform()]);
    expect(integral(logistic)).toBeCloseTo(1, 2);
  });
  test.each([0, 0.7, 4, 15])('ProjectedNormal of concentration %s, over the circle and the sphere', (k) => {
    tf.tidy(() => {
      const n = 2000;
      const circle = grid(n).map((u) => [Math.cos(2 * Math.PI * u), Math.sin(2 * Math.PI * u)]);
      const onCircle = tf.exp(dist.projectedNormal([0.6 * k, 0.8 * k]).logProb(tf.tensor2d(circle)));
      expect(onCircle.mean().dataSync()[0] * 2 * Math.PI).toBeCloseTo(1, 4);
      // Equal areas: z uniform in (-1, 1), the azimuth uniform.
      const sphere = grid(200).flatMap((u) =>
        grid(200).map((v) => {
          const r = Math.sqrt(1 - (2 * u - 1) ** 2);
          return [r * Math.cos(2 * Math.PI * v), r * Math.sin(2 * Math.PI * v), 2 * u - 1];
        }),
      );
      const onSphere = tf.exp(dist.projectedNormal([0.48 * k, 0.6 * k, 0.64 * k]).logProb(tf.tensor2d(sphere)));
      expect(onSphere.mean().dataSync()[0] * 4 * Math.PI).toBeCloseTo(1, 3);
    });
  });
  test('MultivariateNormal, over the plane', () => {
    const n = 300;
    const axis = grid(n).map((u) => 16 * u - 8);
    const points = axis.flatMap((a) => axis.map((b) => [a, b]));
    const d = dist.multivariateNormal([0.3, -0.5], {
      covariance: [
        [2, 0.5],
        [0.5, 1],
      ],
    });
    const sum = tf.tidy(
      () =>
        tf
          .exp(d.logProb(tf.tensor2d(points)))
          .sum()
          .dataSync()[0],
    );
    expect((sum * 16 * 16) / (n * n)).toBeCloseTo(1, 4);
  });
});
