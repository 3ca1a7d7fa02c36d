/** Joint draws and likeliest values of enumerated variables against sums over all their values. */
import * as tf from '@tensorflow/tfjs';
import {
  bernoulli,
  categorical,
  condition,
  configEnumerate,
  type InferConfig,
  inferDiscrete,
  markov,
  mask,
  normal,
  oneHotCategorical,
  ParamStore,
  param,
  plate,
  sample,
  scale,
  seed,
  type TensorLike,
  TraceEnumELBO,
  trace,
} from 'pyro-ts';
import { describe, expect, test } from 'vitest';
import { at, nothing, parallel, softmax } from './helpers.js';

const numbers = (x: TensorLike): number[] => Array.from((x as tf.Tensor).dataSync());
const particles = 20_000;

/** The log-probability of `model` with its latent sites at these values. */
function logJoint(model: () => void, values: Record<string, TensorLike>): number {
  return tf.tidy(() => trace(condition(model, values)).getTrace().logProbSum().dataSync()[0]);
}

/** All 2^n vectors of zeros and ones. */
const bits = (n: number): number[][] =>
  Array.from({ length: 2 ** n }, (_, i) => Array.from({ length: n }, (_, k) => (i >> k) & 1));

type Infer = (model: (n: number) => void) => (n: number) => void;
const ways: [string, 0 | 1, Infer][] = [
  ['inferDiscrete, likeliest', 0, (model) => inferDiscrete(model, { firstAvailableDim: -3, temperature: 0 })],
  ['inferDiscrete, drawn', 1, (model) => inferDiscrete(model, { firstAvailableDim: -3 })],
  [
    'samplePosterior',
    1,
    (model) => (n) => void new TraceEnumELBO({ maxPlateNesting: 2 }).samplePosterior(model, nothing, n),
  ],
];

describe.each(ways)('%s', (_, temperature, infer) => {
  /** How often each joint value of the sites comes up, against its exact posterior probability. */
  function check(model: (n: number) => void, sites: Record<string, number>): void {
    const program = infer(configEnumerate(model));
    const met = tf.tidy(() => {
      const found = seed(trace(program), 0);
      const t = trace(() => found(particles)).getTrace();
      return Object.fromEntries(Object.keys(sites).map((name) => [name, numbers(t.get(name).value)]));
    });
    const widths = Object.values(sites);
    const total = widths.reduce((a, b) => a + b);
    const combinations = bits(total);
    const split = (z: number[]) => {
      let start = 0;
      return Object.fromEntries(
        Object.entries(sites).map(([name, width]) => {
          const part = z.slice(start, start + width);
          start += width;
          return [name, tf.tensor2d(part, [1, width])];
        }),
      );
    };
    const logs = combinations.map((z) => logJoint(() => model(1), split(z)));
    const counts = new Map<string, number>();
    for (let i = 0; i < particles; i++) {
      const key = Object.entries(sites)
        .flatMap(([name, width]) => met[name].slice(i * width, (i + 1) * width))
        .join();
      counts.set(key, (counts.get(key) ?? 0) + 1 / particles);
    }
    const best = Math.max(...logs);
    const probs = temperature === 0 ? logs.map((log) => (log === best ? 1 : 0)) : softmax(logs);
    combinations.forEach((z, i) => {
      const error = Math.sqrt((probs[i] * (1 - probs[i])) / particles);
      expect(Math.abs((counts.get(z.join()) ?? 0) - probs[i]), z.join()).toBeLessThan(4.5 * error + 1e-9);
    });
  }
  const locs = tf.tensor1d([-1, 1]);
  const table = tf.tensor2d([
    [0.25, 0.75],
    [0.6, 0.4],
  ]);
  const all = (n: number, body: () => void) => plate('particles', n, { dim: -2 }, body);

  test('one variable over a plate of observations', () =>
    check(
      (n) =>
        all(n, () => {
          const z = sample('z', bernoulli(0.25));
          plate('data', 3, { dim: -1 }, () => sample('x', normal(z, 1), { obs: [1, 2, 3] }));
        }),
      { z: 1 },
    ));

  test('one variable on another, each with observations', () =>
    check(
      (n) =>
        all(n, () => {
          const z1 = sample('z1', categorical([0.25, 0.75]));
          const z2 = sample('z2', categorical(at(table, z1)));
          plate('data', 3, { dim: -1 }, () => {
            sample('x1', normal(at(locs, z1), 1), { obs: [-1, -1, 0] });
            sample('x2', normal(at(locs, z2), 1), { obs: [-1, 1, 1] });
          });
        }),
      { z1: 1, z2: 1 },
    ));

  test('a variable outside a plate and one inside', () =>
    check(
      (n) =>
        all(n, () => {
          const z1 = sample('z1', categorical([0.25, 0.75]));
          plate('data', 2, { dim: -1 }, () => {
            const z2 = sample('z2', categorical(at(table, z1)));
            sample('x2', normal(at(locs, z2), 1), { obs: [-0.3, 0.4] });
          });
        }),
      { z1: 1, z2: 2 },
    ));

  test('masked observations do not count, scales neither', () =>
    check(
      (n) =>
        all(n, () => {
          const z = sample('z', bernoulli(0.25));
          plate('data', 3, { dim: -1 }, () =>
            mask.with(tf.tensor1d([true, false, false], 'bool'), () => sample('x', normal(z, 1), { obs: [1, 2, 3] })),
          );
        }),
      { z: 1 },
    ));
});

describe('inferDiscrete', () => {
  const n = 7;
  const data = [0.3, 1.2, -0.5, 0.8, 1.9, 0.1, -1];
  const transition = tf.tensor2d([
    [0.7, 0.3],
    [0.4, 0.6],
  ]);
  const hmm = (config: InferConfig) => (): tf.Tensor[] => {
    let x: tf.Tensor = tf.scalar(0);
    return markov(n, (t) => {
      x = sample(`x${t}`, categorical(at(transition, x)), { infer: config });
      sample(`y${t}`, normal(x, 0.8), { obs: data[t] });
      return x;
    });
  };
  const best = bits(n)
    .map((z) => ({ z, log: logJoint(hmm({}), Object.fromEntries(z.map((value, t) => [`x${t}`, value]))) }))
    .reduce((a, b) => (b.log > a.log ? b : a)).z;

  test.each<InferConfig>([{ enumerate: 'parallel' }, { enumerate: 'sequential' }, { enumerate: 'sum-and-sample' }])(
    'finds the likeliest path, however the sites are marked: %j',
    (config) => {
      const states = inferDiscrete(hmm(config), { firstAvailableDim: -1, temperature: 0 })();
      expect(states.map((x) => x.shape)).toEqual(states.map(() => []));
      expect(states.map((x) => x.dataSync()[0])).toEqual(best);
    },
  );

  test('of equally likely values takes the first', () => {
    const program = inferDiscrete(() => sample('z', categorical([0.3, 0.3, 0.2, 0.2]), parallel), {
      firstAvailableDim: -1,
      temperature: 0,
    });
    expect(program().dataSync()[0]).toBe(0);
  });

  test('a scale does not sharpen the posterior', () => {
    const scaled = inferDiscrete(
      () => scale.with(1000, () => plate('n', 2000, () => sample('z', bernoulli(0.3), parallel))),
      { firstAvailableDim: -2 },
    );
    expect(seed(scaled, 1)().mean().dataSync()[0]).toBeCloseTo(0.3, 1);
  });

  test('is repeatable from a seed and differs between seeds', () => {
    const program = inferDiscrete(() => plate('n', 50, () => sample('z', bernoulli(0.5), parallel)), {
      firstAvailableDim: -2,
    });
    const run = (s: number) => numbers(seed(program, s)());
    expect(run(1)).toEqual(run(1));
    expect(run(1)).not.toEqual(run(2));
  });

  test('other latent variables keep the value that the posterior was computed with', () => {
    // mu decides z: they must come from the same run.
    const program = inferDiscrete(
      () =>
        plate('n', 200, () => {
          const mu = sample('mu', normal(0, 10));
          const z = sample('z', bernoulli(0.5), parallel);
          sample('x', normal(z.mul(mu), 0.01), { obs: tf.zeros([200]) });
          return [mu, z];
        }),
      { firstAvailableDim: -2 },
    );
    const [mu, z] = seed(program, 0)();
    const mus = numbers(mu);
    expect(numbers(z).filter((value, i) => value === 1 && Math.abs(mus[i]) > 1)).toEqual([]);
    expect(mus.filter((value) => Math.abs(value) > 1).length).toBeGreaterThan(100);
  });

  test('a latent variable below an enumerated one is no evidence about it', () => {
    // x is drawn and nothing depends on it: z keeps its prior, and x goes with z.
    const count = 5000;
    const program = inferDiscrete(
      () =>
        plate('n', count, () => {
          const z = sample('z', bernoulli(0.3), parallel);
          const x = sample('x', normal(z.mul(10), z.mul(5).add(0.1)));
          return [z, x];
        }),
      { firstAvailableDim: -2 },
    );
    const [z, x] = seed(program, 0)();
    expect(x.shape).toEqual([count]);
    expect(Math.abs(z.mean().dataSync()[0] - 0.3)).toBeLessThan(0.03);
    const zs = numbers(z);
    expect(Math.max(...numbers(x).map((value, i) => (zs[i] === 0 ? Math.abs(value) : 0)))).toBeLessThan(0.6);
  });

  test('one-hot values and subsampled plates', () => {
    const program = inferDiscrete(
      () =>
        plate('n', 10, { subsampleSize: 4 }, (indices) => {
          const z = sample('z', oneHotCategorical({ logits: tf.zeros([3]) }), parallel);
          const index = tf.cast(indices, 'float32').mod(3);
          sample('x', categorical(z.mul(0.998).add(0.001)), { obs: index });
          return [index, z];
        }),
      { firstAvailableDim: -2, temperature: 0 },
    );
    const [index, z] = seed(program, 0)();
    expect(z.shape).toEqual([4, 3]);
    expect(numbers(z.argMax(-1))).toEqual(numbers(index));
  });

  test('parameters come from the store around', () => {
    const store = new ParamStore();
    const program = inferDiscrete(() => sample('z', categorical({ logits: param('l', [0, 5, 1]) }), parallel), {
      firstAvailableDim: -1,
      temperature: 0,
    });
    expect(store.run(program).dataSync()[0]).toBe(1);
    store.dispose();
  });

  test('handlers around see one run, not the hidden first one', () => {
    const program = inferDiscrete(hmm({ enumerate: 'parallel' }), { firstAvailableDim: -1 });
    expect(trace(program).getTrace().sampleSites.length).toBe(2 * n);
  });
});

test('samplePosterior of a model whose guide draws the rest', () => {
  const elbo = new TraceEnumELBO({ maxPlateNesting: 1 });
  const size = 20_000;
  const model = () =>
    plate('particles', size, () => {
      const table = tf.tensor2d([
        [0.9, 0.1],
        [0.1, 0.9],
      ]);
      const x = sample('x', categorical([0.5, 0.5]), parallel);
      const y = sample('y', categorical([0.5, 0.5]), parallel);
      sample('z', bernoulli(at(table, x, y)), { obs: tf.ones([size]) });
      return x.equal(y).cast('float32').mean().dataSync()[0];
    });
  // The table holds P(z = 1 | x, y), and z is 1.
  expect(seed(() => elbo.samplePosterior(model, nothing), 0)()).toBeCloseTo(0.9, 2);
});
