/** Parameters and guides in two ways: constraints by hand, lifted and substituted parameters, networks, reparameterised sites, autoguides. */
import * as tf from '@tensorflow/tfjs';
import {
  AutoDelta,
  AutoDiagonalNormal,
  AutoMultivariateNormal,
  AutoNormal,
  constraints,
  delta,
  exponential,
  gamma,
  LocScaleReparam,
  lift,
  logNormal,
  module,
  multivariateNormal,
  type Net,
  normal,
  param,
  plate,
  reparam,
  sample,
  scope,
  substitute,
  TransformReparam,
} from 'pyro-ts';
import { AffineTransform, TransformedDistribution } from 'pyro-ts/distributions';
import { describe } from 'vitest';
import { type Parameters, pair } from './pair.js';

const x = [1, 2, -0.5];

describe('constraints and the same by hand', () => {
  const model = (value: () => tf.Tensor) => ({
    model: () => plate('data', 3, () => sample('x', normal(0.3, value()), { obs: x })),
  });
  // The gradients are those of the unconstrained numbers, which both ways share.
  const two = (
    name: string,
    constraint: constraints.Constraint,
    at: tf.TensorLike,
    by: (u: tf.Tensor) => tf.Tensor,
    u: tf.TensorLike,
  ) => {
    const constrained = model(() => param('p', at, { constraint }));
    const byHand = model(() => by(param('p', u)));
    pair(name, {}, constrained, byHand);
  };
  two('positive, and exp', constraints.positive, 2, (u) => tf.exp(u), Math.log(2));
  two(
    'positive through softplus, and softplus',
    constraints.softplusPositive,
    2,
    (u) => tf.softplus(u),
    Math.log(Math.E ** 2 - 1),
  );
  two('an interval, and a sigmoid', constraints.interval(1, 4), 2, (u) => tf.sigmoid(u).mul(3).add(1), Math.log(0.5));
  two('greater than, and exp', constraints.greaterThan(0.5), 2, (u) => tf.exp(u).add(0.5), Math.log(1.5));
  two('a simplex, and softmax', constraints.simplex, [0.2, 0.3, 0.5], (u) => tf.softmax(u), [
    Math.log(0.2),
    Math.log(0.3),
    Math.log(0.5),
  ]);
});

describe('parameters as something else', () => {
  const guide = () => {
    sample('w', normal(param('loc'), param('spread')));
  };
  const at: Parameters = { loc: 0.3, spread: 0.5, b: 0.7 };
  const regression = (w: tf.Tensor, b: tf.Tensor) =>
    plate('data', 3, () => sample('x', normal(w.mul([0, 1, 2]).add(b), 1), { obs: x }));
  pair(
    'lifted, and sampled',
    at,
    { model: lift(() => regression(param('w'), param('b')), { w: normal(0, 2) }), guide, noise: { w: [0.6] } },
    { model: () => regression(sample('w', normal(0, 2)), param('b')), guide, noise: { w: [0.6] } },
  );
  pair(
    'substituted, and constant',
    { b: 0.7 },
    { model: substitute(() => regression(param('w'), param('b')), { w: 1.5 }) },
    { model: () => regression(tf.scalar(1.5), param('b')) },
  );
  pair(
    'under a scope, and with long names',
    { 'in/w': 0.4, 'in/b': 0.2 },
    { model: scope(() => regression(param('w'), param('b')), 'in') },
    { model: () => regression(param('in/w'), param('in/b')) },
  );
  const net: Net<[tf.Tensor], tf.Tensor> = {
    parameters: {
      weight: { init: () => [[1.5], [-0.5]] },
      scale: { init: () => 2, constraint: constraints.positive },
    },
    apply: ({ weight, scale }, input) =>
      tf
        .matMul(input as tf.Tensor2D, weight as tf.Tensor2D)
        .mul(scale)
        .squeeze([1]),
  };
  const inputs = tf.tensor2d([
    [1, 2],
    [0, 1],
    [3, -1],
  ]);
  pair(
    'of a network, and written out',
    {},
    { model: () => plate('data', 3, () => sample('x', normal(module('net', net)(inputs), 1), { obs: x })) },
    {
      model: () => {
        const weight = param('net.weight', [[1.5], [-0.5]]);
        const s = param('net.scale', 2, { constraint: constraints.positive });
        plate('data', 3, () =>
          sample(
            'x',
            normal(
              tf
                .matMul(inputs, weight as tf.Tensor2D)
                .mul(s)
                .squeeze([1]),
              1,
            ),
            { obs: x },
          ),
        );
      },
    },
  );
});

describe('reparameterised sites', () => {
  const eps = [0.4, -0.9, 1.3];
  const hierarchy = () => {
    const s = param('s');
    const m = param('m');
    plate('rows', 3, () => sample('x', normal(sample('theta', normal(m, s)), 0.5), { obs: x }));
  };
  const at = { s: 1.7, m: -1.4, loc: [0.1, 0.2, 0.3], spread: 0.6 };
  pair(
    'without their location and scale, and with them: a guide of the same values has the same bound',
    at,
    {
      model: reparam(hierarchy, { theta: new LocScaleReparam({ centered: 0 }) }),
      guide: () =>
        plate('rows', 3, () => {
          const [s, m] = [param('s'), param('m')];
          sample('theta_decentered', normal(tf.div(tf.sub(param('loc'), m), s), tf.div(param('spread'), s)));
        }),
      noise: { theta_decentered: eps },
    },
    {
      model: hierarchy,
      guide: () =>
        plate('rows', 3, () => {
          sample('theta', normal(param('loc'), param('spread')));
        }),
      noise: { theta: eps },
    },
  );
  pair(
    'centred at 1, and as they are',
    at,
    {
      model: reparam(hierarchy, { theta: new LocScaleReparam({ centered: 1 }) }),
      guide: () => plate('rows', 3, () => sample('theta_decentered', normal(param('loc'), param('spread')))),
      noise: { theta_decentered: eps },
    },
    {
      model: hierarchy,
      guide: () => plate('rows', 3, () => sample('theta', normal(param('loc'), param('spread')))),
      noise: { theta: eps },
    },
  );
  const positive = () =>
    plate('rows', 3, () =>
      sample('x', exponential(sample('rate', logNormal(param('m'), param('s')))), { obs: [1, 2, 0.5] }),
    );
  pair(
    'by their base, and transformed',
    at,
    {
      model: reparam(positive, { rate: new TransformReparam() }),
      guide: () => plate('rows', 3, () => sample('rate_base', normal(param('loc'), param('spread')))),
      noise: { rate_base: eps },
    },
    {
      model: positive,
      guide: () => plate('rows', 3, () => sample('rate', logNormal(param('loc'), param('spread')))),
      noise: { rate: eps },
    },
  );
});

describe('guides', () => {
  const model = () => {
    const w = sample('w', normal([0, 1], 2).toEvent(1));
    const rate = sample('rate', gamma(2, 1));
    const shifts = plate('rows', 3, () => sample('shift', normal(w.sum(), 1)));
    plate('rows', 3, () => sample('x', normal(shifts, rate), { obs: x }));
  };
  const noise = [0.3, -0.4, 0.8, 1.2, -0.7, 0.1];
  const scales = [0.5, 0.4, 0.3, 0.2, 0.6, 0.7];
  const locs = [0.1, 0.9, -0.2, 0.5, 1.5, -0.3];
  const affine = (loc: tf.Tensor, s: tf.Tensor, from: number, size: number) =>
    [loc, s].map((t) => tf.slice(t, [from], [size]));
  const byHand = {
    model,
    guide: () => {
      const [loc, s] = [param('auto.loc'), param('auto.scale')];
      const [wLoc, wScale] = affine(loc, s, 0, 2);
      sample('w', normal(wLoc, wScale).toEvent(1));
      const [rLoc, rScale] = affine(loc, s, 2, 1).map((t) => t.squeeze());
      sample('rate', logNormal(rLoc, rScale));
      const [sLoc, sScale] = affine(loc, s, 3, 3);
      plate('rows', 3, () => {
        sample('shift', normal(sLoc, sScale));
      });
    },
    noise: { w: noise.slice(0, 2), rate: noise.slice(2, 3), shift: noise.slice(3) },
  };
  const at: Parameters = { 'auto.loc': locs, 'auto.scale': [scales, constraints.positive] };
  pair(
    'AutoDiagonalNormal, and normals for each site',
    at,
    { model, guide: new AutoDiagonalNormal(model).guide, noise: { 'auto.latent': noise } },
    byHand,
  );
  const joint = new AutoMultivariateNormal(model);
  pair(
    'AutoMultivariateNormal without correlation, and normals for each site',
    at,
    {
      model,
      guide: () => substitute(joint.guide, { 'auto.below': tf.zeros([6, 6]) })(),
      noise: { 'auto.latent': noise },
    },
    byHand,
  );
  pair(
    'AutoMultivariateNormal, and one multivariate normal dealt out by hand',
    {
      'auto.loc': [0.2, -0.1],
      'auto.scale': [[0.5, 0.8], constraints.positive],
      'auto.below': [
        [0, 0],
        [0.7, 0],
      ],
    },
    (() => {
      const small = () => sample('x', normal(sample('w', normal([0, 1], 2).toEvent(1)).sum(), 1), { obs: 2 });
      return { model: small, guide: new AutoMultivariateNormal(small).guide, noise: { 'auto.latent': [0.3, -0.4] } };
    })(),
    {
      model: () => sample('x', normal(sample('w', normal([0, 1], 2).toEvent(1)).sum(), 1), { obs: 2 }),
      guide: () => {
        const below = param('auto.below').mul([
          [0, 0],
          [1, 0],
        ]);
        const scaleTril = below.add(tf.eye(2)).mul(param('auto.scale').expandDims(1));
        sample('w', multivariateNormal(param('auto.loc'), { scaleTril }));
      },
      noise: { w: [0.3, -0.4] },
    },
  );
  const single: Parameters = { 'auto.w.loc': [0.2, -0.1], 'auto.w.scale': [[0.5, 0.8], constraints.positive] };
  const vector = () => sample('x', normal(sample('w', normal([0, 1], 2).toEvent(1)).sum(), 1), { obs: 2 });
  pair(
    'AutoNormal, and a normal',
    single,
    { model: vector, guide: new AutoNormal(vector).guide, noise: { w: [0.3, -0.4] } },
    {
      model: vector,
      guide: () => sample('w', normal(param('auto.w.loc'), param('auto.w.scale')).toEvent(1)),
      noise: { w: [0.3, -0.4] },
    },
  );
  pair(
    'AutoDelta, and parameters in place of latent variables with their density as a factor',
    { 'auto.rate': [1.3, constraints.positive] },
    (() => {
      const one = () => sample('x', exponential(sample('rate', gamma(2, 1))), { obs: 0.7 });
      return { model: one, guide: new AutoDelta(one).guide };
    })(),
    { model: () => sample('x', exponential(sample('rate', gamma(2, 1), { obs: param('auto.rate') })), { obs: 0.7 }) },
  );
  pair(
    'noise drawn as an auxiliary site and moved, and a normal',
    { loc: 0.4, spread: 0.6 },
    {
      model: () => sample('x', normal(sample('z', normal(0, 1)), 1), { obs: 2 }),
      guide: () => {
        const eps = sample('eps', normal(0, 1), { infer: { isAuxiliary: true } });
        const spread = param('spread');
        sample('z', delta(eps.mul(spread).add(param('loc')), { logDensity: spread.log().neg() }));
      },
      noise: { eps: [0.9] },
    },
    {
      model: () => sample('x', normal(sample('z', normal(0, 1)), 1), { obs: 2 }),
      guide: () => sample('z', normal(param('loc'), param('spread'))),
      noise: { z: [0.9] },
    },
  );
  pair(
    'a transformed normal, and a normal elsewhere',
    { loc: 0.4, spread: 0.6 },
    {
      model: () => sample('x', normal(sample('z', normal(0, 1)), 1), { obs: 2 }),
      guide: () =>
        sample('z', new TransformedDistribution(normal(0, 1), [new AffineTransform(param('loc'), param('spread'))])),
      noise: { z: [0.9] },
    },
    {
      model: () => sample('x', normal(sample('z', normal(0, 1)), 1), { obs: 2 }),
      guide: () => sample('z', normal(param('loc'), param('spread'))),
      noise: { z: [0.9] },
    },
  );
});
