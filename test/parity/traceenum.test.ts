/**
 * Enumeration against `pyro.infer.TraceEnum_ELBO` (Pyro 1.8.6, float64), each figure also checked there against a brute-force sum. The
 * fixture's `data` were read back from the figures' own gradients, which determine them.
 */
import { take } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import {
  categorical,
  configEnumerate,
  markov,
  normal,
  ParamStore,
  param,
  plate,
  sample,
  scale,
  TraceEnumELBO,
} from 'pyro-ts';
import { test } from 'vitest';
import {
  expectClose,
  expectGradients,
  type Figures,
  fixture,
  lossAndGradients,
  type Nested,
  tensorOf,
  transposed,
} from './helpers.js';

interface Entry {
  readonly params: Figures;
  readonly data: Nested;
  readonly loss: number;
  readonly grads: Figures;
}
const figures = fixture<Record<string, Entry>>('traceenum');

/** Runs one figure; parameters come from it by name. */
function check(
  name: string,
  model: (data: tf.Tensor) => void,
  guide: () => void = () => {},
  noise: Record<string, Nested> = {},
): void {
  test(name, () => {
    const { params, data, loss, grads } = figures[name];
    const store = new ParamStore();
    for (const [key, value] of Object.entries(params)) store.set(key, tensorOf(value));
    const elbo = new TraceEnumELBO({ maxPlateNesting: name.startsWith('hmm') ? 0 : name.startsWith('nested') ? 2 : 1 });
    const actual = lossAndGradients(store, elbo, { model, guide }, noise, tensorOf(data));
    expectClose(actual.loss, loss, 1e-6, 'loss');
    // `lossAndGradients` lays matrices out as the reference's linear layers; these are none.
    const expected = Object.entries(grads).map(([key, value]) => [key, transposed(value)]);
    expectGradients(actual.gradients, Object.fromEntries(expected), 1e-5);
    store.dispose();
  });
}

const logits = (x: tf.Tensor) => categorical({ logits: x });
/** Rows of a table at a variable's value, which keeps its shape. */
const at = (table: tf.Tensor, index: tf.Tensor): tf.Tensor =>
  tf.reshape(take(table, tf.cast(tf.reshape(index, [-1]), 'int32') as tf.Tensor1D), [
    ...index.shape,
    ...table.shape.slice(1),
  ]);

const locs = () => param('locs');
const spread = () => tf.exp(param('log_scales'));

function mixture(centres: () => tf.Tensor): (x: tf.Tensor) => void {
  return (x) => {
    const [means, deviations] = [centres(), spread()];
    plate('data', 6, () => {
      const z = sample('z', logits(param('logits')), { infer: { enumerate: 'parallel' } });
      sample('x', normal(at(means, z), at(deviations, z)), { obs: x });
    });
  };
}

check('gmm_model_enum', mixture(locs));
check('gmm_model_enum_scale3', scale(mixture(locs), 3));
check(
  'gmm_guide_enum',
  mixture(locs),
  configEnumerate(() => plate('data', 6, () => sample('z', logits(param('q_logits'))))),
);
check(
  'gmm_continuous_global',
  mixture(() => sample('mu', normal(0, 2)).add(tf.tensor1d([-1, 0, 1.5]))),
  () => sample('mu', normal(param('mu_loc'), tf.exp(param('mu_log_scale')))),
  { mu: 0.8 },
);

function chain(steps: (body: (t: number) => void) => void): (y: tf.Tensor) => void {
  return (y) => {
    let x: tf.Tensor | undefined;
    steps((t) => {
      const row = x ? at(param('trans'), x) : param('init');
      x = sample(`x${t}`, logits(row), { infer: { enumerate: 'parallel' } });
      const emission = normal(at(param('em_loc'), x), tf.exp(at(param('em_log_scale'), x)));
      sample(`y${t}`, emission, { obs: tf.reshape(tf.slice(y, t, 1), []) });
    });
  };
}

check(
  'hmm3',
  chain((body) => [0, 1, 2].forEach(body)),
);
check(
  'hmm3_markov',
  chain((body) => markov(3, body)),
);

/** b's logits and x's means are looked up in tables [3, 2] by a and b. */
function nested(x: tf.Tensor): void {
  plate('i', 3, { dim: -2 }, () => {
    const a = sample('a', logits(param('a_logits')));
    plate('j', 4, { dim: -1 }, () => {
      const b = sample('b', logits(at(param('b_logits'), a)));
      const index = a.mul(2).add(b);
      sample('x', normal(at(tf.reshape(param('locs'), [6]), index), 0.7), { obs: x });
    });
  });
}

check('nested_plates_model_enum', configEnumerate(nested));
check(
  'nested_plates_guide_enum',
  nested,
  configEnumerate(() =>
    plate('i', 3, { dim: -2 }, () => {
      const a = sample('a', logits(tf.reshape(param('qa_logits'), [3, 1, 3])));
      plate('j', 4, { dim: -1 }, () => sample('b', logits(at(param('qb_logits'), a))));
    }),
  ),
);
