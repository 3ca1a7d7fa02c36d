/** Baselines of score-function sites: the mean of the gradient stays, its variance falls, and the running mean is Pyro's recurrence. */
import * as tf from '@tensorflow/tfjs';
import { Adam, type Baseline, bernoulli, normal, ParamStore, param, plate, SVI, sample, TraceELBO } from 'pyro-ts';
import { describe, expect, it } from 'vitest';
import { expectClose } from '../../numbers.js';
import { ForcedHandler, lossAndGradients } from '../replayed.js';

const logNormal = (x: number, loc: number, s: number) =>
  -0.5 * ((x - loc) / s) ** 2 - Math.log(s) - 0.5 * Math.log(2 * Math.PI);
const [p, q] = [0.3, 0.6];
// Far from the data, so that the cost is large whatever is drawn: what a baseline is for.
const model = () => sample('x', normal(sample('k', bernoulli(p)).mul(2), 0.7), { obs: 9 });
const guideWith = (baseline?: Baseline) => () => sample('k', bernoulli(param('q', q)), { infer: { baseline } });
/** log p - log q at each draw. */
const costs = [0, 1].map((k) => Math.log(k ? p : 1 - p) + logNormal(9, 2 * k, 0.7) - Math.log(k ? q : 1 - q));
/** d/dq of -E[log p - log q]. */
const exact = costs[0] - costs[1];

/** Mean and variance over the two draws of the gradient of q, for an objective in its present state. */
function moments(elbo: () => TraceELBO, baseline?: Baseline) {
  const each = [0, 1].map((k) => {
    const { gradients } = lossAndGradients(new ParamStore(), () =>
      new ForcedHandler({ k: [k] }).run(() => elbo().estimate(model, guideWith(baseline), [])),
    );
    return gradients.q[0];
  });
  const mean = (1 - q) * each[0] + q * each[1];
  return { mean, variance: (1 - q) * (each[0] - mean) ** 2 + q * (each[1] - mean) ** 2 };
}

describe('a decaying average', () => {
  const withMean = (mean: number) => () => {
    const elbo = new TraceELBO();
    elbo.baselines.loadData(new Map([['k', { shape: [], data: Float32Array.of(mean) }]]));
    return elbo;
  };
  it('leaves the mean gradient as it is and lowers its variance', () => {
    const bare = moments(() => new TraceELBO());
    expectClose([bare.mean], [exact], 1e-4);
    const meanCost = (1 - q) * costs[0] + q * costs[1];
    const centred = moments(withMean(meanCost), { decayingAverage: 0.9 });
    expectClose([centred.mean], [exact], 1e-4);
    expect(centred.variance).toBeLessThan(0.2 * bare.variance);
  });
  it('follows the recurrence, from 0, and takes part after its cost was used', () => {
    const elbo = new TraceELBO();
    const params = new ParamStore();
    const draws = [1, 1, 0, 1, 0];
    let mean = 0;
    for (const k of draws) {
      const { gradients } = lossAndGradients(params, () =>
        new ForcedHandler({ k: [k] }).run(() => elbo.estimate(model, guideWith({ decayingAverage: 0.8 }), [])),
      );
      const score = k ? 1 / q : -1 / (1 - q);
      expectClose(gradients.q, [-score * (costs[k] - mean)], 1e-4);
      mean = 0.8 * mean + 0.2 * costs[k];
      expectClose(elbo.baselines.toData().get('k')?.data ?? [], [mean], 1e-5);
    }
  });
  it('is not moved by an evaluation', () => {
    const elbo = new TraceELBO();
    const svi = new SVI(model, guideWith({ decayingAverage: 0.8 }), new Adam(), elbo);
    svi.step();
    const before = elbo.baselines.toData();
    svi.evaluateLoss();
    expect(elbo.baselines.toData()).toEqual(before);
  });
  it('has an entry for each element of a plate, and begins again where the plate changes its size', () => {
    const elbo = new TraceELBO({ numParticles: 2, vectorizeParticles: true });
    const rows = (n: number) => () =>
      plate('rows', n, () => sample('x', normal(sample('k', bernoulli(p)), 1), { obs: new Array(n).fill(3) }));
    const guide = (n: number) => () => {
      plate('rows', n, () => {
        sample('k', bernoulli(param('q', q)), { infer: { baseline: { decayingAverage: 0.5 } } });
      });
    };
    const params = new ParamStore();
    new SVI(rows(3), guide(3), new Adam(), elbo, { params }).step();
    const first = elbo.baselines.toData().get('k');
    expect(first?.shape).toEqual([2, 3]);
    const cost = (k: number) => Math.log(k ? p : 1 - p) + logNormal(3, k, 1) - Math.log(k ? q : 1 - q);
    for (const m of first?.data ?? []) {
      expect([cost(0), cost(1)].some((c) => Math.abs(0.5 * c - m) < 1e-4)).toBe(true);
    }
    new SVI(rows(4), guide(4), new Adam(), elbo, { params }).step();
    expect(elbo.baselines.toData().get('k')?.shape).toEqual([2, 4]);
  });
});

describe('a learned value', () => {
  const learned = (begin: number) => () => {
    const value = param('baseline', begin);
    return sample('k', bernoulli(param('q', q)), { infer: { baseline: { value } } });
  };
  const gradientsAt = (begin: number, k: number) =>
    lossAndGradients(new ParamStore(), () =>
      new ForcedHandler({ k: [k] }).run(() => new TraceELBO().estimate(model, learned(begin), [])),
    ).gradients;
  it('is pulled towards the cost and is constant for the score', () => {
    for (const k of [0, 1]) {
      const gradients = gradientsAt(-50, k);
      expectClose(gradients.baseline, [-2 * (costs[k] + 50)], 1e-4);
      expectClose(gradients.q, [-(k ? 1 / q : -1 / (1 - q)) * (costs[k] + 50)], 1e-4);
    }
    expectClose([(1 - q) * gradientsAt(-50, 0).q[0] + q * gradientsAt(-50, 1).q[0]], [exact], 1e-4);
  });
  it('learns the mean cost', () => {
    const svi = new SVI(model, learned(0), new Adam((name) => ({ lr: name === 'baseline' ? 3 : 0 })), new TraceELBO());
    for (let i = 0; i < 100; i++) svi.step();
    const meanCost = (1 - q) * costs[0] + q * costs[1];
    expect(Math.abs(svi.params.get('baseline').dataSync()[0] - meanCost)).toBeLessThan(
      0.35 * Math.abs(costs[1] - costs[0]),
    );
  });
});

describe('rejections', () => {
  const step = (baseline: unknown) => () =>
    new SVI(model, guideWith(baseline as Baseline), new Adam(), new TraceELBO()).step();
  it('a decay that is no share', () => {
    expect(step({ decayingAverage: 1 })).toThrow(
      'At site "k": baseline.decayingAverage is the share of the mean that a step keeps, from 0 to below 1, not 1.',
    );
  });
  it('a value of another shape', () => {
    expect(step({ value: tf.zeros([3]) })).toThrow(
      'At site "k": baseline.value has shape [3], and the cost that it is for []',
    );
  });
  it('an unknown option', () => {
    expect(step({ decay: 0.9 })).toThrow('baseline of site "k" has no option "decay".');
  });
});
