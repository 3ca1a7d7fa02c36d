/** Families of distributions in two ways: special cases of others, other parameters, transformed, mixed, summed out. */
import * as tf from '@tensorflow/tfjs';
import {
  bernoulli,
  beta,
  binomial,
  categorical,
  cauchy,
  constraints,
  type Distribution,
  dirichlet,
  exponential,
  factor,
  gamma,
  geometric,
  logNormal,
  maskedMixture,
  mixtureSameFamily,
  multinomial,
  multivariateNormal,
  negativeBinomial,
  normal,
  oneHotCategorical,
  param,
  plate,
  poisson,
  RenyiELBO,
  sample,
  studentT,
  TraceEnumELBO,
  uniform,
  zeroInflated,
} from 'pyro-ts';
import { AffineTransform, ExpTransform, SigmoidTransform, TransformedDistribution } from 'pyro-ts/distributions';
import { describe } from 'vitest';
import { type Parameters, pair, type Way } from './pair.js';

const positive = (x: tf.TensorLike): readonly [tf.TensorLike, constraints.Constraint] => [x, constraints.positive];
/** Data of a plate under a distribution. */
const data = (obs: number[] | number[][], make: () => Distribution, constant = 0): Way => ({
  model: () => plate('data', obs.length, () => sample('x', make(), { obs })),
  constant,
});
const numbers = [0.7, 2.1, 0.4];
const counts = [0, 3, 1];

describe('continuous families', () => {
  const at: Parameters = { loc: 0.3, scale: positive(0.8) };
  pair(
    'LogNormal, and a normal through exp',
    at,
    data(numbers, () => logNormal(param('loc'), param('scale'))),
    data(numbers, () => new TransformedDistribution(normal(param('loc'), param('scale')), [new ExpTransform()])),
  );
  pair(
    'Normal, and a standard one moved',
    at,
    data(numbers, () => normal(param('loc'), param('scale'))),
    data(numbers, () => new TransformedDistribution(normal(0, 1), [new AffineTransform(param('loc'), param('scale'))])),
  );
  pair(
    'Cauchy, and StudentT with one degree of freedom',
    at,
    data(numbers, () => cauchy(param('loc'), param('scale'))),
    data(numbers, () => studentT(1, param('loc'), param('scale'))),
  );
  pair(
    'Exponential, and Gamma of concentration 1',
    { rate: positive(1.4) },
    data(numbers, () => exponential(param('rate'))),
    data(numbers, () => gamma(1, param('rate'))),
  );
  const shares = [
    [0.2, 0.8],
    [0.6, 0.4],
  ];
  pair(
    'Beta, and Dirichlet of two',
    { c: positive([1.5, 2.5]) },
    data(
      shares.map(([p]) => p),
      () => {
        const [a, b] = tf.split(param('c'), 2).map((t) => t.squeeze());
        return beta(a, b);
      },
    ),
    data(shares, () => dirichlet(param('c'))),
  );
  pair(
    'a normal through a sigmoid, and its density by hand',
    at,
    data([0.2, 0.6], () => new TransformedDistribution(normal(param('loc'), param('scale')), [new SigmoidTransform()])),
    {
      model: () =>
        plate('data', 2, () => {
          const y = tf.tensor1d([0.2, 0.6]);
          const logit = tf.log(y.div(tf.sub(1, y)));
          const jacobian = tf.log(y.mul(tf.sub(1, y)));
          factor('x', normal(param('loc'), param('scale')).logProb(logit).sub(jacobian));
        }),
    },
  );
  pair(
    'Uniform up to a parameter, and its density by hand',
    { width: positive(4) },
    data(numbers, () => uniform(-1.5, param('width').sub(1.5))),
    { model: () => plate('data', 3, () => factor('x', param('width').log().neg())) },
  );
});

describe('vectors', () => {
  const rows = [
    [0.5, -1],
    [2, 0.3],
  ];
  const diagonal: Parameters = { loc: [0.2, -0.4], scale: positive([0.8, 1.6]) };
  pair(
    'a multivariate normal without correlation, and normals',
    diagonal,
    data(rows, () => multivariateNormal(param('loc'), { scaleTril: tf.eye(2).mul(param('scale')) })),
    data(rows, () => normal(param('loc'), param('scale')).toEvent(1)),
  );
  const tril = (): tf.Tensor =>
    param('below')
      .mul([
        [0, 0],
        [1, 0],
      ])
      .add(tf.eye(2).mul(param('scale')));
  const correlated: Parameters = {
    ...diagonal,
    below: [
      [0, 0],
      [0.6, 0],
    ],
  };
  const covariance = () => tf.matMul(tril() as tf.Tensor2D, tril() as tf.Tensor2D, false, true);
  pair(
    'a multivariate normal by its factor, and by its covariance',
    correlated,
    data(rows, () => multivariateNormal(param('loc'), { scaleTril: tril() })),
    data(rows, () => multivariateNormal(param('loc'), { covariance: covariance() })),
  );
  pair(
    'a multivariate normal by its precision, and one entry after the other',
    { loc: [0.2, -0.4], slope: 0.7, a: positive(0.9), b: positive(1.2) },
    data(rows, () => {
      // x0 ~ N(l0, 1 / a), x1 | x0 ~ N(l1 + slope (x0 - l0), 1 / b), a and b being precisions.
      const [a, b, slope] = [param('a'), param('b'), param('slope')];
      const corner = a.add(b.mul(slope.square()));
      const cross = b.mul(slope).neg();
      const precision = tf.stack([tf.stack([corner, cross]), tf.stack([cross, b])]);
      return multivariateNormal(param('loc'), { precision });
    }),
    {
      model: () =>
        plate('data', 2, () => {
          const [l0, l1] = tf.split(param('loc'), 2).map((t) => t.squeeze());
          const [x0, x1] = [0, 1].map((j) => tf.tensor1d(rows.map((r) => r[j])));
          sample('first', normal(l0, param('a').pow(-0.5)), { obs: x0 });
          const mean = l1.add(param('slope').mul(x0.sub(l0)));
          sample('second', normal(mean, param('b').pow(-0.5)), { obs: x1 });
        }),
    },
  );
});

describe('discrete families', () => {
  const p: Parameters = { p: [0.3, constraints.unitInterval] };
  pair(
    'Bernoulli by its probability, and by its logit',
    p,
    data([0, 1, 1], () => bernoulli(param('p'))),
    data([0, 1, 1], () => bernoulli({ logits: tf.log(param('p')).sub(tf.log(tf.sub(1, param('p')))) })),
  );
  pair(
    'Bernoulli, and a binomial of one trial',
    p,
    data([0, 1, 1], () => bernoulli(param('p'))),
    data([0, 1, 1], () => binomial(1, param('p'))),
  );
  pair(
    'Binomial, and its trials (but for the number of their orders)',
    p,
    data([2], () => binomial(5, param('p'))),
    data([1, 1, 0, 0, 0], () => bernoulli(param('p')), -Math.log(10)),
  );
  pair(
    'Geometric, and a negative binomial of one',
    p,
    data(counts, () => geometric(param('p'))),
    data(counts, () => negativeBinomial(1, tf.sub(1, param('p')))),
  );
  const w: Parameters = { w: [[0.2, 0.3, 0.5], constraints.simplex] };
  pair(
    'Categorical, and one-hot',
    w,
    data([0, 2, 1, 2], () => categorical(param('w'))),
    data(
      [0, 2, 1, 2].map((k) => [0, 1, 2].map((c) => (c === k ? 1 : 0))),
      () => oneHotCategorical(param('w')),
    ),
  );
  pair(
    'Categorical by probabilities, and by logits',
    w,
    data([0, 2, 1, 2], () => categorical(param('w'))),
    data([0, 2, 1, 2], () => categorical({ logits: tf.log(param('w')).add(3) })),
  );
  pair(
    'Multinomial, and its draws (but for the number of their orders)',
    w,
    data([[1, 1, 2]], () => multinomial(4, param('w'))),
    data([0, 2, 1, 2], () => categorical(param('w')), -Math.log(12)),
  );
});

describe('mixtures', () => {
  const at: Parameters = { w: [[0.2, 0.5, 0.3], constraints.simplex], m: [-1, 0.5, 2], s: positive(0.7) };
  const mixture = data(numbers, () => mixtureSameFamily(categorical(param('w')), normal(param('m'), param('s'))));
  pair('summed out as one distribution, and enumerated', at, mixture, {
    model: () =>
      plate('data', 3, () => {
        const z = sample('z', oneHotCategorical(param('w')), { infer: { enumerate: 'parallel' } });
        sample('x', normal(z.mul(param('m')).sum(-1), param('s')), { obs: numbers });
      }),
    elbo: new TraceEnumELBO({ maxPlateNesting: 1 }),
  });
  pair('summed out as one distribution, and by hand', at, mixture, {
    model: () =>
      plate('data', 3, () => {
        const each = normal(param('m'), param('s')).logProb(tf.tensor2d(numbers.map((v) => [v, v, v])));
        factor('x', tf.logSumExp(each.add(tf.log(param('w'))), -1));
      }),
  });
  const choice = tf.tensor1d([1, 0, 1], 'bool');
  pair(
    'MaskedMixture, and two masked sites',
    { a: 0.3, b: 1.1 },
    data(numbers, () => maskedMixture(choice, normal(param('a'), 1), normal(param('b'), 2))),
    {
      model: () =>
        plate('data', 3, () => {
          sample('off', normal(param('a'), 1).mask(tf.logicalNot(choice)), { obs: numbers });
          sample('on', normal(param('b'), 2).mask(choice), { obs: numbers });
        }),
    },
  );
  pair(
    'a Poisson count with more zeros, and by hand',
    { gate: [0.3, constraints.unitInterval], rate: positive(1.7) },
    data(counts, () => zeroInflated(poisson(param('rate')), { gate: param('gate') })),
    {
      model: () =>
        plate('data', 3, () => {
          const p = tf.exp(poisson(param('rate')).logProb(tf.tensor1d(counts)));
          const gate = param('gate');
          const zero = tf.tensor1d(counts.map((k) => (k === 0 ? 1 : 0)));
          factor('x', tf.log(gate.mul(zero).add(tf.sub(1, gate).mul(p))));
        }),
    },
  );
  const guide = () => plate('data', 3, () => sample('z', normal(param('loc'), 0.6)));
  pair(
    'the importance-weighted bound of one particle, and the plain one',
    { loc: [0.1, 0.2, 0.3] },
    {
      model: () => plate('data', 3, () => sample('x', normal(sample('z', normal(0, 1)), 0.5), { obs: numbers })),
      guide,
      noise: { z: [0.4, -0.3, 1] },
      elbo: new RenyiELBO({ numParticles: 1 }),
    },
    {
      model: () => plate('data', 3, () => sample('x', normal(sample('z', normal(0, 1)), 0.5), { obs: numbers })),
      guide,
      noise: { z: [0.4, -0.3, 1] },
    },
  );
});
