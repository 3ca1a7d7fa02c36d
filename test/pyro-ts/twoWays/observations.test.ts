/** Data and log-probabilities in two ways: scales, masks, conditioning, factors, deterministic values, partly observed sites. */
import * as tf from '@tensorflow/tfjs';
import {
  condition,
  deterministic,
  factor,
  intervene,
  mask,
  normal,
  param,
  plate,
  replay,
  sample,
  scale,
  seed,
  trace,
  uncondition,
  unit,
} from 'pyro-ts';
import { describe } from 'vitest';
import { pair } from './pair.js';

const parameters = { loc: 0.3, spread: 0.5, mean: 0.2 };
const guide = () => {
  sample('m', normal(param('loc'), param('spread')));
};
const noise = { m: [0.8] };
const latent = () => sample('m', normal(param('mean'), 1));
const way = (model: (m: tf.Tensor) => unknown) => ({ model: () => model(latent()), guide, noise });
const x = [1, 2, -0.5];
const observed = (m: tf.Tensor, data: readonly number[] = x) =>
  plate('data', data.length, () => sample('x', normal(m, 0.7), { obs: data as number[] }));

describe('weights', () => {
  pair(
    'a scale, and data repeated',
    parameters,
    way((m) => scale.with(3, () => observed(m))),
    way((m) => observed(m, [...x, ...x, ...x])),
  );
  pair(
    'a scale for each element, and some data repeated',
    parameters,
    way((m) => scale.with(tf.tensor1d([1, 2, 3]), () => observed(m))),
    way((m) => observed(m, [x[0], x[1], x[1], x[2], x[2], x[2]])),
  );
  pair(
    'scales in scales, and their product',
    parameters,
    way((m) => scale.with(2, () => scale.with(tf.scalar(1.5), () => observed(m)))),
    way((m) => scale.with(3, () => observed(m))),
  );
  pair(
    'a scale of 0, and no data',
    parameters,
    way((m) => scale.with(0, () => observed(m))),
    way(() => {}),
  );
});

describe('masks', () => {
  const known = tf.tensor1d([1, 0, 1], 'bool');
  pair(
    'a mask, and data without the masked ones',
    parameters,
    way((m) => mask.with(known, () => observed(m, [x[0], 7, x[2]]))),
    way((m) => observed(m, [x[0], x[2]])),
  );
  pair(
    'a mask around, and a masked distribution',
    parameters,
    way((m) => mask.with(known, () => observed(m))),
    way((m) => plate('data', 3, () => sample('x', normal(m, 0.7).mask(known), { obs: x }))),
  );
  pair(
    'a mask of a vector site, and its entries by themselves',
    parameters,
    way((m) =>
      plate('rows', 3, () =>
        mask.with(known, () => sample('x', normal(m, 0.7).expand([3, 1]).toEvent(1), { obs: [[1], [5], [2]] })),
      ),
    ),
    way((m) => observed(m, [1, 2])),
  );
  pair(
    'a mask in a scale, and a scale in a mask',
    parameters,
    way((m) => mask.with(known, () => scale.with(2, () => observed(m)))),
    way((m) => scale.with(2, () => mask.with(known, () => observed(m)))),
  );
});

describe('what is observed', () => {
  const free = (m: tf.Tensor) => plate('data', 3, () => sample('x', normal(m, 0.7)));
  pair(
    'a condition, and an observation',
    parameters,
    { model: condition(() => free(latent()), { x }), guide, noise },
    way((m) => observed(m)),
  );
  pair(
    'a condition undone and made again, and an observation',
    parameters,
    {
      model: condition(
        uncondition(() => observed(latent(), [9, 9, 9])),
        { x },
      ),
      guide,
      noise,
    },
    way((m) => observed(m)),
  );
  pair(
    'a vector observation, and a plate',
    parameters,
    way((m) => sample('x', normal(m, 0.7).expand([3]).toEvent(1), { obs: x })),
    way((m) => observed(m)),
  );
  pair(
    'an observation, and its log-probability as a factor',
    parameters,
    way((m) => observed(m)),
    way((m) => plate('data', 3, () => factor('x', normal(m, 0.7).logProb(tf.tensor1d(x))))),
  );
  pair(
    'a factor, and a unit distribution observed',
    parameters,
    way((m) => factor('bonus', m.sin())),
    way((m) => sample('bonus', unit(m.sin()), { obs: tf.zeros([0]) })),
  );
  pair(
    'a value recorded, and used as it is',
    parameters,
    way((m) => observed(deterministic('twice', m.mul(2)))),
    way((m) => observed(m.mul(2))),
  );
  pair(
    'an intervention, and a constant in its place',
    parameters,
    {
      model: intervene(
        () => {
          const m = latent();
          const k = sample('k', normal(m, 1));
          observed(k.add(m));
        },
        { k: 1.5 },
      ),
      guide: () => {
        guide();
        sample('k', normal(param('loc'), 1));
      },
      noise: { ...noise, k: [0.4] },
    },
    {
      model: () => {
        const m = latent();
        sample('k', normal(m, 1));
        observed(tf.scalar(1.5).add(m));
      },
      guide: () => {
        guide();
        sample('k', normal(param('loc'), 1));
      },
      noise: { ...noise, k: [0.4] },
    },
  );
  const fixed = trace(seed(() => sample('k', normal(3, 1)), 5)).getTrace();
  pair(
    'a replayed value, and a draw of the same',
    parameters,
    {
      model: replay(() => {
        const m = latent();
        observed(sample('k', normal(m, 1)));
      }, fixed),
      guide,
      noise,
    },
    way((m) => {
      const k = fixed.get('k').value;
      factor('k', normal(m, 1).logProb(k));
      observed(k);
    }),
  );
});

describe('a partly observed site', () => {
  const known = tf.tensor1d([1, 0, 1], 'bool');
  const both = { ...parameters, hole: 0.4 };
  const fill = [9, 1.2, 9];
  pair(
    'and an observed and a latent one',
    both,
    {
      model: () => {
        const m = latent();
        const y = plate('data', 3, () => sample('x', normal(m, 0.7), { obs: x, obsMask: known }));
        sample('sum', normal(y.sum(), 1), { obs: 2 });
      },
      guide: () => {
        guide();
        plate('data', 3, () => {
          sample('x_unobserved', normal(param('hole'), 0.3).mask(tf.logicalNot(known)));
        });
      },
      noise: { ...noise, x_unobserved: fill },
    },
    {
      model: () => {
        const m = latent();
        sample('a', normal(m, 0.7), { obs: x[0] });
        const hole = sample('b', normal(m, 0.7));
        sample('c', normal(m, 0.7), { obs: x[2] });
        sample('sum', normal(hole.add(x[0] + x[2]), 1), { obs: 2 });
      },
      guide: () => {
        guide();
        sample('b', normal(param('hole'), 0.3));
      },
      noise: { ...noise, b: [fill[1]] },
    },
  );
});
