/** A run of 1,000 steps keeps no more tensors and bytes than one of a few, for every objective. */
import * as tf from '@tensorflow/tfjs';
import {
  Adam,
  AutoNormal,
  bernoulli,
  constraints,
  type ELBO,
  normal,
  param,
  plate,
  RenyiELBO,
  SVI,
  sample,
  TraceELBO,
  TraceEnumELBO,
  TraceMeanFieldELBO,
} from 'pyro-ts';
import { expect, it } from 'vitest';
import { all } from '../slow.js';

const data = [0.3, -1.2];
const model = () =>
  plate('data', 4, { subsampleSize: 2 }, () => sample('x', normal(sample('z', normal(0, 1)), 0.5), { obs: data }));
const guide = () =>
  plate('data', 4, { subsampleSize: 2 }, () => {
    const [loc, scale] = [
      param('loc', tf.zeros([4]), { eventDim: 0 }),
      param('s', 1, { constraint: constraints.positive }),
    ];
    sample('z', normal(loc, scale));
  });
const discrete = (infer: object) => ({
  model: () => sample('x', normal(sample('k', bernoulli(param('p', 0.4))), 0.5), { obs: 1 }),
  guide: () => sample('k', bernoulli(param('q', 0.5, { constraint: constraints.unitInterval })), { infer }),
});
const inModel = {
  model: () => {
    const p = param('p', 0.4, { constraint: constraints.unitInterval });
    sample('x', normal(sample('k', bernoulli(p), { infer: { enumerate: 'parallel' } }), 0.5), { obs: 1 });
  },
  guide: () => {},
};

const runs: [string, { model: () => unknown; guide: () => unknown }, ELBO][] = [
  ['TraceELBO', { model, guide }, new TraceELBO()],
  ['TraceELBO, particles at once', { model, guide }, new TraceELBO({ numParticles: 2, vectorizeParticles: true })],
  ['TraceELBO, score function and baseline', discrete({ baseline: { decayingAverage: 0.9 } }), new TraceELBO()],
  ['TraceMeanFieldELBO', { model, guide }, new TraceMeanFieldELBO()],
  ['RenyiELBO', { model, guide }, new RenyiELBO()],
  ['RenyiELBO, score function', discrete({}), new RenyiELBO()],
  [
    'TraceEnumELBO, score function and baseline',
    discrete({ baseline: { decayingAverage: 0.9 } }),
    new TraceEnumELBO({ strictEnumerationWarning: false }),
  ],
  ['TraceEnumELBO, in the guide', discrete({ enumerate: 'parallel' }), new TraceEnumELBO()],
  ['TraceEnumELBO, in turn', discrete({ enumerate: 'sequential' }), new TraceEnumELBO()],
  ['TraceEnumELBO, in the model', inModel, new TraceEnumELBO()],
  ['an autoguide', { model, guide: new AutoNormal(model).guide }, new TraceELBO()],
];

/** One of each sort for every day: reparameterised, score function, summed out. */
const daily = ['TraceELBO, particles at once', 'RenyiELBO, score function', 'TraceEnumELBO, in turn', 'an autoguide'];

it.each(all ? runs : runs.filter(([name]) => daily.includes(name)))('%s', (_, programs, elbo) => {
  const svi = new SVI(programs.model, programs.guide, new Adam({ lr: 1e-3 }), elbo, { seed: 0 });
  const steps = (count: number) => {
    for (let i = 0; i < count; i++) svi.step();
    const { numTensors, numDataBuffers, numBytes } = tf.memory();
    return { numTensors, numDataBuffers, numBytes };
  };
  const before = steps(5);
  expect(steps(all ? 995 : 195)).toEqual(before);
  expect(svi.steps).toBe(all ? 1000 : 200);
});
