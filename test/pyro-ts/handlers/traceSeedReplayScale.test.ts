/** Handlers: each as a wrapped function and around a body, alone and composed. */
import * as tf from '@tensorflow/tfjs';
import { block, condition, mask, normal, ParamStore, param, replay, sample, scale, seed, trace } from 'pyro-ts';
import { describe, expect, it } from 'vitest';

const model = () => {
  const mu = sample('mu', normal(0, 1));
  const x = sample('x', normal(mu, 2));
  sample('y', normal(x, 0.5), { obs: 1.5 });
  return x;
};
const value = (t: tf.Tensor) => t.dataSync()[0];
/** log N(x; loc, scale^2), by the formula. */
const logNormal = (x: number, loc: number, s: number) =>
  -0.5 * ((x - loc) / s) ** 2 - Math.log(s) - 0.5 * Math.log(2 * Math.PI);

describe('trace', () => {
  it('records sites in order, the return value, and the closed-form log-probability', () => {
    const t = trace(seed(model, 0)).getTrace();
    expect([...t.sites.keys()]).toEqual(['mu', 'x', 'y']);
    expect(t.returnValue).toBe(t.get('x').value);
    const [mu, x] = [value(t.get('mu').value), value(t.get('x').value)];
    expect(value(t.logProbSum())).toBeCloseTo(logNormal(mu, 0, 1) + logNormal(x, mu, 2) + logNormal(1.5, x, 0.5), 4);
    expect(t.latentSites.map((s) => s.name)).toEqual(['mu', 'x']);
    expect(t.observedSites.map((s) => s.name)).toEqual(['y']);
  });
  it('around a body gives the same trace', () => {
    const t = trace.with(() => seed.with(0, model));
    expect(value(t.get('x').value)).toBe(value(trace(seed(model, 0)).getTrace().get('x').value));
  });
});

describe('seed', () => {
  it('repeats a run and differs between seeds', () => {
    const draw = (s: number) => value(seed(model, s)());
    expect(draw(1)).toBe(draw(1));
    expect(draw(1)).not.toBe(draw(2));
  });
  it('gives a site the same draw whatever other sites there are', () => {
    const alone = trace(seed(() => sample('x', normal(0, 1)), 3)).getTrace();
    const after = trace(seed(() => [sample('w', normal(0, 1)), sample('x', normal(0, 1))], 3)).getTrace();
    expect(value(alone.get('x').value)).toBe(value(after.get('x').value));
  });
});

describe('replay, condition, block', () => {
  it('replay takes the latent values and leaves observations alone', () => {
    const first = trace(seed(model, 0)).getTrace();
    const second = trace(replay(seed(model, 1), first)).getTrace();
    expect(value(second.get('mu').value)).toBe(value(first.get('mu').value));
    expect(value(second.get('y').value)).toBe(1.5);
    expect(replay.with(first, () => value(sample('mu', normal(5, 1))))).toBe(value(first.get('mu').value));
  });
  it('condition observes a latent site', () => {
    const t = trace(condition(seed(model, 0), { x: 0.25 })).getTrace();
    expect(t.get('x').isObserved).toBe(true);
    expect(value(t.get('x').value)).toBe(0.25);
    expect(t.latentSites.map((s) => s.name)).toEqual(['mu']);
  });
  it('condition reaches through block only from inside', () => {
    const hidden = trace(block(condition(seed(model, 0), { x: 0.25 }), { hide: ['x'] })).getTrace();
    expect([...hidden.sites.keys()]).toEqual(['mu', 'y']);
    const behind = block(seed(model, 0), { hide: ['x'] });
    const outside = trace(condition(behind, { x: 0.25 }, { allowUnused: true })).getTrace();
    expect(outside.returnValue).not.toBe(0.25);
  });
  it('block hides all, some, or by type', () => {
    const names = (program: () => unknown) => [...trace(program).getTrace().sites.keys()];
    expect(names(block(seed(model, 0)))).toEqual([]);
    expect(names(block(seed(model, 0), { expose: ['mu'] }))).toEqual(['mu']);
    expect(names(block(seed(model, 0), { hideFn: (m) => m.type === 'sample' && m.isObserved }))).toEqual(['mu', 'x']);
    const store = new ParamStore();
    const both = () =>
      store.run(() => names(block(() => [param('p', 1), sample('z', normal(0, 1))], { exposeTypes: ['param'] })));
    expect(both()).toEqual(['p']);
  });
});

describe('scale and mask', () => {
  it('scale multiplies log-probabilities, nested scales multiply, and 0 is legal', () => {
    const one = trace(seed(model, 0)).getTrace();
    const six = trace(scale(scale(seed(model, 0), 2), 3)).getTrace();
    expect(value(six.logProbSum())).toBeCloseTo(6 * value(one.logProbSum()), 3);
    expect(
      value(
        trace(scale(seed(model, 0), 0))
          .getTrace()
          .logProbSum(),
      ),
    ).toBeCloseTo(0);
    expect(() => scale.with(-1, model)).toThrow('scale: the factor must be a finite number of at least 0, not -1.');
  });
  it('mask keeps the entries where it is true, and lets no NaN through', () => {
    const x = tf.tensor1d([1, Number.NaN, 3]);
    const loc = tf.scalar(0.5);
    const logProb = (l: tf.Tensor) =>
      trace(mask(() => sample('x', normal(l, 1), { obs: x }), tf.tensor1d([true, false, true], 'bool')));
    const unchecked = (l: tf.Tensor) =>
      trace.with(() => mask.with(tf.tensor1d([1, 0, 1], 'bool'), () => sample('x', normal(l, 1).expand([3])))).get('x');
    expect(unchecked(loc).logProb.dataSync()[1]).toBe(0);
    expect(() => logProb(loc).getTrace()).toThrow('outside the support');
  });
  it('masks combine by "and"', () => {
    const t = trace.with(() =>
      mask.with(tf.tensor1d([1, 1, 0], 'bool'), () =>
        mask.with(tf.tensor1d([0, 1, 1], 'bool'), () => sample('x', normal(0, 1).expand([3]), { obs: [1, 2, 3] })),
      ),
    );
    const logProb = t.get('x').logProb.dataSync();
    expect(logProb[0]).toBe(0);
    expect(logProb[1]).toBeCloseTo(logNormal(2, 0, 1), 5);
    expect(logProb[2]).toBe(0);
  });
});

it('an unknown option is rejected with the nearest name', () => {
  expect(() => block(model, { hides: ['x'] } as never)()).toThrow('block has no option "hides". Did you mean "hide"?');
});

it('the stack is clean after an error', () => {
  expect(() =>
    seed.with(0, () =>
      scale.with(2, () => {
        throw new Error('boom');
      }),
    ),
  ).toThrow('boom');
  const t = trace(() => sample('z', normal(0, 1))).getTrace();
  expect(t.get('z').scale).toBe(1);
});
