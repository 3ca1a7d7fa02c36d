/** Gradients through draws: against the same noise at moved parameters, or, for rejection samplers, against how the quantile moves. */
import * as tf from '@tensorflow/tfjs';
import * as dist from 'pyro-ts';
import { type Distribution, RandomStream } from 'pyro-ts';
import { AffineTransform, TanhTransform, TransformedDistribution } from 'pyro-ts/distributions';
import { describe, expect, test } from 'vitest';
import { expectClose, gradOf, numericGradient } from '../../numbers.js';
import { scalarFamilies } from './families.js';

const rng = () => new RandomStream('reparameterised');
const weights = tf.tensor1d([0.7, -1.3, 0.4, 2, -0.6]);

describe('families whose draws are a function of fixed noise: finite differences with the same noise', () => {
  const parameters: Record<string, Record<string, number>> = {
    normal: { loc: 0.5, scale: 1.5 },
    laplace: { loc: 0.5, scale: 1.5 },
    cauchy: { loc: 0.5, scale: 1.5 },
    halfNormal: { scale: 1.5 },
    halfCauchy: { scale: 1.5 },
    logNormal: { loc: 0.5, scale: 0.7 },
    exponential: { rate: 0.7 },
    uniform: { low: -1, high: 2.5 },
    continuousBernoulli: { logits: 0.8 },
    gumbel: { loc: 0.5, scale: 1.5 },
    weibull: { scale: 1.5, concentration: 0.8 },
    pareto: { scale: 1.5, alpha: 2.5 },
    truncatedNormal: { loc: 0.5, scale: 1.5, low: -0.5, high: 2 },
  };
  const cases = Object.entries(parameters).flatMap(([family, p]) =>
    Object.keys(p).map((key) => [family, key] as const),
  );
  test.each(cases)('%s in %s', (family, key) => {
    const p = parameters[family];
    const f = (x: tf.Tensor) =>
      scalarFamilies[family]({ ...p, [key]: x })
        .rsample(rng(), [5])
        .mul(weights);
    const at = tf.scalar(p[key]);
    expectClose(gradOf(f, at), numericGradient(f, at, 5e-3), 2e-3, 2e-3);
    // `sample` passes no gradient: what is left is that of the term added.
    const stopped = (x: tf.Tensor) =>
      scalarFamilies[family]({ ...p, [key]: x })
        .sample(rng(), [5])
        .sum()
        .add(x.mul(3));
    expectClose(gradOf(stopped, at), [3], 1e-6);
  });
  test.each([-40, -0.5, -1e-3, 0, 1e-4, 0.8, 40])('ContinuousBernoulli at logit %s', (logit) => {
    const f = (x: tf.Tensor) => dist.continuousBernoulli({ logits: x }).rsample(rng(), [5]).mul(weights);
    const step = Math.max(5e-2, Math.abs(logit) * 1e-2);
    expectClose(gradOf(f, tf.scalar(logit)), numericGradient(f, tf.scalar(logit), step), 5e-3, 2e-4);
  });

  const vectors: [string, (x: tf.Tensor) => Distribution, number[]][] = [
    ['ProjectedNormal on the circle', (x) => dist.projectedNormal(x), [1, 0.5]],
    ['ProjectedNormal on the sphere', (x) => dist.projectedNormal(x), [1, 0.5, -2]],
    ['RelaxedOneHotCategorical in its logits', (x) => dist.relaxedOneHotCategorical(0.7, { logits: x }), [1, 0.5, -2]],
    ['RelaxedOneHotCategorical in its temperature', (x) => dist.relaxedOneHotCategorical(x, [0.2, 0.3, 0.5]), [0.7]],
    [
      'MultivariateNormal in loc',
      (x) =>
        dist.multivariateNormal(x, {
          scaleTril: [
            [1, 0],
            [0.5, 2],
          ],
        }),
      [1, -1],
    ],
    [
      'MultivariateNormal in its covariance',
      (x) => dist.multivariateNormal([1, -1], { covariance: symmetric(x) }),
      [2, 0.5, 1],
    ],
    [
      'MultivariateNormal in its precision',
      (x) => dist.multivariateNormal([1, -1], { precision: symmetric(x) }),
      [2, 0.5, 1],
    ],
    [
      'MultivariateNormal in a batch of factors',
      (x) =>
        dist.multivariateNormal([1, -1], {
          scaleTril: x.reshape([2, 2, 2]).mul([
            [1, 0],
            [1, 1],
          ]),
        }),
      [1, 0, 0.5, 2, 2, 0, -1, 1],
    ],
    [
      'a transformed distribution',
      (x) => new TransformedDistribution(dist.normal(x, 1), [new TanhTransform(), new AffineTransform(1, 3)]),
      [0.3, -0.5],
    ],
  ];
  test.each(vectors)('%s', (_, make, at) => {
    const f = (x: tf.Tensor) => {
      const draws = make(x).rsample(rng(), [3]);
      return draws.mul(tf.sin(tf.range(0, draws.size)).reshape(draws.shape));
    };
    const x = tf.tensor1d(at);
    expectClose(gradOf(f, x), numericGradient(f, x, 5e-3), 3e-3, 3e-3);
  });
  test('straight-through draws carry the gradient of the relaxed ones', () => {
    const x = tf.tensor1d([1, 0.5, -2]);
    const w = tf.tensor1d([1, -2, 3]);
    const hard = (l: tf.Tensor) =>
      dist.relaxedOneHotCategoricalStraightThrough(0.7, { logits: l }).rsample(rng(), [4]).mul(w);
    const soft = (l: tf.Tensor) => dist.relaxedOneHotCategorical(0.7, { logits: l }).rsample(rng(), [4]).mul(w);
    expectClose(gradOf(hard, x), gradOf(soft, x), 1e-6);
    tf.tidy(() => {
      const st = dist.relaxedOneHotCategoricalStraightThrough(0.7, [0.2, 0.3, 0.5]);
      const relaxed = dist.relaxedOneHotCategorical(0.7, [0.2, 0.3, 0.5]);
      expectClose(st.logProb(st.rsample(rng(), [4])), relaxed.logProb(relaxed.rsample(rng(), [4])), 1e-6);
    });
  });
});

/** [[a, b], [b, c]] of [a, b, c]. */
const symmetric = (x: tf.Tensor) => {
  const [a, b, c] = x.split(3);
  return tf.concat([a, b, b, c]).reshape([2, 2]);
};

describe('implicit gradients: minus the derivative of the distribution function over the density', () => {
  /** The distribution function at `to`, by Simpson's rule in a variable that resolves small values. */
  const cdf = (d: Distribution, from: number, to: number) => {
    const n = 4000;
    // x = from + (to - from) u^6 is smooth at `from`, where densities like x^-0.4 are not.
    const u = Array.from({ length: n + 1 }, (_, i) => i / n);
    const x = u.map((v) => from + (to - from) * v ** 6);
    const p = tf.tidy(() => Array.from(tf.exp(d.logProb(tf.tensor1d(x))).dataSync(), Number));
    const values = u.map((v, i) => (v === 0 ? 0 : p[i] * 6 * v ** 5 * (to - from)));
    return values.reduce((sum, y, i) => sum + y * (i === 0 || i === n ? 1 : i % 2 === 1 ? 4 : 2), 0) / (3 * n);
  };
  const cases: [string, (p: number | tf.Tensor) => Distribution, number, number][] = [
    ['Gamma in concentration 0.6', (p) => dist.gamma(p, 1.5), 0.6, 0],
    ['Gamma in concentration 4', (p) => dist.gamma(p, 1.5), 4, 0],
    ['Gamma in rate', (p) => dist.gamma(4, p), 1.5, 0],
    ['Beta in concentration1', (p) => dist.beta(p, 2.5), 0.8, 0],
    ['Beta in concentration0', (p) => dist.beta(1.4, p), 3, 0],
    ['VonMises in concentration', (p) => dist.vonMises(0, p), 1.7, -Math.PI],
    ['Dirichlet of two, in its first concentration', (p) => firstOfTwo(p, 2.5), 1.4, 0],
    ['Dirichlet of two, in its second concentration', (p) => firstOfTwo(2.5, p), 1.4, 0],
  ];
  test.each(cases)('%s', (_, make, at, low) => {
    for (let k = 0; k < 6; k++) {
      const stream = () => new RandomStream(`implicit/${k}`);
      const x = tf.tidy(() => make(at).rsample(stream()).dataSync()[0]);
      const slope = gradOf((p) => make(p).rsample(stream()), tf.scalar(at));
      const h = 0.02;
      const change = (cdf(make(at + h), low, x) - cdf(make(at - h), low, x)) / (2 * h);
      const density = tf.tidy(() => tf.exp(make(at).logProb(tf.tensor1d([x]))).dataSync()[0]);
      expectClose(slope, [-change / density], 5e-3, 2e-4);
    }
  });

  /** The first entry of a Dirichlet of two classes, whose density is that of a beta. */
  function firstOfTwo(a: number | tf.Tensor, b: number | tf.Tensor): Distribution {
    const concentration = tf.stack([tf.add(a, 0), tf.add(b, 0)]);
    const d = dist.dirichlet(concentration);
    const marginal = dist.beta(a, b);
    marginal.rsample = (stream) => d.rsample(stream).slice(0, 1).squeeze();
    return marginal;
  }

  test('VonMises in loc: the draw turns with it', () => {
    const f = (m: tf.Tensor) => dist.vonMises(m, 3).rsample(rng(), [4]);
    expectClose(gradOf(f, tf.scalar(0.3)), [4], 1e-6);
  });

  test('the mean gradient is the gradient of a mean that is known', () => {
    tf.tidy(() => {
      const n = 20000;
      const mean = (f: (p: tf.Tensor) => tf.Tensor, at: tf.Tensor) => gradOf((p) => f(p).div(n), at);
      // E x^2 = a (a + 1) for a standard gamma: slope 2 a + 1.
      expectClose(
        mean((a) => dist.gamma(a, 1).rsample(rng(), [n]).square(), tf.scalar(0.7)),
        [2.4],
        0.04,
      );
      expectClose(
        mean((a) => dist.gamma(a, 1).rsample(rng(), [n]).square(), tf.scalar(50)),
        [101],
        0.04,
      );
      // E x_0^2 = a (a + 1) / (t (t + 1)) for a Dirichlet of total t.
      const alpha = tf.tensor1d([0.8, 1.5, 2]);
      const slopes = numericGradient((a) => {
        const t = a.sum();
        const first = a.slice(0, 1);
        return first.mul(first.add(1)).div(t.mul(t.add(1)));
      }, alpha);
      const found = mean((a) => dist.dirichlet(a).rsample(rng(), [n]).slice([0, 0], [n, 1]).square(), alpha);
      expectClose(found, slopes, 0.04, 0.003);
      // E t^2 = df / (df - 2): slope -2 / (df - 2)^2.
      expectClose(
        mean((df) => dist.studentT(df).rsample(rng(), [n]).square(), tf.scalar(12)),
        [-0.02],
        0.35,
      );
    });
  });

  test('small concentrations give draws and gradients that are finite', () => {
    for (const a of [1e-3, 0.02]) {
      const at = tf.scalar(a);
      for (const f of [
        (p: tf.Tensor) => dist.gamma(p, 1).rsample(rng(), [50]),
        (p: tf.Tensor) => dist.beta(p, p).rsample(rng(), [50]),
        (p: tf.Tensor) => dist.dirichlet(p.mul(tf.ones([3]))).rsample(rng(), [50]),
      ]) {
        const draws = tf.tidy(() => Array.from(f(at).dataSync()));
        expect(draws.every((x) => x >= 0 && Number.isFinite(x))).toBe(true);
        expect(Number.isFinite(gradOf(f, at).dataSync()[0])).toBe(true);
        expect(tf.tidy(() => Number.isFinite(gradOf((p) => tf.log(f(p)), at).dataSync()[0]))).toBe(true);
      }
    }
  });
});
