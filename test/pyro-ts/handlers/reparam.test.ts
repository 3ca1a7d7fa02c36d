/** reparam: the same joint density in other variables, with the same draws where noise is laid down. */
import * as tf from '@tensorflow/tfjs';
import {
  Adam,
  AutoNormal,
  block,
  cauchy,
  condition,
  type Distribution,
  exponential,
  LocScaleReparam,
  laplace,
  logNormal,
  mask,
  normal,
  ParamStore,
  ProjectedNormalReparam,
  param,
  plate,
  projectedNormal,
  reparam,
  replay,
  SVI,
  sample,
  scale,
  seed,
  studentT,
  type Trace,
  TraceELBO,
  TransformReparam,
  trace,
} from 'pyro-ts';
import { AffineTransform, ExpTransform, TransformedDistribution } from 'pyro-ts/distributions';
import { describe, expect, it } from 'vitest';
import { expectClose } from '../../numbers.js';
import { NoiseHandler } from '../replayed.js';

const value = (t: tf.Tensor) => t.dataSync()[0];
const store = () => new ParamStore();
const traced = (program: () => unknown, noise: Record<string, number[]>, params = store()): Trace =>
  params.run(() => trace.with(() => new NoiseHandler(noise).run(program)));

describe('LocScaleReparam', () => {
  const eps = [0.4, -1.3, 0.2];
  const funnel = () => {
    const spread = sample('spread', normal(0, 1));
    return plate('rows', 3, () => {
      const theta = sample('theta', normal(2, tf.exp(spread)));
      sample('x', normal(theta, 0.5), { obs: [1, 2, 3] });
      return theta;
    });
  };
  const spread = 0.7;
  it.each([0, 0.3, 1])('centered %s draws the same values from the same noise', (centered) => {
    const program = reparam(funnel, { theta: new LocScaleReparam({ centered }) });
    const t = traced(program, { spread: [spread], theta: eps, theta_decentered: eps });
    expectClose(
      t.returnValue as tf.Tensor,
      eps.map((e) => 2 + Math.exp(spread) * e),
      1e-5,
    );
    const noise = t.get('theta_decentered');
    expect([noise.isLatent, t.get('theta').isObserved, t.get('theta').infer.isDeterministic]).toEqual([
      true,
      true,
      true,
    ]);
    // Its own location and scale are c loc and scale^c, and the deterministic site counts nothing.
    const s = Math.exp(spread * centered);
    expectClose(
      noise.logProb,
      eps.map((e) => -0.5 * e * e - Math.log(s) - 0.5 * Math.log(2 * Math.PI)),
      1e-4,
    );
    expectClose(
      noise.value,
      eps.map((e) => 2 * centered + s * e),
      1e-4,
    );
    expectClose(t.get('theta').logProb, [0, 0, 0]);
  });
  it('learns the centering where none is given, an entry for each entry of a draw', () => {
    const params = store();
    const model = () => sample('v', normal([1, 2], [3, 4]).toEvent(1));
    const program = reparam(model, { v: new LocScaleReparam() });
    const t = traced(program, { v_decentered: [1, -1] }, params);
    expectClose(params.get('v_centered'), [0.5, 0.5]);
    expectClose(t.returnValue as tf.Tensor, [4, -2], 1e-5);
    expect(t.get('v_decentered').fn.eventShape).toEqual([2]);
  });
  it.each<[string, (loc: tf.Tensor, s: tf.Tensor) => Distribution]>([
    ['StudentT', (loc, s) => studentT(4, loc, s)],
    ['Laplace', (loc, s) => laplace(loc, s)],
    ['Cauchy', (loc, s) => cauchy(loc, s)],
    ['a masked Normal', (loc, s) => normal(loc, s).mask(true)],
  ])('is a change of variables for %s', (_, make) => {
    const model = () => sample('z', make(tf.scalar(3), tf.scalar(0.5)));
    const t = traced(seed(reparam(model, { z: new LocScaleReparam({ centered: 0 }) }), 1), {});
    const z = t.returnValue as tf.Tensor;
    // p(z) = p(noise) / scale.
    const direct = make(tf.scalar(3), tf.scalar(0.5)).logProb(z);
    expect(value(t.get('z_decentered').logProb)).toBeCloseTo(value(direct) + Math.log(0.5), 4);
  });
  it('goes through plates, scales and masks as the site itself would', () => {
    const model = () =>
      plate('rows', 6, { subsample: [0, 1, 2] }, () =>
        scale.with(2, () => mask.with(tf.tensor1d([1, 0, 1], 'bool'), () => sample('z', normal(1, 2)))),
      );
    const site = traced(seed(reparam(model, { z: new LocScaleReparam({ centered: 0 }) }), 1), {}).get('z_decentered');
    expect(site.scale).toBe(4);
    expect(site.value.shape).toEqual([3]);
    expect(site.logProb.dataSync()[1]).toBe(0);
    expect(site.frames.map((f) => f.name)).toEqual(['rows']);
  });
  it('leaves observed sites as they are, and takes known latent values over', () => {
    const config = { theta: new LocScaleReparam({ centered: 0 }) };
    const seen = traced(seed(reparam(condition(funnel, { theta: [1, 2, 3] }), config), 1), {});
    expect(seen.has('theta_decentered')).toBe(false);
    const plain = traced(seed(funnel, 1), {});
    const known = traced(reparam(replay(funnel, plain), config), {});
    expectClose(known.get('theta').value, plain.get('theta').value);
    const s = Math.exp(value(plain.get('spread').value));
    expectClose(
      known.get('theta_decentered').value,
      Array.from(plain.get('theta').value.dataSync(), (v) => (v - 2) / s),
      1e-4,
    );
  });
  it('makes room for an autoguide: the bound reaches the evidence of a model that is centred badly', () => {
    // With theta = 2 + s e the data say little about e: x ~ N(theta, 20).
    const model = () => sample('x', normal(sample('theta', normal(2, 0.01)), 20), { obs: 5 });
    const program = reparam(model, { theta: new LocScaleReparam({ centered: 0 }) });
    const params = store();
    params.set('auto.theta_decentered.loc', (3 * 0.01) / (400 + 1e-4));
    params.set('auto.theta_decentered.scale', Math.sqrt(400 / (400 + 1e-4)), undefined);
    const svi = new SVI(program, new AutoNormal(program).guide, new Adam(), new TraceELBO(), { params, seed: 2 });
    const evidence = -0.5 * (9 / (400 + 1e-4)) - 0.5 * Math.log(2 * Math.PI * (400 + 1e-4));
    expect(svi.evaluateLoss()).toBeCloseTo(-evidence, 4);
  });
});

describe('TransformReparam', () => {
  it('draws the base and transforms it', () => {
    const transforms = [new ExpTransform(), new AffineTransform(1, 2)];
    const model = () =>
      plate('rows', 2, () => sample('z', new TransformedDistribution(normal([0.5, 1], 0.3), transforms)));
    const t = traced(reparam(model, { z: new TransformReparam() }), { z_base: [0.2, -1] });
    const base = [0.56, 0.7];
    expectClose(t.get('z_base').value, base, 1e-5);
    expectClose(
      t.returnValue as tf.Tensor,
      base.map((b) => 1 + 2 * Math.exp(b)),
      1e-5,
    );
    expect(t.get('z_base').fn.name).toBe('Normal');
  });
  it('keeps event dimensions, and knows LogNormal', () => {
    const model = () => sample('z', logNormal([0, 1], [1, 2]).toEvent(1));
    const t = traced(reparam(model, { z: new TransformReparam() }), { z_base: [0.5, -0.5] });
    expect(t.get('z_base').fn.eventShape).toEqual([2]);
    expectClose(t.returnValue as tf.Tensor, [Math.exp(0.5), 1], 1e-5);
  });
  it('inverts a known value', () => {
    const model = () => sample('z', logNormal(0, 1));
    const known = traced(seed(model, 3), {});
    const t = traced(reparam(replay(model, known), { z: new TransformReparam() }), {});
    expect(value(t.get('z_base').value)).toBeCloseTo(Math.log(value(known.get('z').value)), 5);
  });
});

describe('ProjectedNormalReparam', () => {
  it('is the direction of a normal draw about the concentration', () => {
    const model = () => plate('rows', 2, () => sample('v', projectedNormal([3, 4])));
    const t = traced(reparam(model, { v: new ProjectedNormalReparam() }), { v_normal: [0, 0, 5, -4] });
    expectClose(t.returnValue as tf.Tensor, [0.6, 0.8, 1, 0], 1e-5, 1e-6);
    expect(t.get('v_normal').logProb.shape).toEqual([2]);
  });
  it('has the distribution of ProjectedNormal: the density integrates the same mean direction', () => {
    const model = () => plate('rows', 4000, () => sample('v', projectedNormal([1, 0.5])));
    const [direct, through] = [model, reparam(model, { v: new ProjectedNormalReparam() })].map(
      (program) => seed(program, 5)() as tf.Tensor,
    );
    expectClose(through.mean(0), direct.mean(0), 0, 0.04);
  });
});

describe('composition and rejections', () => {
  it('by a function of the site, around a body, and under block', () => {
    const config = (site: { name: string }) => (site.name === 'z' ? new LocScaleReparam({ centered: 0 }) : undefined);
    const t = trace.with(() => seed.with(0, () => reparam.with(config, () => sample('z', normal(1, 2)))));
    expect([...t.sites.keys()]).toEqual(['z_decentered', 'z']);
    const hidden = trace(
      block(
        seed(
          reparam(() => sample('z', normal(1, 2)), config),
          0,
        ),
        { hide: ['z_decentered'] },
      ),
    );
    expect([...hidden.getTrace().sites.keys()]).toEqual(['z']);
  });
  it.each<[string, () => unknown, string]>([
    [
      'LocScaleReparam of a family without location and scale',
      reparam(() => sample('z', exponential(1).mask(true)), { z: new LocScaleReparam({ centered: 0 }) }),
      'LocScaleReparam at site "z"',
    ],
    [
      'TransformReparam of another family',
      reparam(() => sample('z', normal(0, 1)), { z: new TransformReparam() }),
      'TransformReparam at site "z": Normal is not a TransformedDistribution.',
    ],
    [
      'ProjectedNormalReparam of another family',
      reparam(() => sample('z', normal(0, 1)), { z: new ProjectedNormalReparam() }),
      'ProjectedNormalReparam at site "z": Normal is not a ProjectedNormal.',
    ],
  ])('%s is rejected', (_, program, message) => {
    expect(() => traced(program, {})).toThrow(message);
  });
  it('a centering outside of [0, 1] is rejected', () => {
    expect(() => new LocScaleReparam({ centered: 2 })).toThrow(
      'LocScaleReparam: centered is a number from 0 to 1, not 2.',
    );
    expect(() => new LocScaleReparam({ centred: 1 } as never)).toThrow('Did you mean "centered"?');
  });
  it('param stays reachable from a program inside', () => {
    const model = () => sample('z', normal(param('m', 4), 1));
    const t = traced(reparam(model, { z: new LocScaleReparam({ centered: 0 }) }), { z_decentered: [1] });
    expect(value(t.returnValue as tf.Tensor)).toBe(5);
  });
});
