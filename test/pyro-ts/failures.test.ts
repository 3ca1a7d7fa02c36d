/** Whatever fails in a step, and wherever, the number of tensors is what it was. */
import * as tf from '@tensorflow/tfjs';
import {
  Adam,
  AdamW,
  AutoMultivariateNormal,
  AutoNormal,
  categorical,
  constraints,
  type ELBO,
  gamma,
  importance,
  multivariateNormal,
  normal,
  Predictive,
  param,
  plate,
  RenyiELBO,
  renderModel,
  SGD,
  SVI,
  sample,
  TraceELBO,
  TraceEnumELBO,
  TraceMeanFieldELBO,
} from 'pyro-ts';
import { expect, test } from 'vitest';
import { leaks } from '../failAt.js';
import { all } from '../slow.js';

/** Every operation in `npm run test:all`. */
const stride = all ? 1 : 5;
const data = [0.3, -1.2, 2];
const model = () => {
  const m = sample('m', normal(0, 3));
  const s = sample('s', gamma(2, 1));
  plate('data', 3, () => sample('x', normal(m, s), { obs: data }));
};
const guide = () => {
  sample('m', normal(param('loc', 0.5), param('scale', 1, { constraint: constraints.positive })));
  sample('s', gamma(param('shape', 2, { constraint: constraints.positive }), 1));
};
const scored = {
  model: () => {
    const z = sample('z', categorical(param('w', [0.3, 0.7], { constraint: constraints.simplex })));
    sample('y', normal(z, 1), { obs: 0.3 });
  },
  guide: () => void sample('z', categorical({ logits: param('q', [0, 1]) })),
};
const mixture = () => {
  const means = param('means', [-1, 1]);
  plate('data', 3, () => {
    const z = sample('z', categorical([0.5, 0.5]), { infer: { enumerate: 'parallel' } });
    sample('x', normal(z.mul(2).sub(1).mul(means.sum()), 1), { obs: data });
  });
};
const vectors = () =>
  sample(
    'v',
    multivariateNormal([0, 0], {
      covariance: [
        [2, 0.3],
        [0.3, 1],
      ],
    }),
  );

const runs: [string, { model: () => unknown; guide: () => unknown }, ELBO, (SGD | Adam | AdamW)?][] = [
  ['TraceELBO', { model, guide }, new TraceELBO()],
  ['TraceELBO with a score function', scored, new TraceELBO({ numParticles: 2 })],
  ['TraceMeanFieldELBO', { model, guide }, new TraceMeanFieldELBO()],
  ['RenyiELBO', { model, guide }, new RenyiELBO()],
  ['TraceEnumELBO', { model: mixture, guide: () => {} }, new TraceEnumELBO()],
  ['SGD', { model, guide }, new TraceELBO(), new SGD({ lr: 0.01 })],
  ['AdamW', { model, guide }, new TraceELBO(), new AdamW({ lr: 0.01 })],
  ['an autoguide', { model, guide: new AutoNormal(model).guide }, new TraceELBO()],
  ['a correlated autoguide', { model: vectors, guide: new AutoMultivariateNormal(vectors).guide }, new TraceELBO()],
];

test.each(runs)('a step of %s', (_, programs, elbo, optimizer = new Adam({ lr: 0.01 })) => {
  const svi = new SVI(programs.model, programs.guide, optimizer, elbo);
  svi.step();
  expect(leaks(() => svi.step(), stride)).toEqual([]);
  expect(leaks(() => svi.evaluateLoss(), stride)).toEqual([]);
  expect(Number.isFinite(svi.step())).toBe(true);
  svi.params.dispose();
});

test('the first step, but for the parameters that it has made', () => {
  const first = () => {
    const svi = new SVI(model, guide, new Adam(), new TraceELBO());
    try {
      svi.step();
    } finally {
      svi.params.dispose();
    }
  };
  expect(leaks(first, stride)).toEqual([]);
});

test('draws and their importance', () => {
  const predictive = new Predictive(model, { numSamples: 2 });
  expect(leaks(() => tf.dispose(predictive.draw()))).toEqual([]);
  const atOnce = new Predictive(model, { numSamples: 2, parallel: true, maxPlateNesting: 1 });
  expect(leaks(() => tf.dispose(atOnce.draw()))).toEqual([]);
  expect(leaks(() => importance(model, { numSamples: 2 }))).toEqual([]);
  expect(leaks(() => renderModel(model, []))).toEqual([]);
});

test('steps that are skipped', () => {
  let input = Number.NaN;
  const program = () => sample('x', normal(param('loc', 0).mul(input), 1), { obs: 1 });
  const late = () => sample('x', normal(param('loc', 0).mul(0).sqrt(), 1), { obs: 1 });
  for (const broken of [program, late]) {
    const svi = new SVI(broken, () => {}, new Adam(), new TraceELBO(), { onNonFinite: 'skip' });
    svi.step();
    const before = tf.memory().numTensors;
    for (let i = 0; i < 50; i++) expect(svi.step()).toBeNaN();
    expect(tf.memory().numTensors).toBe(before);
    input = Number.NaN;
  }
});

test('an error in the program', () => {
  let isBroken = false;
  const program = () => {
    model();
    if (isBroken) throw new Error('out of data');
  };
  const svi = new SVI(program, guide, new Adam(), new TraceELBO());
  svi.step();
  const before = tf.memory().numTensors;
  isBroken = true;
  for (let i = 0; i < 5; i++) expect(() => svi.step()).toThrow('out of data');
  expect(tf.memory().numTensors).toBe(before);
});
