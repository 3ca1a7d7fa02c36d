/** Baselines of sites that TraceEnumELBO draws: the mean gradient stays, its variance falls, and each plate element counts only its own costs. */
import * as tf from '@tensorflow/tfjs';
import {
  Adam,
  type Baseline,
  bernoulli,
  type ElboEstimate,
  type InferConfig,
  normal,
  onWarning,
  ParamStore,
  param,
  plate,
  SVI,
  sample,
  TraceEnumELBO,
  type TraceEnumElboOptions,
} from 'pyro-ts';
import { describe, expect, it, test } from 'vitest';
import { expectClose } from '../../numbers.js';
import { ForcedHandler, lossAndGradients } from '../replayed.js';
import { enumerated, normalLogProb } from './helpers.js';

const objective = (options: TraceEnumElboOptions = {}) =>
  new TraceEnumELBO({ maxPlateNesting: 0, strictEnumerationWarning: false, ...options });
/** The gradients of one estimate, with the values of the drawn sites laid down. */
const gradients = (values: Record<string, (number | number[])[]>, estimate: () => ElboEstimate) => {
  const store = new ParamStore();
  const found = lossAndGradients(store, () => new ForcedHandler(values).run(estimate)).gradients;
  store.dispose();
  return found;
};
const logBernoulli = (k: number, p: number) => Math.log(k ? p : 1 - p);
const score = (k: number, q: number) => (k ? 1 / q : -1 / (1 - q));

const [p, q] = [0.3, 0.6];
const model = () => sample('x', normal(sample('k', bernoulli(p)).mul(2), 0.7), { obs: 9 });
const guideWith = (baseline?: Baseline) => () => sample('k', bernoulli(param('q', q)), { infer: { baseline } });
const costs = [0, 1].map((k) => logBernoulli(k, p) + normalLogProb(9, 2 * k, 0.7) - logBernoulli(k, q));
const meanCost = (1 - q) * costs[0] + q * costs[1];

describe('a site of its own', () => {
  const moments = (baseline?: Baseline, mean?: number) => {
    const each = [0, 1].map((k) => {
      const elbo = objective();
      if (mean !== undefined) elbo.baselines.loadData(new Map([['k', { shape: [], data: Float32Array.of(mean) }]]));
      return gradients({ k: [k] }, () => elbo.estimate(model, guideWith(baseline), [])).q[0];
    });
    const average = (1 - q) * each[0] + q * each[1];
    return { average, variance: (1 - q) * (each[0] - average) ** 2 + q * (each[1] - average) ** 2 };
  };
  it('has the same mean gradient and less variance', () => {
    const bare = moments();
    const centred = moments({ decayingAverage: 0.9 }, meanCost);
    const learned = moments({ value: tf.scalar(meanCost) });
    for (const { average } of [bare, centred, learned]) expectClose([average], [costs[0] - costs[1]], 1e-4);
    expect(centred.variance).toBeLessThan(0.2 * bare.variance);
    expect(learned.variance).toBeCloseTo(centred.variance, 2);
  });
  it('follows the recurrence from 0, with the entropy’s own score', () => {
    const elbo = objective();
    let mean = 0;
    for (const k of [1, 1, 0, 1, 0]) {
      const found = gradients({ k: [k] }, () => elbo.estimate(model, guideWith({ decayingAverage: 0.8 }), []));
      expectClose(found.q, [-score(k, q) * (costs[k] - mean - 1)], 1e-4);
      mean = 0.8 * mean + 0.2 * costs[k];
      expectClose(elbo.baselines.toData().get('k')?.data ?? [], [mean], 1e-5);
    }
  });
  it('teaches a learned value the cost', () => {
    const learned = () => {
      const value = param('baseline', -50);
      return sample('k', bernoulli(param('q', q)), { infer: { baseline: { value } } });
    };
    for (const k of [0, 1]) {
      const found = gradients({ k: [k] }, () => objective().estimate(model, learned, []));
      expectClose(found.baseline, [-2 * (costs[k] + 50)], 1e-4);
      expectClose(found.q, [-score(k, q) * (costs[k] + 50 - 1)], 1e-4);
    }
  });
  it('is not moved by an evaluation, and is averaged over particles', () => {
    const elbo = objective({ numParticles: 2 });
    const guide = guideWith({ decayingAverage: 0.5 });
    const found = gradients({ k: [1, 0] }, () => elbo.estimate(model, guide, []));
    expectClose(found.q, [-0.5 * (score(1, q) * (costs[1] - 1) + score(0, q) * (costs[0] - 1))], 1e-4);
    const before = elbo.baselines.toData();
    // One particle after the other, whichever comes first.
    const orders = [costs, [...costs].reverse()].map(([a, b]) => 0.25 * a + 0.5 * b);
    const mean = before.get('k')?.data[0] ?? 0;
    expect(Math.min(...orders.map((x) => Math.abs(x - mean)))).toBeLessThan(1e-3);
    new SVI(model, guide, new Adam(), elbo).evaluateLoss();
    expect(elbo.baselines.toData()).toEqual(before);
  });
});

describe('in a plate', () => {
  const data = [9, -3, 2];
  const rows = () => {
    sample('whole', normal(0, 1), { obs: 4 });
    plate('rows', 3, () => sample('x', normal(sample('k', bernoulli(p)).mul(2), 0.7), { obs: data }));
  };
  const guide = (baseline?: Baseline) => () => {
    plate('rows', 3, () => {
      sample('k', bernoulli(param('q', [q, q, q])), { infer: { baseline } });
    });
  };
  const cost = (k: number, i: number) => logBernoulli(k, p) + normalLogProb(data[i], 2 * k, 0.7) - logBernoulli(k, q);
  const draws = [1, 0, 1];
  it('an element’s score meets the costs of that element alone', () => {
    const found = gradients({ k: [draws] }, () => objective({ maxPlateNesting: 1 }).estimate(rows, guide(), []));
    expectClose(
      found.q,
      draws.map((k, i) => -score(k, q) * (cost(k, i) - 1)),
      1e-4,
    );
  });
  it('each element, and each particle, has a mean of its own', () => {
    const elbo = objective({ maxPlateNesting: 1, numParticles: 2, vectorizeParticles: true });
    const values = [draws, [0, 0, 1]];
    gradients({ k: [values as never] }, () => elbo.estimate(rows, guide({ decayingAverage: 0.5 }), []));
    const { shape, data: means } = elbo.baselines.toData().get('k') ?? { shape: [], data: [] };
    expect(shape).toEqual([2, 3]);
    expectClose(
      means,
      values.flatMap((row) => row.map((k, i) => 0.5 * cost(k, i))),
      1e-5,
    );
  });
});

/** y is enumerated; z is drawn under it (or y under z), and x depends on both. */
const tables = { y: [0.35, 0.65], z: [0.2, 0.7], qy: [0.45, 0.55], qz: [0.6, 0.25] };
const byIndex = (table: tf.Tensor, index: tf.Tensor) =>
  tf.add(
    tf.slice(table, 0, 1).reshape([]),
    index.mul(tf.sub(tf.slice(table, 1, 1), tf.slice(table, 0, 1)).reshape([])),
  );
const chained = (first: string, second: string, role: 'p' | 'q', infer: Record<string, InferConfig>) => {
  const given = (name: string) =>
    role === 'p' ? tf.tensor1d(tables[name as 'y']) : param(`q${name}`, tables[`q${name}` as 'qy']);
  const a = sample(first, bernoulli(tf.slice(given(first), 1, 1).reshape([])), { infer: infer[first] });
  const b = sample(second, bernoulli(byIndex(given(second), a)), { infer: infer[second] });
  return role === 'p' ? sample('x', normal(a.mul(3).add(b.mul(-1)), 0.5), { obs: 4 }) : undefined;
};

describe.each(['parallel', 'sequential'] as const)('with a %s variable', (enumerate) => {
  const exact = (first: string, second: string) =>
    enumerated(
      {},
      0,
      () => chained(first, second, 'p', {}),
      () => chained(first, second, 'q', { [first]: { enumerate: 'parallel' }, [second]: { enumerate: 'parallel' } }),
    ).gradients;
  /** The mean gradient over all outcomes of the drawn z, and the running mean after one of them. */
  const expected = (
    first: string,
    second: string,
    mean: { shape: number[]; data: number[] },
    outcomes: { values: (number | number[])[]; chance: number }[],
  ) => {
    const total = new Map<string, number[]>();
    for (const { values, chance } of outcomes) {
      const elbo = objective();
      elbo.baselines.loadData(new Map([['z', { shape: mean.shape, data: Float32Array.from(mean.data) }]]));
      const guide = () => chained(first, second, 'q', { y: { enumerate }, z: { baseline: { decayingAverage: 0.9 } } });
      const found = gradients({ z: values }, () => elbo.estimate(() => chained(first, second, 'p', {}), guide, []));
      for (const [name, g] of Object.entries(found)) {
        total.set(
          name,
          g.map((x, i) => (total.get(name)?.[i] ?? 0) + chance * x),
        );
      }
    }
    return total;
  };
  const [one, other] = tables.qz;
  const pz = (y: number, z: number) => (z ? (y ? other : one) : 1 - (y ? other : one));

  test('before the drawn one', () => {
    // One draw of z for each y.
    const outcomes = [0, 1].flatMap((z0) =>
      [0, 1].map((z1) => ({
        values: enumerate === 'parallel' ? [[z0, z1]] : [z0, z1],
        chance: pz(0, z0) * pz(1, z1),
      })),
    );
    const mean = enumerate === 'parallel' ? { shape: [2], data: [-30, -5] } : { shape: [], data: [-20] };
    const found = expected('y', 'z', mean, outcomes);
    for (const [name, g] of exact('y', 'z')) expectClose(found.get(name) ?? [], g, 1e-4);
  });
  test('after the drawn one', () => {
    // The runs of a sequential y share the draw of z.
    const outcomes = [0, 1].map((z) => ({
      values: enumerate === 'parallel' ? [z] : [z, z],
      chance: z ? tables.qz[1] : 1 - tables.qz[1],
    }));
    const found = expected('z', 'y', { shape: [], data: [-20] }, outcomes);
    for (const [name, g] of exact('z', 'y')) expectClose(found.get(name) ?? [], g, 1e-4);
  });
});

test('a mean under an enumerated variable moves in proportion to the probability of each value', () => {
  const elbo = objective();
  const guide = () =>
    chained('y', 'z', 'q', { y: { enumerate: 'parallel' }, z: { baseline: { decayingAverage: 0.75 } } });
  const z = [1, 0];
  gradients({ z: [z] }, () => elbo.estimate(() => chained('y', 'z', 'p', {}), guide, []));
  const wanted = [0, 1].map((y) => {
    const chance = y ? tables.qy[1] : 1 - tables.qy[1];
    // What lies upstream in the same plates counts too: which way a dependence goes is known by plates only.
    const cost =
      logBernoulli(y, tables.y[1]) -
      logBernoulli(y, tables.qy[1]) +
      logBernoulli(z[y], tables.z[y]) -
      logBernoulli(z[y], tables.qz[y]) +
      normalLogProb(4, 3 * y - z[y], 0.5);
    return 0.25 * chance * cost;
  });
  expectClose(elbo.baselines.toData().get('z')?.data ?? [], wanted, 1e-5);
});

test('a baseline that an enumerated site has no use for', () => {
  const warnings: string[] = [];
  const before = onWarning((message) => warnings.push(message));
  try {
    const guide = () =>
      sample('k', bernoulli(q), { infer: { enumerate: 'parallel', baseline: { decayingAverage: 0.5 } } });
    new SVI(model, guide, new Adam(), objective()).evaluateLoss();
  } finally {
    onWarning(before);
  }
  expect(warnings).toEqual(['The baseline of site "k" has no use, as the site is enumerated. Drop it.']);
});
