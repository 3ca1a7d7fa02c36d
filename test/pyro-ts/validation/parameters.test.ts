/** Parameters outside their constraints are rejected at every site, by name, entry and value; not under a mask, nor with validation off. */
import * as tf from '@tensorflow/tfjs';
import * as dist from 'pyro-ts';
import {
  Adam,
  type Distribution,
  mask,
  NonFiniteError,
  normal,
  plate,
  poisson,
  SupportError,
  SVI,
  sample,
  seed,
  type TensorLike,
  TraceELBO,
  trace,
  withValidation,
} from 'pyro-ts';
import { describe, expect, test } from 'vitest';
import { oneOfEach } from '../distributions/families.js';

const at = (fn: () => Distribution, obs?: TensorLike) => () =>
  tf.tidy(() => void trace(seed(() => sample('x', fn(), obs === undefined ? {} : { obs }), 0)).getTrace());

const rejected: [string, () => Distribution, RegExp][] = [
  ['bernoulli', () => dist.bernoulli(1.5), /probs of Bernoulli must be a probability, in \[0, 1\], and it is 1.5/],
  ['beta', () => dist.beta(-0.5, 2), /concentration1 of Beta must be positive, and it is -0.5/],
  ['gamma', () => dist.gamma(-1.5, 2), /concentration of Gamma must be positive, and it is -1.5/],
  [
    'dirichlet',
    () => dist.dirichlet([-0.5, 1]),
    /concentration of Dirichlet must be positive, and it is -0.5 \(entry 0/,
  ],
  ['categorical', () => dist.categorical([-0.2, 1.2]), /probs of Categorical must be a vector of non-negative/],
  ['geometric', () => dist.geometric(1.5), /probs of Geometric/],
  ['vonMises', () => dist.vonMises(0, -1), /concentration of VonMises must be positive, and it is -1/],
  [
    'multivariateNormal',
    () =>
      dist.multivariateNormal([0, 0], {
        scaleTril: [
          [1, 0.5],
          [0, 1],
        ],
      }),
    /scaleTril of MultivariateNormal must be a lower triangular matrix with a positive diagonal, and it is \[1, 0.5, 0, 1\]/,
  ],
  ['the third of several', () => normal(0, [1, 2, -3]).toEvent(1), /it is -3 \(entry 2 of shape \[3\]\)/],
  [
    'uniform',
    () => dist.uniform([0, 1], [1, 0.5]).toEvent(1),
    /high of Uniform.toEvent\(1\) must be greater than low, and it is 0.5/,
  ],
  [
    'a wrapped one',
    () =>
      normal(0, -1)
        .mask(tf.tensor1d([true, true], 'bool'))
        .toEvent(1),
    /scale/,
  ],
];

describe('a latent site and an observed one reject', () => {
  test.each(rejected)('%s', (_, fn, message) => {
    expect(at(fn)).toThrow(SupportError);
    expect(at(fn)).toThrow(message);
    expect(at(fn)).toThrow(/At site "x"/);
    const value = fn().shape();
    expect(at(fn, tf.ones(value))).toThrow(message);
  });

  test('infinite and NaN ones, as numbers that are not finite', () => {
    for (const scale of [Number.POSITIVE_INFINITY, Number.NaN]) {
      expect(at(() => normal(0, scale))).toThrow(NonFiniteError);
    }
    expect(at(() => dist.gamma(Number.POSITIVE_INFINITY, 1))).toThrow(/concentration of Gamma is infinite/);
  });
});

test('each parameter of each family is looked at', () => {
  for (const [name, make] of Object.entries(oneOfEach)) {
    const constraints = Object.keys(make().argConstraints).filter((key) => key in make().parameters);
    // Without parameters that could be wrong: a point mass, a factor.
    if (constraints.length === 0) expect(name).toMatch(/^(delta|unit|transformed|masked|zero)/i);
    for (const key of constraints) {
      const broken = Object.create(make(), {
        parameters: { get: () => ({ ...make().parameters, [key]: tf.fill(make().parameters[key].shape, Number.NaN) }) },
      }) as Distribution;
      expect(() => broken.validateParameters(), `${name}.${key}`).toThrow(NonFiniteError);
    }
  }
});

test('entries that are masked may be anything', () => {
  const known = tf.tensor1d([true, false], 'bool');
  const program = (scale: number[]) => () =>
    mask.with(known, () => plate('data', 2, () => sample('x', normal(0, scale), { obs: [0.5, 0] })));
  expect(() => trace(program([1, Number.NaN])).getTrace()).not.toThrow();
  expect(() => trace(program([-1, 1])).getTrace()).toThrow(SupportError);
  expect(() => trace(() => mask.with(false, program([-1, 1]))).getTrace()).not.toThrow();
});

test('rounding past 1 is no mistake', () => {
  expect(at(() => dist.bernoulli(1 + 1e-7))).not.toThrow();
});

test('without validation nothing is looked at', () => {
  expect(() =>
    withValidation(
      false,
      at(() => normal(0, -1)),
    ),
  ).not.toThrow();
});

test('a rate without a constraint stops where it becomes negative, and does not train on', () => {
  const program = () => {
    const rate = dist.param('rate', 1);
    plate('data', 3, () => sample('x', poisson(rate), { obs: [0, 0, 0] }));
  };
  const svi = new SVI(program, () => {}, new Adam({ lr: 0.3 }), new TraceELBO());
  const train = () => {
    for (let i = 0; i < 50; i++) svi.step();
  };
  expect(train).toThrow(/parameter rate of Poisson must be non-negative.*Constrain it/s);
  expect(svi.params.get('rate').dataSync()[0]).toBeGreaterThan(-0.5);
});
