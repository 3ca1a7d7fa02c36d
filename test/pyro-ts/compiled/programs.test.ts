/** Programs of every kind, compiled and not: guides that draw, families whose draws are made on the host, plates that subsample, objectives. */
import { take } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import {
  AutoDiagonalNormal,
  AutoMultivariateNormal,
  AutoNormal,
  bernoulli,
  beta,
  categorical,
  constraints,
  dirichlet,
  exponential,
  factor,
  gamma,
  halfCauchy,
  halfNormal,
  logNormal,
  markov,
  module,
  multivariateNormal,
  normal,
  param,
  plate,
  poisson,
  RandomStream,
  sample,
  studentT,
  TraceELBO,
  TraceEnumELBO,
  TraceMeanFieldELBO,
} from 'pyro-ts';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { expectFollowed, type Following } from './followed.js';

const parallel = { infer: { enumerate: 'parallel' as const } };
const positive = { constraint: constraints.positive };
const numbers = (n: number, seed = 0): number[] => {
  const rng = new RandomStream(seed);
  return Array.from({ length: n }, () => Math.fround(rng.nextNormal()));
};
const points = numbers(20);
// A run frees what it makes; data are made before.
beforeAll(() => tf.engine().startScope());
afterAll(() => tf.engine().endScope());

/** A guide with a normal of its own for each site. */
const normals =
  (...sites: string[]) =>
  () => {
    for (const site of sites) sample(site, normal(param(`loc ${site}`, 0.3), param(`scale ${site}`, 0.5, positive)));
  };

const effects = [28, 8, -3, 7, -1, 1, 18, 12];
const deviations = [15, 10, 16, 11, 9, 11, 10, 18];
function eightSchools() {
  const mu = sample('mu', normal(0, 5));
  const tau = sample('tau', halfCauchy(5));
  plate('schools', 8, () => {
    const theta = sample('theta', normal(mu, tau));
    sample('y', normal(theta, tf.tensor1d(deviations)), { obs: tf.tensor1d(effects) });
  });
}
function eightSchoolsGuide() {
  sample('mu', normal(param('mu loc', 0), param('mu scale', 1, positive)));
  sample('tau', logNormal(param('tau loc', 0), param('tau scale', 0.5, positive)));
  plate(
    'schools',
    8,
    () => void sample('theta', normal(param('theta loc', tf.zeros([8])), param('theta scale', tf.ones([8]), positive))),
  );
}

function regression(x: tf.Tensor, y: tf.Tensor) {
  const w = sample(
    'w',
    normal(0, 1)
      .expand([x.shape[1] as number])
      .toEvent(1),
  );
  plate('data', x.shape[0], () => void sample('y', bernoulli({ logits: tf.sum(tf.mul(x, w), -1) }), { obs: y }));
}

const dense = (inputs: number, outputs: number) => ({
  parameters: {
    weight: { init: (rng: RandomStream) => rng.normal([inputs, outputs]).mul(0.3) },
    bias: { init: () => tf.zeros([outputs]) },
  },
  apply: (w: Record<string, tf.Tensor>, x: tf.Tensor) => tf.matMul(x, w.weight).add(w.bias),
});
const [encoder, decoder] = [dense(6, 4), dense(2, 6)];
const vae = {
  model: (x: tf.Tensor) => {
    const decode = module('decoder', decoder) as (z: tf.Tensor) => tf.Tensor;
    plate('rows', x.shape[0], () => {
      const z = sample('z', normal(0, 1).expand([2]).toEvent(1));
      sample('x', bernoulli({ logits: decode(tf.tanh(z)) }).toEvent(1), { obs: x });
    });
  },
  guide: (x: tf.Tensor) => {
    const encode = module('encoder', encoder) as (z: tf.Tensor) => tf.Tensor;
    plate('rows', x.shape[0], () => {
      const [loc, logScale] = tf.split(encode(x), 2, -1);
      sample('z', normal(loc, tf.exp(logScale)).toEvent(1));
    });
  },
};

// biome-ignore lint/suspicious/noExplicitAny: programs of any arguments, each with its own
type AnyFollowing = Following<any[]>;
const followed = <Args extends unknown[]>(following: Following<Args>): AnyFollowing =>
  following as unknown as AnyFollowing;

const programs: Readonly<Record<string, () => AnyFollowing>> = {
  mixture: () =>
    followed({
      model: () => {
        const weights = param('weights', tf.fill([3], 1 / 3), { constraint: constraints.simplex });
        const locs = param('locs', [-1, 0, 1]);
        const scale = param('scale', 1, positive);
        plate('data', 20, () => {
          const z = sample('z', categorical(weights), parallel);
          sample('x', normal(take(locs, z), scale), { obs: points });
        });
      },
      elbo: () => new TraceEnumELBO({ maxPlateNesting: 1 }),
      steps: 20,
    }),
  'hidden Markov model': () =>
    followed({
      model: () => {
        const transition = param('transition', tf.fill([3, 3], 1 / 3), { constraint: constraints.simplex });
        const locs = param('locs', [-1, 0, 1]);
        let state: tf.Tensor = tf.scalar(0);
        markov(6, (t) => {
          state = sample(`z${t}`, categorical(take(transition, state)), parallel);
          sample(`x${t}`, normal(take(locs, state), 0.7), { obs: points[t] });
        });
      },
      elbo: () => new TraceEnumELBO({ maxPlateNesting: 0 }),
    }),
  'eight schools': () => followed({ model: eightSchools, guide: eightSchoolsGuide, steps: 6 }),
  'eight schools with AutoNormal': () =>
    followed({ model: eightSchools, guide: new AutoNormal(eightSchools).guide, steps: 4 }),
  'eight schools with AutoMultivariateNormal and particles': () =>
    followed({
      model: eightSchools,
      guide: new AutoMultivariateNormal(eightSchools).guide,
      elbo: () => new TraceELBO({ numParticles: 3, vectorizeParticles: true, maxPlateNesting: 1 }),
    }),
  'logistic regression, other data in each step': () => {
    const data = (seed: number): [tf.Tensor, tf.Tensor] => [
      tf.tensor2d(numbers(60, seed), [20, 3]),
      tf.tensor1d(numbers(20, seed + 1).map((z) => Number(z > 0))),
    ];
    return followed({
      model: regression,
      guide: new AutoDiagonalNormal(regression).guide,
      args: [data(1), data(3), data(5)],
    });
  },
  'particles one by one': () =>
    followed({ model: eightSchools, guide: eightSchoolsGuide, elbo: () => new TraceELBO({ numParticles: 2 }) }),
  VAE: () => {
    const rows = tf.tensor2d(
      numbers(30).map((z) => Number(z > 0)),
      [5, 6],
    );
    return followed({ ...vae, elbo: () => new TraceMeanFieldELBO(), args: [[rows]], steps: 3 });
  },
  'a subsampling plate': () => {
    const data = tf.tensor1d(numbers(30));
    return followed({
      model: (x: tf.Tensor) => {
        const mu = sample('mu', normal(0, 1));
        plate(
          'data',
          30,
          { subsampleSize: 7 },
          (indices) => void sample('x', normal(mu, 1), { obs: take(x, indices as tf.Tensor) }),
        );
      },
      guide: normals('mu'),
      args: [[data]],
      steps: 4,
    });
  },
  'score functions': () =>
    followed({
      model: () => {
        const a = sample('a', bernoulli(0.4));
        const b = sample('b', categorical([0.2, 0.3, 0.5]));
        sample('x', normal(a.add(b), 1), { obs: 1.3 });
      },
      guide: () => {
        sample('a', bernoulli({ logits: param('qa', 0.2) }));
        sample('b', categorical({ logits: param('qb', [0.1, 0.2, -0.3]) }));
      },
      steps: 6,
    }),
  'draws on the host': () =>
    followed({
      model: () => {
        const rate = sample('rate', gamma(2, 1));
        const p = sample('p', beta(2, 2));
        const w = sample('w', dirichlet([1, 2, 3]));
        const scale = sample('scale', exponential(1));
        const t = sample('t', studentT(4, 0, 1));
        sample('n', poisson(rate.add(tf.sum(w.square()))), { obs: 3 });
        sample('x', normal(p.add(t), scale), { obs: 0.4 });
      },
      guide: () => {
        sample('rate', gamma(param('ra', 2, positive), param('rb', 1, positive)));
        sample('p', beta(param('pa', 2, positive), param('pb', 3, positive)));
        sample('w', dirichlet(param('wa', [1.5, 2, 0.7], positive)));
        sample('scale', halfNormal(param('s', 1, positive)));
        sample('t', studentT(param('df', 5, positive), param('tl', 0.1), 1));
      },
      steps: 4,
    }),
  'a multivariate normal': () =>
    followed({
      model: () => {
        const x = sample(
          'x',
          multivariateNormal([0, 1], {
            scaleTril: [
              [1, 0],
              [0.4, 0.8],
            ],
          }),
        );
        sample('y', normal(tf.sum(x), 1), { obs: 2 });
      },
      guide: () => {
        sample('x', normal(param('loc', [0.1, 0.2]), param('scale', [0.5, 0.6], positive)).toEvent(1));
      },
    }),
  'enumeration in the guide': () =>
    followed({
      model: () => {
        const z = sample('z', categorical([0.3, 0.7]));
        sample('x', normal(take(tf.tensor1d([-1, 2]), z), 1), { obs: 1 });
      },
      guide: () => void sample('z', categorical({ logits: param('q', [0.2, -0.1]) }), parallel),
      elbo: () => new TraceEnumELBO({ maxPlateNesting: 0 }),
    }),
  'a factor, and nothing drawn': () =>
    followed({ model: () => void factor('f', param('a', [1, 2, 3]).square().sum().neg()), steps: 5 }),
  'plain numbers and lists as arguments': () =>
    followed({
      model: (x: number[], { scale }: { scale: number }) => {
        const mu = sample('mu', normal(0, 1));
        plate('data', x.length, () => void sample('x', normal(mu, scale), { obs: x }));
      },
      guide: normals('mu'),
      args: [
        [[0.1, 0.2], { scale: 1 }],
        [[0.3, 0.2], { scale: 1 }],
        [[0.3, 0.2, 1], { scale: 2 }],
        [[0.1, 0.2], { scale: 1 }],
      ],
    }),
};

describe('a compiled step follows the engine', () => {
  it.each(Object.keys(programs))('%s', (name) => expectFollowed(programs[name]()));
});
