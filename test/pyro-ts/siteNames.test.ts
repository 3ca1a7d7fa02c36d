/** Sites, plates and parameters may have any name, those of JavaScript's own properties included. */
import * as tf from '@tensorflow/tfjs';
import {
  Adam,
  AutoMultivariateNormal,
  AutoNormal,
  categorical,
  condition,
  constraints,
  deterministic,
  importance,
  inferDiscrete,
  lift,
  normal,
  ParamStore,
  Predictive,
  param,
  plate,
  renderModel,
  replay,
  SVI,
  sample,
  seed,
  substitute,
  TraceELBO,
  TraceEnumELBO,
  trace,
} from 'pyro-ts';
import { describe, expect, it } from 'vitest';

const names = ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'length', 'a/b', 'é "quoted"'];

describe.each(names)('a site called %s', (name) => {
  const model = () => {
    const z = sample(name, normal(0, 1));
    plate(`${name} plate`, 2, () => sample('x', normal(z, 1), { obs: [1, 2] }));
    deterministic('twice', tf.mul(z, 2));
  };
  const record = <T>(value: T): Record<string, T> => Object.fromEntries([[name, value]]);
  const number = (x: tf.Tensor): number => x.dataSync()[0];

  it('is drawn, weighted, conditioned and replayed', () => {
    tf.tidy(() => {
      for (const parallel of [false, true]) {
        const draws = new Predictive(model, { numSamples: 3, parallel, maxPlateNesting: 1 }).draw();
        expect(Object.keys(draws)).toContain(name);
        expect(Object.entries(draws).find(([key]) => key === name)?.[1].shape).toEqual([3]);
      }
      const { twice } = new Predictive(model, { posteriorSamples: record(tf.tensor1d([1, 2, 3])) }).draw();
      expect(Array.from(twice.dataSync())).toEqual([2, 4, 6]);
      const { values } = importance(model, { numSamples: 3 });
      expect(Object.entries(values).map(([key, drawn]) => [key, drawn.length])).toEqual([[name, 3]]);

      const valueIn = (program: () => unknown) =>
        seed.with(1, () => trace(program).getTrace()).sampleSites.find((site) => site.name === name)
          ?.value as tf.Tensor;
      expect(number(valueIn(condition(model, record(tf.scalar(7)))))).toBe(7);
      expect(Math.abs(number(valueIn(condition(model, { x: tf.zeros([2]) }))))).toBeLessThan(6);
      const drawn = seed.with(2, () => trace(model).getTrace());
      expect(number(valueIn(replay(model, drawn)))).toBe(
        number(drawn.sampleSites.find((site) => site.name === name)?.value as tf.Tensor),
      );
      expect(renderModel(model, [])).toContain('twice');
    });
  });

  it('is guided by hand and by autoguides', () => {
    const auto = [new AutoNormal(model, { initialValues: record(tf.scalar(0.3)) }), new AutoMultivariateNormal(model)];
    const byHand = () => void sample(name, normal(param('loc', 0.5), 1));
    for (const guide of [byHand, ...auto.map((a) => a.guide)]) {
      const svi = new SVI(model, guide, new Adam(), new TraceELBO());
      expect(Number.isFinite(svi.step())).toBe(true);
      svi.params.dispose();
    }
  });

  it('is enumerated', () => {
    const discrete = () => {
      const z = sample(name, categorical([0.3, 0.7]), { infer: { enumerate: 'parallel' } });
      sample('y', normal(z, 1), { obs: 1 });
    };
    const svi = new SVI(discrete, () => {}, new Adam(), new TraceEnumELBO());
    // -log(.3 N(1; 0, 1) + .7 N(1; 1, 1))
    expect(svi.evaluateLoss()).toBeCloseTo(0.5 * Math.log(2 * Math.PI) - Math.log(0.3 * Math.exp(-0.5) + 0.7), 5);
    tf.tidy(() => seed.with(0, () => inferDiscrete(discrete, { firstAvailableDim: -1 })()));
  });
});

it.each(names)('a parameter called %s is trained, saved, loaded, substituted and lifted', (name) => {
  const read = () => param(name, 0.5, { constraint: constraints.positive });
  const model = () => void sample('x', normal(read(), 1), { obs: 3 });
  const adam = new Adam({ lr: 0.1 });
  const svi = new SVI(model, () => {}, adam, new TraceELBO());
  for (let i = 0; i < 3; i++) svi.step();
  const copy = new ParamStore();
  copy.load(svi.params.save());
  const loaded = new Adam();
  loaded.load(adam.save());
  tf.tidy(() => {
    const value = svi.params.get(name).dataSync()[0];
    expect(value).toBeGreaterThan(0.5);
    expect(copy.run(read).dataSync()[0]).toBe(value);
    expect(loaded.toData().get(name)?.steps).toBe(3);
    const own = Object.fromEntries([[name, tf.scalar(7)]]);
    expect(new ParamStore().run(substitute(read, own)).dataSync()[0]).toBe(7);
    const lifted = seed.with(0, () => lift(read, Object.fromEntries([[name, normal(50, 1)]]))());
    expect(lifted.dataSync()[0]).toBeGreaterThan(10);
  });
  for (const store of [svi.params, copy]) store.dispose();
});
