/** AutoDiscreteParallel against exact posteriors, and AutoGuideList: several guides as one. */
import * as tf from '@tensorflow/tfjs';
import {
  Adam,
  AutoDelta,
  AutoDiscreteParallel,
  AutoGuideList,
  AutoNormal,
  bernoulli,
  binomial,
  categorical,
  normal,
  oneHotCategorical,
  param,
  plate,
  SVI,
  sample,
  TraceELBO,
  TraceEnumELBO,
} from 'pyro-ts';
import { describe, expect, it } from 'vitest';
import { expectClose } from '../../numbers.js';
import { logNormal, mediansOf, train, valuesOf } from './train.js';

const weights = [0.2, 0.5, 0.3];
const means = [-1, 0.5, 2];
const x = [0.1, 2.2, -0.7, 0.9];
/** p(z | x) and log p(x), by Bayes' rule. */
const bayes = x.map((v) => {
  const joint = weights.map((w, k) => w * Math.exp(logNormal(v, means[k], 1)));
  const total = joint.reduce((a, b) => a + b);
  return { posterior: joint.map((j) => j / total), logEvidence: Math.log(total) };
});
const evidence = bayes.reduce((s, b) => s + b.logEvidence, 0);

const mixture = (subsampleSize: number) => () =>
  plate('data', 4, { subsampleSize }, (i) => {
    const z = sample('z', oneHotCategorical(weights));
    const loc = z.mul(means).sum(-1);
    sample('x', normal(loc, 1), { obs: Array.from(i.dataSync(), (at) => x[at]) });
  });

describe('AutoDiscreteParallel', () => {
  it('finds the exact posterior of independent variables; the bound is then the evidence', () => {
    const model = mixture(4);
    const auto = new AutoDiscreteParallel(model);
    const svi = train(model, auto.guide, { steps: 300, lr: 0.1, elbo: new TraceEnumELBO(), args: [] });
    expectClose(
      valuesOf(svi.params, 'auto.z.probs'),
      bayes.flatMap((b) => b.posterior),
      0,
      0.01,
    );
    svi.params.set(
      'auto.z.probs',
      bayes.map((b) => b.posterior),
    );
    expect(svi.evaluateLoss()).toBeCloseTo(-evidence, 4);
    const likeliest = bayes.map(({ posterior: p }) => p.map((v) => (v === Math.max(...p) ? 1 : 0)));
    expect(mediansOf(auto, svi.params).z).toEqual(likeliest.flat());
  });
  it('keeps a table for every element of a plate that subsamples', () => {
    const model = mixture(2);
    const auto = new AutoDiscreteParallel(model);
    const svi = train(model, auto.guide, { steps: 500, lr: 0.1, elbo: new TraceEnumELBO(), compile: false, args: [] });
    expectClose(
      valuesOf(svi.params, 'auto.z.probs'),
      bayes.flatMap((b) => b.posterior),
      0,
      0.01,
    );
  });
  it('knows Bernoulli and Categorical, masked or not', () => {
    const model = () => {
      const b = sample('b', bernoulli(0.3));
      const c = sample('c', categorical(weights).mask(true));
      sample('x', normal(b.mul(2).add(c), 1), { obs: 2 });
    };
    const joint = [0, 1].flatMap((b) =>
      weights.map((w, c) => (b ? 0.3 : 0.7) * w * Math.exp(logNormal(2, 2 * b + c, 1))),
    );
    const auto = new AutoDiscreteParallel(model);
    const svi = train(model, auto.guide, { steps: 300, lr: 0.1, elbo: new TraceEnumELBO(), args: [] });
    // The best product of two tables, by fixed-point iteration of the mean-field equations.
    const [qb, qc] = meanField(joint.map(Math.log));
    expectClose(valuesOf(svi.params, 'auto.b.probs'), qb, 1e-2);
    expectClose(valuesOf(svi.params, 'auto.c.probs'), qc, 1e-2);
    const medians = mediansOf(auto, svi.params);
    expect([medians.b[0], medians.c[0]]).toEqual([qb.indexOf(Math.max(...qb)), qc.indexOf(Math.max(...qc))]);
  });
  it('rejects other families by name', () => {
    const model = () => sample('n', binomial(3, 0.5));
    const svi = new SVI(model, new AutoDiscreteParallel(model).guide, new Adam(), new TraceEnumELBO());
    expect(() => svi.step()).toThrow(
      'AutoDiscreteParallel knows Bernoulli, Categorical and OneHotCategorical; site "n" is Binomial.',
    );
  });
});

/** Tables q(b) q(c) that fit a log table [2, 3] best. */
function meanField(log: number[]): [number[], number[]] {
  const normalised = (logits: number[]) => {
    const total = logits.reduce((s, l) => s + Math.exp(l), 0);
    return logits.map((l) => Math.exp(l) / total);
  };
  let qb = [0.5, 0.5];
  let qc = [1 / 3, 1 / 3, 1 / 3];
  for (let i = 0; i < 200; i++) {
    qb = normalised([0, 1].map((b) => qc.reduce((s, q, c) => s + q * log[b * 3 + c], 0)));
    qc = normalised([0, 1, 2].map((c) => qb.reduce((s, q, b) => s + q * log[b * 3 + c], 0)));
  }
  return [qb, qc];
}

describe('AutoGuideList', () => {
  const model = () => {
    const a = sample('a', normal(0, 1));
    const b = sample('b', normal(0, 1));
    const c = sample('c', normal(0, 1));
    sample('x', normal(a, 1), { obs: 1 });
    sample('y', normal(b, 1), { obs: 2 });
    sample('w', normal(c, 1), { obs: 3 });
  };
  it('shares the sites between autoguides, lists and guides by hand', () => {
    const byHand = (): Record<string, tf.Tensor> => ({ c: sample('c', normal(param('c_loc', 0), 0.5 ** 0.5)) });
    const auto = new AutoGuideList([
      new AutoNormal(model, { sites: ['a'] }),
      new AutoGuideList([new AutoDelta(model, { sites: ['b'], prefix: 'point' })]),
      byHand,
    ]);
    const elbo = new TraceELBO({ numParticles: 8, vectorizeParticles: true });
    const svi = train(model, auto.guide, { steps: 300, elbo, args: [] });
    const medians = mediansOf(auto, svi.params);
    expectClose(medians.a, [0.5], 0.05);
    expectClose(medians.b, [1], 0.01);
    expectClose(valuesOf(svi.params, 'c_loc'), [1.5], 0.05);
    expect(Object.keys(medians)).toEqual(['a', 'b']);
    const drawn = svi.params.run(() => auto.guide());
    expect(Object.keys(drawn)).toEqual(['a', 'b', 'c']);
  });
  it('composes continuous and discrete guides in shared plates', () => {
    const joint = () => {
      const shift = sample('shift', normal(0, 1));
      plate('data', 4, { subsampleSize: 2 }, (i) => {
        const z = sample('z', bernoulli(0.4));
        const chosen = Array.from(i.dataSync(), (at) => x[at]);
        sample('x', normal(shift.add(z.mul(3)), 1), { obs: chosen });
        const local = sample('local', normal(0, 1));
        sample('y', normal(local, 1), { obs: chosen });
      });
    };
    const auto = new AutoGuideList([
      new AutoNormal(joint, { sites: ['shift', 'local'] }),
      new AutoDiscreteParallel(joint, { sites: ['z'], prefix: 'discrete' }),
    ]);
    const svi = train(joint, auto.guide, { steps: 400, elbo: new TraceEnumELBO(), compile: false, args: [] });
    expect(svi.params.get('discrete.z.probs').shape).toEqual([4, 2]);
    expectClose(
      valuesOf(svi.params, 'auto.local.loc'),
      x.map((v) => v / 2),
      0.2,
      0.1,
    );
  });
  it('rejects two parts with one prefix', () => {
    expect(() => new AutoGuideList([new AutoNormal(model), new AutoGuideList([new AutoDelta(model)])])).toThrow(
      'AutoGuideList: two parts have the prefix "auto", so that their parameters could collide. Give each its own prefix.',
    );
  });
});

it('tf stays tidy: a list of guides leaks no tensor', () => {
  const model = mixture(2);
  const svi = new SVI(model, new AutoDiscreteParallel(model).guide, new Adam(), new TraceEnumELBO());
  svi.step();
  const before = tf.memory().numTensors;
  for (let i = 0; i < 10; i++) svi.step();
  expect(tf.memory().numTensors).toBe(before);
});
