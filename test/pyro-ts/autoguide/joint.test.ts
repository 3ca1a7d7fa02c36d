/** AutoDiagonalNormal, AutoMultivariateNormal, AutoLaplaceApproximation and AutoIAFNormal against exact posteriors. */
import * as tf from '@tensorflow/tfjs';
import {
  Adam,
  AutoDiagonalNormal,
  AutoIAFNormal,
  AutoLaplaceApproximation,
  AutoLowRankMultivariateNormal,
  AutoMultivariateNormal,
  beta,
  binomial,
  constraints,
  dirichlet,
  gamma,
  multivariateNormal,
  normal,
  ParamStore,
  Predictive,
  plate,
  poisson,
  SVI,
  sample,
  seed,
  TraceELBO,
  TraceMeanFieldELBO,
  valueAndGradients,
} from 'pyro-ts';
import { describe, expect, it } from 'vitest';
import { expectClose } from '../../numbers.js';
import { logNormal, mediansOf, train, valuesOf } from './train.js';

// Linear regression y = a + b t + noise: the posterior of (a, b) is normal with precision I + X'X / s^2.
const t = [0, 1, 2, 3];
const y = [0.3, 0.9, 2.2, 2.8];
const noise = 0.5;
const regression = () => {
  const a = sample('a', normal(0, 1));
  const b = sample('b', normal(0, 1));
  plate('data', 4, () => sample('y', normal(a.add(b.mul(t)), noise), { obs: y }));
};
const sumOver = (f: (t: number, y: number) => number) => t.reduce((s, x, i) => s + f(x, y[i]), 0) / noise ** 2;
const precision = [1 + sumOver(() => 1), sumOver((x) => x), 1 + sumOver((x) => x * x)];
const determinant = precision[0] * precision[2] - precision[1] ** 2;
const covariance = [precision[2] / determinant, -precision[1] / determinant, precision[0] / determinant];
const moment = [sumOver((_, v) => v), sumOver((x, v) => x * v)];
const mean = [
  covariance[0] * moment[0] + covariance[1] * moment[1],
  covariance[1] * moment[0] + covariance[2] * moment[1],
];
const factor = [Math.sqrt(covariance[0]), covariance[1] / Math.sqrt(covariance[0])];
const lowerRight = Math.sqrt(covariance[2] - factor[1] ** 2);
/** log p(y) = log p(y, a, b) - log p(a, b | y), at (0, 0). */
const evidence =
  2 * logNormal(0, 0, 1) +
  y.reduce((s, v) => s + logNormal(v, 0, noise ** 2), 0) +
  Math.log(2 * Math.PI) -
  0.5 * Math.log(determinant) +
  0.5 * (precision[0] * mean[0] ** 2 + 2 * precision[1] * mean[0] * mean[1] + precision[2] * mean[1] ** 2);

describe('AutoLowRankMultivariateNormal', () => {
  it('has a loss of minus the log evidence, whatever it draws, where it is the posterior', () => {
    // Two entries of one correlation: |w| each, of opposite signs, beside a variance of 1, times their scales.
    const correlation = covariance[1] / Math.sqrt(covariance[0] * covariance[2]);
    const w = Math.sqrt(Math.abs(correlation) / (1 - Math.abs(correlation)));
    const params = new ParamStore();
    const auto = new AutoLowRankMultivariateNormal(regression, { rank: 1 });
    const svi = new SVI(regression, auto.guide, new Adam({ lr: 0 }), new TraceELBO(), { params, seed: 1 });
    svi.evaluateLoss();
    tf.tidy(() => {
      params.set('auto.loc', tf.tensor1d(mean));
      params.set('auto.factor', tf.tensor2d([[w], [Math.sign(correlation) * w]]));
      const scales = [covariance[0], covariance[2]].map((v) => Math.sqrt(v / (1 + w * w)));
      params.set('auto.scale', tf.tensor1d(scales), constraints.positive);
    });
    for (let i = 0; i < 5; i++) expect(svi.evaluateLoss()).toBeCloseTo(-evidence, 4);
  });

  it('learns the posterior', () => {
    const auto = new AutoLowRankMultivariateNormal(regression, { rank: 1 });
    const elbo = new TraceELBO({ numParticles: 8, vectorizeParticles: true });
    const svi = train(regression, auto.guide, { steps: 500, lr: 0.05, elbo, args: [] });
    const medians = mediansOf(auto, svi.params);
    expectClose([...medians.a, ...medians.b], mean, 0.05, 0.03);
    expect(svi.evaluateLoss()).toBeCloseTo(-evidence, 1);
  });

  it('takes a whole number of directions', () => {
    expect(() => new AutoLowRankMultivariateNormal(regression, { rank: 0.5 })).toThrow(
      /rank must be a positive integer; got 0.5/,
    );
  });
});

describe('AutoMultivariateNormal', () => {
  it('has a loss of minus the log evidence, whatever it draws, where it is the posterior', () => {
    const params = new ParamStore();
    params.set('auto.loc', mean);
    params.set('auto.scale', [factor[0], lowerRight], constraints.positive);
    params.set('auto.below', [
      [5, 7],
      [factor[1] / lowerRight, 9],
    ]);
    for (const vectorizeParticles of [false, true]) {
      for (const elbo of [TraceELBO, TraceMeanFieldELBO].map((E) => new E({ numParticles: 3, vectorizeParticles }))) {
        const guide = new AutoMultivariateNormal(regression).guide;
        expect(new SVI(regression, guide, new Adam(), elbo, { params }).evaluateLoss()).toBeCloseTo(-evidence, 3);
      }
    }
  });
  it('learns the correlated posterior of a linear regression', () => {
    const auto = new AutoMultivariateNormal(regression);
    const elbo = new TraceELBO({ numParticles: 8, vectorizeParticles: true });
    const svi = train(regression, auto.guide, { steps: 500, lr: 0.05, elbo, args: [] });
    const medians = mediansOf(auto, svi.params);
    expectClose([...medians.a, ...medians.b], mean, 0.05, 0.03);
    expectClose(valuesOf(svi.params, 'auto.scale'), [factor[0], lowerRight], 0.1);
    expect(valuesOf(svi.params, 'auto.below')[2] * lowerRight).toBeCloseTo(factor[1], 1);
    expect(svi.evaluateLoss()).toBeCloseTo(-evidence, 1);
  });
});

describe('AutoDiagonalNormal', () => {
  it('finds the best factorised normal: the means, and the conditional standard deviations', () => {
    const auto = new AutoDiagonalNormal(regression);
    const elbo = new TraceELBO({ numParticles: 16, vectorizeParticles: true });
    const svi = train(regression, auto.guide, { steps: 500, elbo, args: [] });
    expectClose(valuesOf(svi.params, 'auto.loc'), mean, 0.05, 0.03);
    expectClose(
      valuesOf(svi.params, 'auto.scale'),
      [precision[0], precision[2]].map((p) => p ** -0.5),
      0.1,
    );
  });
  it('deals its vector out to sites of any shape, support and plates, with particles at once', () => {
    const model = () => {
      sample('w', normal(0, 1).expand([2, 3]).toEvent(2));
      plate('rows', 2, () => {
        sample('p', dirichlet([1, 2, 3]));
        plate('cells', 3, () => sample('rate', gamma(2, 2)));
      });
    };
    const auto = new AutoDiagonalNormal(model);
    const numParticles = 5;
    const elbo = new TraceELBO({ numParticles, vectorizeParticles: true, maxPlateNesting: 2 });
    const svi = new SVI(model, auto.guide, new Adam(), elbo, { seed: 0 });
    const atOnce = svi.evaluateLoss();
    expect(svi.params.get('auto.loc').shape).toEqual([6 + 2 * 2 + 6]);
    const medians = auto.median(svi.params);
    expect(Object.entries(medians).map(([name, m]) => [name, m.shape])).toEqual([
      ['w', [2, 3]],
      ['p', [2, 3]],
      ['rate', [3, 2]],
    ]);
    // log q is the same function whether particles run at once or in turn: compare means over many.
    const losses = (e: TraceELBO) => {
      const inTurn = new SVI(model, auto.guide, new Adam(), e, { params: svi.params, seed: 1 });
      return inTurn.evaluateLoss();
    };
    expect(losses(new TraceELBO({ numParticles: 400 }))).toBeCloseTo(
      losses(new TraceELBO({ numParticles: 4000, vectorizeParticles: true, maxPlateNesting: 2 })),
      0,
    );
    expect(Number.isFinite(atOnce)).toBe(true);
  });
  it('rejects a site in a plate that subsamples', () => {
    const model = () => plate('data', 5, { subsampleSize: 2 }, () => sample('z', normal(0, 1)));
    const svi = new SVI(model, new AutoDiagonalNormal(model).guide, new Adam(), new TraceELBO());
    expect(() => svi.step()).toThrow('Site "z" is inside plate "data", which subsamples, so it cannot be part of one');
  });
});

describe('AutoLaplaceApproximation', () => {
  it('is exact where the posterior is normal', () => {
    const auto = new AutoLaplaceApproximation(regression);
    const svi = train(regression, auto.guide, { steps: 1, args: [] });
    svi.params.set('auto.loc', mean);
    const gaussian = auto.laplaceApproximation(svi.params, []);
    const loss = (guide: () => unknown) =>
      new SVI(regression, guide, new Adam(), new TraceELBO({ numParticles: 5 }), { params: svi.params }).evaluateLoss();
    expect(loss(gaussian.guide)).toBeCloseTo(-evidence, 3);
    expectClose(valuesOf(svi.params, 'auto.laplace.scale'), [factor[0], lowerRight], 1e-3);
    expectClose(valuesOf(svi.params, 'auto.laplace.loc'), mean, 1e-3, 1e-3);
    const { a } = new Predictive(regression, { guide: gaussian.guide, params: svi.params, numSamples: 4 }).draw();
    expect(a.shape).toEqual([4]);
  });
  it('takes the curvature in unconstrained space, at any scale', () => {
    // k ~ Binomial(n, p), p ~ Beta(a, b): in x = logit p the peak is at p = (k + a) / (n + a + b) and -d2 = (n + a + b) p (1 - p).
    for (const [n, k] of [
      [20, 7],
      [4e6, 1e6],
    ]) {
      const model = () => sample('k', binomial(n, sample('p', beta(2, 3))), { obs: k });
      const auto = new AutoLaplaceApproximation(model, { initialValues: { p: k / n } });
      // At 4e6 the gradient is a difference of large numbers, which rounding moves by more than a compiled step may differ.
      const compile = n === 20;
      const svi = train(model, auto.guide, { steps: 400, lr: 0.02, cooled: 1e-3, compile, args: [] });
      const gaussian = auto.laplaceApproximation(svi.params, []);
      const p = (k + 2) / (n + 5);
      expectClose(mediansOf(gaussian, svi.params).p, [p], 1e-3);
      expectClose(valuesOf(svi.params, 'auto.laplace.scale'), [((n + 5) * p * (1 - p)) ** -0.5], 1e-2);
    }
  });
  it('says where the point is no peak', () => {
    const bimodal = () => sample('x', normal(sample('z', normal(0, 1)).square(), 0.1), { obs: 1 });
    const params = new ParamStore();
    params.set('auto.loc', [0]);
    const auto = new AutoLaplaceApproximation(bimodal);
    new SVI(bimodal, auto.guide, new Adam(), new TraceELBO(), { params }).evaluateLoss();
    expect(() => auto.laplaceApproximation(params, [])).toThrow(
      /needs a peak of the log density, and the point that was learned is none: its curvature along site "z" is/,
    );
  });
});

describe('AutoIAFNormal', () => {
  it('fits a curved posterior better than any normal: the bound comes nearer to the evidence', () => {
    // A bent valley: x ~ N(z1 + z0^2, s), of which z1 can be integrated out by hand and z0 by quadrature.
    const s = 0.3;
    const model = () => {
      const z = sample('z', normal(0, 1).expand([2]).toEvent(1));
      const [z0, z1] = tf.split(z, 2, -1).map((part) => tf.squeeze(part, [-1]));
      sample('x', normal(z1.add(z0.square()), s), { obs: -0.5 });
    };
    let total = 0;
    for (let z = -6; z < 6; z += 0.01) {
      total += 0.01 * Math.exp(logNormal(z, 0, 1) + logNormal(-0.5, z * z, 1 + s * s));
    }
    const gap = (auto: AutoIAFNormal<[]> | AutoMultivariateNormal<[]>) => {
      const elbo = (numParticles: number) =>
        new TraceELBO({ numParticles, vectorizeParticles: true, maxPlateNesting: 0 });
      const { params } = train(model, auto.guide, { steps: 400, lr: 0.03, cooled: 0.03, elbo: elbo(32), args: [] });
      return Math.log(total) + new SVI(model, auto.guide, new Adam(), elbo(8000), { params }).evaluateLoss();
    };
    expect(gap(new AutoMultivariateNormal(model))).toBeGreaterThan(0.3);
    const bent = gap(new AutoIAFNormal(model, { hiddenDim: 16 }));
    expect(bent).toBeGreaterThan(-0.02);
    expect(bent).toBeLessThan(0.1);
  });
  it('its density is that of the change of variables: by one pass over its own draws or by inverting the flow', () => {
    const model = () => sample('z', multivariateNormal([0, 0, 0], { scaleTril: tf.eye(3) }));
    const auto = new AutoIAFNormal(model, { numTransforms: 2 });
    const params = new ParamStore();
    const loss = () => seed.with(3, () => new TraceELBO({ numParticles: 3 }).estimate(model, auto.guide, []).loss);
    // On the gradient tape the density takes the values on the way; without one it inverts the flow.
    const onTape = valueAndGradients(params, loss).value.dataSync()[0];
    expect(params.run(loss).dataSync()[0]).toBeCloseTo(onTape, 4);
    expect(mediansOf(auto, params).z.length).toBe(3);
  });
  it('needs two dimensions', () => {
    const model = () => sample('k', poisson(sample('r', gamma(1, 1))), { obs: 1 });
    expect(() => new SVI(model, new AutoIAFNormal(model).guide, new Adam(), new TraceELBO()).step()).toThrow(
      'AutoIAFNormal: an autoregressive flow needs at least 2 latent dimensions, and the model has 1. Use AutoNormal.',
    );
  });
});
