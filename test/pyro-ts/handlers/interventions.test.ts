/** Handlers that set or forget values: intervene, uncondition, lift, substitute; as wrappers, around bodies, and composed. */
import * as tf from '@tensorflow/tfjs';
import {
  condition,
  factor,
  intervene,
  lift,
  normal,
  onWarning,
  ParamStore,
  param,
  plate,
  replay,
  sample,
  scale,
  seed,
  substitute,
  trace,
  uncondition,
} from 'pyro-ts';
import { describe, expect, it } from 'vitest';

const value = (t: tf.Tensor) => t.dataSync()[0];
const logNormal = (x: number, loc: number, s: number) =>
  -0.5 * ((x - loc) / s) ** 2 - Math.log(s) - 0.5 * Math.log(2 * Math.PI);

/** rain -> sprinkler -> wet, with rain -> wet. */
const chain = () => {
  const a = sample('a', normal(0, 1));
  const b = sample('b', normal(a, 1));
  sample('c', normal(b.add(a), 1));
  return b;
};

describe('intervene (do)', () => {
  it('what follows sees the value; the site itself keeps its own draw and density', () => {
    const plain = trace(seed(chain, 0)).getTrace();
    const cut = trace(seed(intervene(chain, { b: 5 }), 0)).getTrace();
    expect(value(cut.get('b').value)).toBe(value(plain.get('b').value));
    expect(value(cut.get('b').logProb)).toBeCloseTo(value(plain.get('b').logProb), 6);
    expect(cut.get('b').isObserved).toBe(false);
    expect(value(cut.returnValue as tf.Tensor)).toBe(5);
    const [a, c] = [value(cut.get('a').value), value(cut.get('c').value)];
    expect(value(cut.get('c').logProb)).toBeCloseTo(logNormal(c, 5 + a, 1), 4);
  });
  it('differs from condition, which counts the density at the value', () => {
    const seen = trace(seed(condition(chain, { b: 5 }), 0)).getTrace();
    expect(value(seen.get('b').value)).toBe(5);
    expect(value(seen.get('b').logProb)).toBeCloseTo(logNormal(5, value(seen.get('a').value), 1), 4);
  });
  it('with condition around tells the counterfactual: the value that was seen, and the other that acts', () => {
    const t = trace(seed(condition(intervene(chain, { b: 5 }), { b: 1 }), 0)).getTrace();
    expect(value(t.get('b').value)).toBe(1);
    expect(t.get('b').isObserved).toBe(true);
    expect(value(t.returnValue as tf.Tensor)).toBe(5);
  });
  it('inside a plate and a scale passes on frames and scale', () => {
    const program = () => plate('rows', 3, () => scale.with(2, () => sample('z', normal(0, 1))));
    const t = trace(seed(intervene(program, { z: [1, 2, 3] }), 0)).getTrace();
    expect(t.get('z').value.shape).toEqual([3]);
    expect(t.get('z').scale).toBe(2);
    expect([...(t.returnValue as tf.Tensor).dataSync()]).toEqual([1, 2, 3]);
  });
  it('around a body', () => {
    expect(seed.with(0, () => intervene.with({ b: 7 }, () => value(chain())))).toBe(7);
  });
  it('warns where two interventions meet at one site', () => {
    const warnings: string[] = [];
    const before = onWarning((message) => warnings.push(message));
    expect(value(seed(intervene(intervene(chain, { b: 1 }), { b: 2 }), 0)())).toBe(1);
    onWarning(before);
    expect(warnings).toEqual([
      'Site "b" is intervened on twice: the inner value is what the program sees. Drop one of the interventions.',
    ]);
  });
});

describe('uncondition', () => {
  const observed = () => {
    const mu = sample('mu', normal(0, 1));
    factor('bonus', tf.scalar(1.5));
    return sample('x', normal(mu, 1), { obs: 3 });
  };
  it('draws observed sites from the prior and leaves factors be', () => {
    const t = trace(seed(uncondition(observed), 0)).getTrace();
    expect(t.get('x').isObserved).toBe(false);
    expect(value(t.get('x').value)).not.toBe(3);
    expect(value(t.get('bonus').logProb)).toBe(1.5);
    expect(t.latentSites.map((s) => s.name)).toEqual(['mu', 'x']);
  });
  it('undoes condition inside, not outside', () => {
    expect(
      trace(seed(uncondition(condition(chain, { b: 5 })), 0))
        .getTrace()
        .get('b').isObserved,
    ).toBe(false);
    expect(
      trace(seed(condition(uncondition(observed), { x: 4 }), 0))
        .getTrace()
        .get('x').isObserved,
    ).toBe(true);
    expect(seed.with(0, () => uncondition.with(() => value(observed())))).not.toBe(3);
  });
});

describe('lift and substitute', () => {
  const linear = () => {
    const w = param('w', 2);
    const b = param('b', 1);
    return plate('data', 4, () => sample('y', normal(w.add(b), 1), { obs: [1, 2, 3, 4] }));
  };
  const inStore = <R>(program: () => R) => new ParamStore().run(() => seed(program, 0)());

  it('lift makes parameters latent, by one prior, by name or by a function', () => {
    const prior = normal(10, 0.1);
    const by = (priors: Parameters<typeof lift.with>[0]) => inStore(() => trace(lift(linear, priors)).getTrace());
    expect(by(prior).latentSites.map((s) => s.name)).toEqual(['w', 'b']);
    expect(by({ w: prior }).latentSites.map((s) => s.name)).toEqual(['w']);
    expect(by({ w: prior }).paramSites.map((s) => s.name)).toEqual(['b']);
    expect(by((name) => (name === 'b' ? prior : undefined)).latentSites.map((s) => s.name)).toEqual(['b']);
    const t = by({ w: prior });
    const [w, y] = [value(t.get('w').value), t.get('y')];
    expect(Math.abs(w - 10)).toBeLessThan(1);
    expect(value(y.logProb)).toBeCloseTo(logNormal(1, w + 1, 1), 3);
  });
  it('a lifted parameter takes scales, and stands once for all elements of a plate', () => {
    const inPlate = () => plate('rows', 5, { subsampleSize: 2 }, () => scale.with(3, () => param('w', 2)));
    const site = inStore(() => trace(lift(inPlate, { w: normal(0, 1) })).getTrace()).get('w');
    expect(site.scale).toBe(3);
    expect(site.frames).toEqual([]);
    expect(site.value.shape).toEqual([]);
  });
  it('a lifted parameter can be conditioned and replayed', () => {
    const lifted = lift(linear, { w: normal(0, 1) });
    expect(
      value(
        inStore(
          () =>
            trace(condition(lifted, { w: 7 }))
              .getTrace()
              .get('w').value,
        ),
      ),
    ).toBe(7);
    const first = inStore(() => trace(lifted).getTrace());
    const again = new ParamStore().run(() => trace(replay(seed(lifted, 9), first)).getTrace());
    expect(value(again.get('w').value)).toBe(value(first.get('w').value));
    expect(inStore(() => lift.with({ w: normal(5, 1e-6) }, () => value(param('w', 2))))).toBeCloseTo(5, 3);
  });
  it('substitute gives parameters values, which traces see, without a store', () => {
    const t = trace(seed(substitute(linear, { w: 5, b: -5 }), 0)).getTrace();
    expect(t.paramSites.map((s) => [s.name, value(s.value)])).toEqual([
      ['w', 5],
      ['b', -5],
    ]);
    expect(value(t.get('y').logProb)).toBeCloseTo(logNormal(1, 0, 1), 5);
    expect(substitute.with({ w: 3 }, () => value(param('w')))).toBe(3);
    expect(
      value(
        inStore(
          () =>
            trace(substitute(linear, { w: 5 }))
              .getTrace()
              .get('y').logProb,
        ),
      ),
    ).toBeCloseTo(logNormal(1, 6, 1), 4);
  });
  it('substitute picks the rows of a local parameter like a store does', () => {
    const local = () => plate('rows', 4, { subsample: [2, 0] }, () => param('z', tf.zeros([4]), { eventDim: 0 }));
    expect([...substitute(local, { z: [10, 11, 12, 13] })().dataSync()]).toEqual([12, 10]);
  });
});
