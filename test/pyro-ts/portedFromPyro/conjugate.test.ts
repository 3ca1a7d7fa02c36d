/**
 * The conjugate pairs of Pyro's `tests/infer/test_inference.py` and `test_elbo_mapdata.py`. With the exact posterior as the guide, log p - log q is
 * the log evidence whatever is drawn: so must every objective say that
 * compares densities at draws, however the data are laid out.
 */
import { host } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import {
  Adam,
  bernoulli,
  beta,
  categorical,
  type Distribution,
  dirichlet,
  type ELBO,
  exponential,
  gamma,
  normal,
  ParamStore,
  plate,
  poisson,
  RenyiELBO,
  SVI,
  sample,
  seed,
  sequentialPlate,
  TraceELBO,
  TraceEnumELBO,
} from 'pyro-ts';
import { describe, expect, test } from 'vitest';

interface Pair {
  readonly prior: () => Distribution;
  readonly likelihood: (latent: tf.Tensor) => Distribution;
  readonly posterior: () => Distribution;
  readonly data: readonly (number | readonly number[])[];
  readonly logEvidence: number;
}
const sum = (xs: readonly number[]) => xs.reduce((a, b) => a + b, 0);

/** A normal mean of known precisions, dimension by dimension. */
function normalNormal(): Pair {
  const [prior, mean, noise] = [
    [0.1, 0.1],
    [0, 0.5],
    [6, 4],
  ];
  const data = [
    [0.1, 0.21],
    [0.16, 0.11],
    [0.06, 0.31],
    [-0.01, 0.07],
    [0.23, 0.25],
  ];
  const precision = prior.map((p, d) => p + data.length * noise[d]);
  const loc = precision.map((p, d) => (prior[d] * mean[d] + noise[d] * sum(data.map((row) => row[d]))) / p);
  const sd = (precisions: readonly number[]) => precisions.map((p) => p ** -0.5);
  // log p(x) = log p(x | m) + log p(m) - log p(m | x), at any m: here 0.
  const at = (x: number, m: number, p: number) => 0.5 * Math.log(p / (2 * Math.PI)) - 0.5 * p * (x - m) ** 2;
  const logEvidence = sum(
    [0, 1].map(
      (d) => sum(data.map((row) => at(row[d], 0, noise[d]))) + at(0, mean[d], prior[d]) - at(0, loc[d], precision[d]),
    ),
  );
  return {
    prior: () => normal(mean, sd(prior)).toEvent(1),
    likelihood: (m) => normal(m, sd(noise)).toEvent(1),
    posterior: () => normal(loc, sd(precision)).toEvent(1),
    data,
    logEvidence,
  };
}

function gammaPoisson(): Pair {
  const [a, b] = [1.2, 0.8];
  const data = [1, 3, 0, 2];
  const [an, bn] = [a + sum(data), b + data.length];
  const logEvidence =
    a * Math.log(b) - host.lgamma(a) + host.lgamma(an) - an * Math.log(bn) - sum(data.map((x) => host.lgamma(x + 1)));
  return { prior: () => gamma(a, b), likelihood: poisson, posterior: () => gamma(an, bn), data, logEvidence };
}

function gammaExponential(): Pair {
  const [a, b] = [1.5, 2];
  const data = [0.4, 1.3, 0.2];
  const [an, bn] = [a + data.length, b + sum(data)];
  const logEvidence = a * Math.log(b) - host.lgamma(a) + host.lgamma(an) - an * Math.log(bn);
  return { prior: () => gamma(a, b), likelihood: exponential, posterior: () => gamma(an, bn), data, logEvidence };
}

function betaBernoulli(): Pair {
  const data = [0, 1, 1, 1];
  const [a, b] = [1.1, 1.3];
  const [an, bn] = [a + sum(data), b + data.length - sum(data)];
  const logEvidence = host.lbeta(an, bn) - host.lbeta(a, b);
  return { prior: () => beta(a, b), likelihood: bernoulli, posterior: () => beta(an, bn), data, logEvidence };
}

function dirichletCategorical(): Pair {
  const prior = [0.8, 1.5, 2.2];
  const data = [2, 0, 2, 1];
  const after = prior.map((c, k) => c + data.filter((x) => x === k).length);
  const logB = (c: readonly number[]) => sum(c.map(host.lgamma)) - host.lgamma(sum(c));
  const logEvidence = logB(after) - logB(prior);
  return {
    prior: () => dirichlet(prior),
    likelihood: categorical,
    posterior: () => dirichlet(after),
    data,
    logEvidence,
  };
}

const pairs: [string, Pair][] = [
  ['normal and normal', normalNormal()],
  ['gamma and Poisson', gammaPoisson()],
  ['gamma and exponential', gammaExponential()],
  ['beta and Bernoulli', betaBernoulli()],
  ['Dirichlet and categorical', dirichletCategorical()],
];
const layouts: [string, (pair: Pair, latent: tf.Tensor) => void][] = [
  [
    'one after the other',
    ({ likelihood, data }, z) =>
      data.forEach((x, i) => {
        sample(`x${i}`, likelihood(z), { obs: x as number });
      }),
  ],
  [
    'in a sequential plate',
    ({ likelihood, data }, z) =>
      void sequentialPlate('data', data.length, (i) => sample(`x${i}`, likelihood(z), { obs: data[i] as number })),
  ],
  [
    'in a plate',
    ({ likelihood, data }, z) =>
      void plate('data', data.length, () => sample('x', likelihood(z), { obs: data as number[] })),
  ],
];
const particles = { numParticles: 3, vectorizeParticles: true };
const objectives: [string, (isVectorised: boolean) => ELBO][] = [
  ['TraceELBO', () => new TraceELBO({ numParticles: 2 })],
  ['TraceELBO, at once', (v) => new TraceELBO(v ? particles : {})],
  ['RenyiELBO', () => new RenyiELBO({ numParticles: 3, alpha: 0.3 })],
  ['TraceEnumELBO', () => new TraceEnumELBO({ strictEnumerationWarning: false })],
];

describe.each(pairs)('%s', (_, pair) => {
  const guide = () => void sample('z', pair.posterior());
  const model = (lay: (pair: Pair, latent: tf.Tensor) => void) => () => lay(pair, sample('z', pair.prior()));
  describe.each(layouts)('data %s', (layout, lay) => {
    test.each(objectives)('%s gives the log evidence in every draw', (_, elbo) => {
      for (const s of [0, 1]) {
        const run = () =>
          elbo(layout === 'in a plate')
            .estimate(model(lay), guide, [])
            .loss.dataSync()[0];
        const loss = new ParamStore().run(seed(run, s));
        expect(Math.abs(loss + pair.logEvidence)).toBeLessThan(2e-4 * Math.max(1, Math.abs(pair.logEvidence)));
      }
    });
  });
  test('a subsample gives it on average', () => {
    const part = () => {
      const z = sample('z', pair.prior());
      plate('data', pair.data.length, { subsampleSize: 1 }, (i) =>
        sample('x', pair.likelihood(z), { obs: tf.gather(tf.tensor(pair.data as number[]), i) }),
      );
    };
    const svi = new SVI(part, guide, new Adam(), new TraceELBO({ numParticles: 400 }));
    const losses = Array.from({ length: 4 }, () => {
      svi.steps++;
      return svi.evaluateLoss();
    });
    const mean = sum(losses) / losses.length;
    const spread = Math.sqrt(sum(losses.map((l) => (l - mean) ** 2)) / 3 / 4);
    expect(Math.abs(mean + pair.logEvidence)).toBeLessThan(6 * spread + 0.05);
  });
});
