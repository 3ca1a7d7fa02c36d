/** AutoDelta and AutoNormal against closed forms: conjugate posteriors, constrained supports, plates, subsamples, particles. */
import { take } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import {
  Adam,
  AutoDelta,
  AutoNormal,
  bernoulli,
  categorical,
  constraints,
  dirichlet,
  exponential,
  gamma,
  logNormal,
  normal,
  ParamStore,
  param,
  plate,
  SVI,
  sample,
  TraceELBO,
  TraceMeanFieldELBO,
  transformTo,
  uniform,
} from 'pyro-ts';
import { TransformedDistribution } from 'pyro-ts/distributions';
import { describe, expect, it } from 'vitest';
import { expectClose } from '../../numbers.js';
import { logNormal as logDensity, mediansOf, train, valuesOf } from './train.js';

const data = [1.2, 0.7, 1.9, 1.4];
const sum = (x: readonly number[]) => x.reduce((a, b) => a + b, 0);
const normalMean = () => {
  const mu = sample('mu', normal(0, 2));
  plate('data', data.length, () => sample('x', normal(mu, 0.8), { obs: data }));
};
const precision = 1 / 4 + data.length / 0.64;
const posterior = { mean: sum(data) / 0.64 / precision, sd: precision ** -0.5 };
/** log p(x) = log p(x, mu) - log p(mu | x), at any mu. */
const evidence =
  logDensity(0, 0, 4) + sum(data.map((x) => logDensity(x, 0, 0.64))) - logDensity(0, posterior.mean, posterior.sd ** 2);

describe('AutoDelta finds the maximum of the posterior density', () => {
  it('of a normal mean', () => {
    const auto = new AutoDelta(normalMean);
    const svi = train(normalMean, auto.guide, { steps: 200, args: [] });
    expectClose(mediansOf(auto, svi.params).mu, [posterior.mean], 1e-4);
  });
  it('of a positive precision, in its own space (no Jacobian)', () => {
    const x = [0.5, -1.1, 0.3, 2, -0.7];
    const model = () => {
      const tau = sample('tau', gamma(3, 2));
      plate('data', x.length, () => sample('x', normal(0, tau.pow(-0.5)), { obs: x }));
    };
    const auto = new AutoDelta(model);
    const svi = train(model, auto.guide, { steps: 300, args: [] });
    const mode = (3 + x.length / 2 - 1) / (2 + sum(x.map((v) => v * v)) / 2);
    expectClose(mediansOf(auto, svi.params).tau, [mode], 1e-3);
  });
  it('of probabilities on a simplex', () => {
    const model = () => {
      const p = sample('p', dirichlet([2, 3, 4]));
      plate('data', 6, () => sample('k', categorical(p), { obs: [0, 0, 2, 1, 2, 2] }));
    };
    const auto = new AutoDelta(model);
    const svi = train(model, auto.guide, { steps: 300, args: [] });
    expectClose(mediansOf(auto, svi.params).p, [3 / 12, 3 / 12, 6 / 12], 1e-3);
  });
  it('of a number between bounds', () => {
    const model = () => sample('x', normal(sample('z', uniform(2, 5)), 1), { obs: 2.9 });
    const auto = new AutoDelta(model);
    const svi = train(model, auto.guide, { steps: 300, args: [] });
    expectClose(mediansOf(auto, svi.params).z, [2.9], 1e-3);
  });
});

describe('AutoNormal', () => {
  it('finds a conjugate posterior, with particles one by one or at once', () => {
    for (const vectorizeParticles of [false, true]) {
      const auto = new AutoNormal(normalMean);
      const elbo = new TraceELBO({ numParticles: 8, vectorizeParticles });
      const svi = train(normalMean, auto.guide, { steps: vectorizeParticles ? 400 : 200, elbo, args: [] });
      expectClose(valuesOf(svi.params, 'auto.mu.loc'), [posterior.mean], 0.03);
      expectClose(valuesOf(svi.params, 'auto.mu.scale'), [posterior.sd], 0.06);
    }
  });
  it('has a loss of minus the log evidence, whatever it draws, where it is the posterior', () => {
    const params = new ParamStore();
    params.set('auto.mu.loc', posterior.mean);
    params.set('auto.mu.scale', posterior.sd, constraints.positive);
    for (const seed of [1, 2, 3]) {
      const svi = new SVI(normalMean, new AutoNormal(normalMean).guide, new Adam(), new TraceELBO(), { params, seed });
      expect(svi.evaluateLoss()).toBeCloseTo(-evidence, 4);
    }
  });
  it('counts the Jacobian of a constrained site', () => {
    // log z ~ N(0.5, 0.7^2) and x ~ N(log z, 0.4^2): the posterior of log z is normal.
    const model = () => sample('x', normal(sample('z', logNormal(0.5, 0.7)).log(), 0.4), { obs: 1.5 });
    const tau = 1 / 0.49 + 1 / 0.16;
    const mean = (0.5 / 0.49 + 1.5 / 0.16) / tau;
    const params = new ParamStore();
    params.set('auto.z.loc', mean);
    params.set('auto.z.scale', tau ** -0.5, constraints.positive);
    const auto = new AutoNormal(model);
    const svi = new SVI(model, auto.guide, new Adam(), new TraceELBO({ numParticles: 3, vectorizeParticles: true }), {
      params,
    });
    expect(svi.evaluateLoss()).toBeCloseTo(-logDensity(1.5, 0.5, 0.49 + 0.16), 4);
    expectClose(mediansOf(auto, params).z, [Math.exp(mean)], 1e-5);
    const quantiles = auto.quantiles(params, [0.1, 0.9]).z;
    const at = (deviations: number) => Math.exp(mean + deviations * tau ** -0.5);
    expectClose(quantiles[0], [at(-1.2815516)], 1e-4);
    expectClose(quantiles[1], [at(1.2815516)], 1e-4);
  });
  it('orders quantiles also where the transform turns the order round', () => {
    const below = new TransformedDistribution(exponential(1), [
      transformTo(constraints.positive).inv,
      transformTo(constraints.lessThan(3)),
    ]);
    const model = () => sample('x', normal(sample('z', below), 1), { obs: 2 });
    const auto = new AutoNormal(model);
    const svi = train(model, auto.guide, { steps: 5, args: [] });
    const [low, high] = auto.quantiles(svi.params, [0.05, 0.95]).z.map((t) => t.dataSync()[0]);
    expect(low).toBeLessThan(high);
    expect(high).toBeLessThan(3);
  });
  it('learns a plate of vectors, each entry at its own place', () => {
    const x = [
      [1, -1],
      [0.5, 2],
      [3, 0],
    ];
    const model = () =>
      plate('rows', 3, () => {
        const z = sample('z', normal(0, 1).expand([2]).toEvent(1));
        sample('x', normal(z, 0.5).toEvent(1), { obs: x });
      });
    const auto = new AutoNormal(model);
    const elbo = new TraceELBO({ numParticles: 4, vectorizeParticles: true });
    const svi = train(model, auto.guide, { steps: 400, elbo, args: [] });
    expect(svi.params.unconstrained('auto.z.loc').shape).toEqual([3, 2]);
    expectClose(
      valuesOf(svi.params, 'auto.z.loc'),
      x.flat().map((v) => v / 0.25 / 5),
      0.05,
      0.05,
    );
    expectClose(valuesOf(svi.params, 'auto.z.scale'), new Array(6).fill(5 ** -0.5), 0.12);
  });
  it('works with the mean-field bound', () => {
    const auto = new AutoNormal(normalMean);
    const svi = train(normalMean, auto.guide, {
      steps: 300,
      elbo: new TraceMeanFieldELBO({ numParticles: 4 }),
      args: [],
    });
    expectClose(valuesOf(svi.params, 'auto.mu.loc'), [posterior.mean], 0.03);
    expectClose(valuesOf(svi.params, 'auto.mu.scale'), [posterior.sd], 0.06);
  });
});

describe('plates that subsample', () => {
  const x = [2, -1, 0.5, 3, -2, 1];
  const exact = x.map((v) => v / 0.25 / 5);

  it('learn the local parameters of the chosen elements', () => {
    const model = () =>
      plate('data', 6, { subsampleSize: 2 }, (i) => {
        const z = sample('z', normal(0, 1));
        sample('x', normal(z, 0.5), { obs: take(tf.tensor1d(x), i) });
      });
    const auto = new AutoNormal(model);
    const elbo = new TraceELBO({ numParticles: 4, vectorizeParticles: true });
    const svi = train(model, auto.guide, { steps: 900, elbo, args: [] });
    expect(svi.params.unconstrained('auto.z.loc').shape).toEqual([6]);
    expectClose(valuesOf(svi.params, 'auto.z.loc'), exact, 0.06, 0.06);
    expectClose(valuesOf(svi.params, 'auto.z.scale'), new Array(6).fill(5 ** -0.5), 0.15);
  });

  const batched = (chosen: number[]) =>
    plate('data', 6, { subsample: chosen }, () => {
      const z = sample('z', normal(0, 1));
      sample('x', normal(z, 0.5), { obs: chosen.map((i) => x[i]) });
    });
  it('learn from batches that the arguments name, of any size', () => {
    const auto = new AutoDelta(batched, { subsample: (chosen) => ({ data: chosen }) });
    const svi = new SVI(batched, auto.guide, new Adam({ lr: 0.05 }), new TraceELBO(), { seed: 0 });
    for (let i = 0; i < 200; i++)
      for (const batch of [
        [0, 5, 2, 1],
        [3, 4],
      ])
        svi.step(batch);
    expectClose(mediansOf(auto, svi.params).z, exact, 0.01, 0.01);
  });
  it('and say so where the batch is not told', () => {
    const svi = new SVI(batched, new AutoDelta(batched).guide, new Adam(), new TraceELBO(), { seed: 0 });
    expect(() => svi.step([0, 1])).toThrow(
      'Site "z" is in plate "data", whose elements the model is given as indices, so that an autoguide cannot know them. ' +
        "Give it the option subsample: (...args) => ({ 'data': indices }).",
    );
  });
  it('begin where a chosen element began, in every dimension', () => {
    const model = () =>
      plate('columns', 5, { subsampleSize: 2, dim: -1 }, () =>
        plate('rows', 2, { dim: -2 }, () => {
          sample('z', normal(tf.tensor2d([[-100], [100]]), 1));
        }),
      );
    const svi = new SVI(model, new AutoDelta(model).guide, new Adam(), new TraceELBO(), { seed: 0 });
    svi.evaluateLoss();
    const begin = valuesOf(svi.params, 'auto.z');
    expect(begin.slice(0, 5).every((v) => Math.abs(v + 100) < 5)).toBe(true);
    expect(begin.slice(5).every((v) => Math.abs(v - 100) < 5)).toBe(true);
  });
});

describe('options and rejections', () => {
  it('begins at the initial values given', () => {
    const auto = new AutoDelta(normalMean, { initialValues: { mu: 7 } });
    const svi = train(normalMean, auto.guide, { steps: 0, args: [] });
    svi.evaluateLoss();
    expectClose(mediansOf(auto, svi.params).mu, [7]);
  });
  it.each<[string, () => unknown, Record<string, unknown>, string]>([
    [
      'outside the support',
      () => sample('s', exponential(1)),
      { s: -1 },
      'initialValues of site "s": the value must be',
    ],
    [
      'of another shape',
      () => sample('v', normal(0, 1).expand([3]).toEvent(1)),
      { v: [1, 2] },
      'initialValues of site "v": a value of shape [2] does not fit the site, which has shape [3]',
    ],
  ])('an initial value %s is rejected', (_, model, initialValues, message) => {
    const auto = new AutoDelta(model, { initialValues: initialValues as Record<string, number> });
    expect(() => new SVI(model, auto.guide, new Adam(), new TraceELBO()).step()).toThrow(message);
  });
  it('a discrete site is rejected, with the way out', () => {
    const model = () => sample('z', bernoulli(0.5));
    const svi = new SVI(model, new AutoNormal(model).guide, new Adam(), new TraceELBO());
    expect(() => svi.step()).toThrow('An autoguide for continuous variables met the discrete site "z". Enumerate it');
  });
  it('a median before the first run is rejected', () => {
    expect(() => new AutoNormal(normalMean).median(new ParamStore())).toThrow(
      'AutoNormal has not looked at its model yet. Run its guide once, with svi.step or svi.evaluateLoss.',
    );
  });
  it('unknown options and a scale that is not positive are rejected', () => {
    expect(() => new AutoNormal(normalMean, { initscale: 1 } as never)).toThrow('Did you mean "initScale"?');
    expect(() => new AutoNormal(normalMean, { initScale: 0 })).toThrow(
      'AutoNormal: initScale is a positive number, not 0.',
    );
    expect(() => new AutoDelta('model' as never)).toThrow('AutoDelta: the first argument is the model, a function.');
  });
});

it("the look at the model makes the model's parameters as the run's seed says, and leaks no tensor", () => {
  const model = () => {
    const w = param('w', (rng) => rng.nextNormal());
    sample('x', normal(sample('z', normal(w, 1)), 1), { obs: 1 });
  };
  const begin = (seed: number) => {
    const svi = new SVI(model, new AutoNormal(model).guide, new Adam(), new TraceELBO(), { seed });
    svi.evaluateLoss();
    return valuesOf(svi.params, 'w')[0];
  };
  expect(begin(1)).toBe(begin(1));
  expect(begin(1)).not.toBe(begin(2));
  const svi = new SVI(model, new AutoNormal(model).guide, new Adam(), new TraceELBO());
  svi.step();
  const before = tf.memory().numTensors;
  for (let i = 0; i < 20; i++) svi.step();
  expect(tf.memory().numTensors).toBe(before);
});
