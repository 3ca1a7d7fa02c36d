/** Pyro's own cases of enumeration, after `tests/infer/test_enum.py`: those that the other tests of enumeration do not hold in some form. */
import { take } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import {
  Adam,
  AutoDelta,
  bernoulli,
  block,
  categorical,
  condition,
  configEnumerate,
  delta,
  inferDiscrete,
  markov,
  mask,
  maskedMixture,
  mixtureSameFamily,
  normal,
  ParamStore,
  param,
  plate,
  poisson,
  SVI,
  sample,
  scale,
  seed,
  sequentialPlate,
  TraceEnumELBO,
  trace,
  zeroInflated,
} from 'pyro-ts';
import { describe, expect, test } from 'vitest';
import { at, enumerated, expectSame, type Outcome, parallel } from '../enumeration/helpers.js';

const klBernoulli = (q: number, p: number) => q * Math.log(q / p) + (1 - q) * Math.log((1 - q) / (1 - p));

/** The loss and its derivatives by central differences. */
function byHand(parameters: Record<string, number>, loss: (p: Record<string, number>) => number): Outcome {
  const h = 1e-5;
  const gradients = Object.entries(parameters).map(([name, value]) => {
    const [up, down] = [h, -h].map((d) => loss({ ...parameters, [name]: value + d }));
    return [name, [(up - down) / (2 * h)]] as const;
  });
  return { loss: loss(parameters), gradients: new Map(gradients) };
}

const ways: [string, Parameters<typeof configEnumerate>[1]][] = [
  ['in turn', { default: 'sequential' }],
  ['in turn, expanded', { default: 'sequential', expand: true }],
  ['at once', {}],
  ['at once, expanded', { expand: true }],
];

describe.each(ways)('guides that are enumerated %s', (_, config) => {
  test.each([
    [3, 4],
    [4, 5],
  ])('a pyramid of plates of %d and %d', (nb, nc) => {
    const parameters = { qa: 0.33, qb: 0.51, qc: 0.37 };
    const model = () => {
      const a = sample('a', bernoulli(0.33));
      plate('bs', nb, () => {
        const b = sample('b', bernoulli(a.mul(0.25).add(0.5)));
        plate('cs', nc, () => sample('c', bernoulli(a.mul(0.15).add(b.mul(0.2)).add(0.32))));
      });
    };
    const guide = () => {
      sample('a', bernoulli(param('qa')));
      plate('bs', nb, () => {
        sample('b', bernoulli(param('qb')).expand([nb]));
        plate('cs', nc, () => sample('c', bernoulli(param('qc')).expand([nc, nb])));
      });
    };
    // In turn, each element of a plate has the same value in a run.
    const wanted = byHand(parameters, ({ qa, qb, qc }) => {
      const each = (q: number, f: (x: 0 | 1) => number) => q * f(1) + (1 - q) * f(0);
      return (
        klBernoulli(qa, 0.33) +
        nb * each(qa, (a) => klBernoulli(qb, 0.25 * a + 0.5)) +
        nb * nc * each(qa, (a) => each(qb, (b) => klBernoulli(qc, 0.15 * a + 0.2 * b + 0.32)))
      );
    });
    expectSame(enumerated(parameters, 2, model, configEnumerate(guide, config)), wanted, 1e-3);
  });

  test('variables that do not form a tree', () => {
    const parameters = { qa: 0.33, qb: 0.51, qc: 0.37, qd: 0.29 };
    const model = () => {
      const a = sample('a', bernoulli(0.33));
      const b = sample('b', bernoulli(a.mul(0.25).add(0.5)));
      const c = sample('c', bernoulli(a.mul(0.25).add(b.mul(0.1)).add(0.5)));
      sample('d', bernoulli(b.mul(0.03).add(c.mul(0.06)).add(0.32)));
    };
    const guide = () => {
      for (const name of 'abcd') sample(name, bernoulli(param(`q${name}`)));
    };
    const wanted = byHand(parameters, ({ qa, qb, qc, qd }) => {
      const each = (q: number, f: (x: 0 | 1) => number) => q * f(1) + (1 - q) * f(0);
      return (
        klBernoulli(qa, 0.33) +
        each(qa, (a) => klBernoulli(qb, 0.25 * a + 0.5)) +
        each(qa, (a) => each(qb, (b) => klBernoulli(qc, 0.25 * a + 0.1 * b + 0.5))) +
        each(qb, (b) => each(qc, (c) => klBernoulli(qd, 0.03 * b + 0.06 * c + 0.32)))
      );
    });
    expectSame(enumerated(parameters, 2, model, configEnumerate(guide, config)), wanted, 1e-3);
  });
});

test.each([0.1, 0.5, 0.9].flatMap((gate) => [0.1, 3].map((rate) => [gate, rate])))(
  'counts with more zeros (gate %d, rate %d), as one distribution and as a masked mixture of an enumerated variable',
  (gate, rate) => {
    const data = [0, 1, 2];
    const parameters = { gate, rate };
    const whole = () =>
      void plate('data', 3, () =>
        sample('obs', zeroInflated(poisson(param('rate')), { gate: param('gate') }), { obs: data }),
      );
    const parts = () =>
      void plate('data', 3, () => {
        const isZero = sample('mask', bernoulli(param('gate')), parallel);
        sample('obs', maskedMixture(tf.cast(isZero, 'bool'), poisson(param('rate')), delta(0)), { obs: data });
      });
    expectSame(enumerated(parameters, 1, parts), enumerated(parameters, 1, whole));
  },
);

test('a mask that depends on an enumerated variable chooses components', () => {
  const parameters = {
    locs: [
      [0, 0],
      [0, 1],
      [0, 10],
    ],
    spread: [
      [2, 1],
      [1, 2],
      [4, 4],
    ],
    logits: [0, -1, 2],
  };
  const data = tf.tensor2d([
    [0, 0],
    [1, 1],
    [2, 3],
    [1, 11],
  ]);
  const components = () => normal(param('locs'), param('spread')).toEvent(1);
  const whole = () =>
    void plate('data', 4, () =>
      sample('obs', mixtureSameFamily(categorical({ logits: param('logits') }), components()), { obs: data }),
    );
  const parts = () =>
    void plate('data', 4, { dim: -2 }, () => {
      const which = sample('which', categorical({ logits: param('logits') }), parallel);
      plate('components', 3, { dim: -1 }, (component) =>
        mask.with(tf.equal(which, tf.cast(component, which.dtype)), () =>
          sample('obs', components(), { obs: data.expandDims(-2) }),
        ),
      );
    });
  expectSame(enumerated(parameters, 2, parts), enumerated(parameters, 1, whole));
});

test('a scale that is a probability stands for an enumerated guide', () => {
  const data = [0.4, -1, 2.2];
  const parameters = { locs: [-1, 1], logits: [-0.5, 0.6] };
  const probs = () => tf.softmax(param('logits'));
  const component = (which: tf.Tensor | number, suffix = '') => {
    const loc = typeof which === 'number' ? tf.slice(param('locs'), which, 1) : at(param('locs'), which);
    plate(`data${suffix}`, 3, () => sample(`obs${suffix}`, normal(loc, 1), { obs: data }));
  };
  const model = () => component(sample('which', categorical(probs())));
  const guide = () => void sample('which', categorical(probs()), parallel);
  const byScale = () => {
    sequentialPlate('which', 2, (k) => scale.with(tf.slice(probs(), k, 1).reshape([]), () => component(k, `_${k}`)));
  };
  expectSame(enumerated(parameters, 1, model, guide), enumerated(parameters, 1, byScale));
});

test('observations that depend on enumerated variables, in the bound and in draws from the posterior', () => {
  const model = () => {
    const [w, x] = [sample('w', bernoulli(0.1)), sample('x', bernoulli(0.2))];
    sample('obs', normal(0, 1), { obs: w.add(x.mul(2)) });
    return [w, x];
  };
  const log = (v: number) => -0.5 * v * v - 0.5 * Math.log(2 * Math.PI);
  const total = [0, 1].flatMap((w) => [0, 1].map((x) => (w ? 0.1 : 0.9) * (x ? 0.2 : 0.8) * Math.exp(log(w + 2 * x))));
  const { loss } = enumerated({}, 0, configEnumerate(model) as () => void);
  expect(loss).toBeCloseTo(-Math.log(total.reduce((a, b) => a + b)), 5);
  const drawn = seed(inferDiscrete(configEnumerate(model), { firstAvailableDim: -1 }), 0)();
  expect(drawn.map((v) => v.shape)).toEqual([[], []]);
});

test('several observations of one enumerated variable, whose means are points of an autoguide', () => {
  const model = (n: number) =>
    plate('data', n, { dim: -2 }, () => {
      const weights = param('pi', tf.fill([5], 0.2));
      const means = sample('mu', normal(tf.zeros([5, 2]), 1).toEvent(2));
      plate('observations', 3, { dim: -1 }, () => {
        const s = sample('s', categorical(weights));
        const chosen = tf.sum(tf.mul(means, tf.oneHot(tf.cast(s, 'int32'), 5).expandDims(-1)), -2);
        sample('x', normal(chosen, 0.1).toEvent(1));
        sample('y', normal(chosen, 0.1).toEvent(1));
      });
    });
  const marked = configEnumerate(model);
  const x = new ParamStore().run(() => seed(() => trace(model).getTrace(2).get('x').value, 0)());
  const observed = condition(marked, { x, y: x });
  const auto = new AutoDelta(block(observed, { hide: ['s'] }));
  const svi = new SVI(observed, auto.guide, new Adam({ lr: 0.01 }), new TraceEnumELBO({ maxPlateNesting: 2 }));
  const before = svi.evaluateLoss(2);
  for (let i = 0; i < 5; i++) svi.step(2);
  expect(svi.evaluateLoss(2)).toBeLessThan(before);
  expect(svi.params.names).toContain('pi');
});

test('chains in plates, beside each other and across, recycle dimensions: with nothing observed all sums to 1', () => {
  const table = tf.tensor2d([
    [0.2, 0.3, 0.5],
    [0.6, 0.1, 0.3],
    [0.3, 0.3, 0.4],
  ]);
  const q = tf.tensor1d([0.3, 0.8]);
  const chain = (name: string, length: number) => {
    let state: tf.Tensor = tf.scalar(0);
    markov(length, (i) => {
      state = sample(`${name}${i}`, categorical(take(table, state)));
    });
  };
  const x = (body: () => unknown) => plate('x', 2, { dim: -1 }, body);
  const z = (body: () => unknown) => plate('z', 4, { dim: -2 }, body);
  const model = configEnumerate(() => {
    const a = sample('a', bernoulli(0.3));
    chain('w', 5);
    x(() => chain('x', 6));
    plate('y', 3, { dim: -1 }, () => {
      markov(1, () => sample('c', bernoulli(take(q, a))));
      chain('y', 7);
    });
    z(() => {
      markov(1, () => sample('d', bernoulli(take(q, a))));
      chain('z', 8);
    });
    x(() => z(() => chain('xz', 9)));
  });
  expect(Math.abs(enumerated({}, 2, model).loss)).toBeLessThan(1e-4);
});
