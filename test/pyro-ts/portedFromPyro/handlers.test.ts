/** Pyro's own cases of handlers, after `tests/poutine`. */
import * as tf from '@tensorflow/tfjs';
import {
  Adam,
  type BlockOptions,
  bernoulli,
  block,
  categorical,
  condition,
  constraints,
  enumerate,
  intervene,
  lift,
  logNormal,
  normal,
  ParamStore,
  param,
  plate,
  replay,
  SVI,
  sample,
  seed,
  sequentialPlate,
  substitute,
  TraceELBO,
  trace,
  uncondition,
} from 'pyro-ts';
import { describe, expect, test } from 'vitest';

const numbers = (x: tf.Tensor): number[] => Array.from(x.dataSync());
const model = () => {
  const a = sample('latent1', normal([0, 0], 1).toEvent(1));
  const b = sample('latent2', normal(a, 5).toEvent(1));
  sample('obs', normal(b, 1).toEvent(1), { obs: [1, 1] });
  return a;
};
const guide = () => {
  sample('latent1', normal(param('loc1', [0.1, 0.2]), param('scale1', [1, 1])).toEvent(1));
  return sample('latent2', normal(param('loc2', [0.3, 0.4]), param('scale2', [1, 1])).toEvent(1));
};
const run = <R>(body: () => R, s = 0): R => new ParamStore().run(seed(body, s));
const names = (program: () => unknown) => run(() => [...trace(program).getTrace().sites.keys()]);

test('a trace returns what the program does, and replays it whole, as often as asked', () => {
  const first = run(() => trace(model).getTrace());
  expect(numbers(first.get('latent1').value)).toEqual(numbers(first.returnValue as tf.Tensor));
  const replayed = trace(replay(model, first));
  for (const again of [run(() => replayed.getTrace(), 1), run(() => replayed.getTrace(), 2)]) {
    for (const site of ['latent1', 'latent2']) {
      expect(numbers(again.get(site).value)).toEqual(numbers(first.get(site).value));
    }
  }
});

describe('block', () => {
  test.each<[string, BlockOptions, string[], string[]]>([
    ['everything', {}, [], []],
    ['a few', { hide: ['latent1'] }, ['latent2', 'obs'], ['loc1', 'scale1', 'loc2', 'scale2', 'latent2']],
    ['all but a few', { expose: ['latent1'] }, ['latent1'], ['latent1']],
    ['by a function', { hideFn: (m) => m.name.includes('latent') }, ['obs'], ['loc1', 'scale1', 'loc2', 'scale2']],
    ['all parameters', { hideTypes: ['param'] }, ['latent1', 'latent2', 'obs'], ['latent1', 'latent2']],
    ['all but parameters', { exposeTypes: ['param'] }, [], ['loc1', 'scale1', 'loc2', 'scale2']],
    [
      'observations',
      { hideFn: (m) => m.type === 'sample' && m.isObserved },
      ['latent1', 'latent2'],
      ['loc1', 'scale1', 'latent1', 'loc2', 'scale2', 'latent2'],
    ],
  ])('hides %s', (_, options, ofModel, ofGuide) => {
    expect(names(block(model, options))).toEqual(ofModel);
    expect(names(block(guide, options)).sort()).toEqual([...ofGuide].sort());
  });
});

describe('what block hides', () => {
  test('still draws from the seed around, the same as unhidden', () => {
    const value = (program: () => unknown) => numbers(run(() => trace(program).getTrace()).returnValue as tf.Tensor);
    expect(value(block(model, { hide: ['latent1'] }))).toEqual(value(model));
    const begin = () => param('w', (rng) => rng.normal([2]));
    expect(value(block(begin))).toEqual(value(begin));
  });
  test('of parameters is not learned', () => {
    const target = () => sample('z', normal(3, 0.1));
    const drawn = () => {
      const loc = block.with({ hide: ['loc'] }, () => param('loc', 1));
      return sample('z', normal(loc, param('sd', 1, { constraint: constraints.positive })));
    };
    const svi = new SVI(target, drawn, new Adam({ lr: 0.1 }), new TraceELBO());
    for (let i = 0; i < 3; i++) svi.step();
    expect(numbers(svi.params.get('loc'))).toEqual([1]);
    expect(numbers(svi.params.get('sd'))).not.toEqual([1]);
  });
});

describe('lift', () => {
  // Positive, since it stands for scales too.
  const prior = () => logNormal([0, 0], 1).toEvent(1);
  test('all parameters, or some', () => {
    const whole = run(() => trace(lift(guide, prior())).getTrace());
    expect(whole.paramSites).toEqual([]);
    expect(whole.latentSites.map((s) => s.name)).toEqual(['loc1', 'scale1', 'latent1', 'loc2', 'scale2', 'latent2']);
    const part = run(() => trace(lift(guide, { loc1: prior() })).getTrace());
    expect(part.get('loc1').isObserved).toBe(false);
    expect(part.paramSites.map((s) => s.name)).toEqual(['scale1', 'loc2', 'scale2']);
  });
  test('a parameter that is asked for twice is one variable', () => {
    const twice = () => [param('loc', 1), param('loc')];
    const found = run(() => trace(lift(twice, { loc: normal(0, 1) })).getTrace());
    const [a, b] = (found.returnValue as tf.Tensor[]).map(numbers);
    expect(a).toEqual(b);
    expect(found.latentSites.map((s) => s.name)).toEqual(['loc']);
    // Each run draws it anew.
    const wrapped = lift(twice, { loc: normal(0, 1) });
    const [first, second] = run(() => [wrapped(), wrapped()].map(([x]) => numbers(x)));
    expect(first).not.toEqual(second);
  });
});

describe('values from outside', () => {
  test('substitute: the outer one wins, and different names add up', () => {
    const found = run(() =>
      trace(substitute(substitute(guide, { loc1: [1, 1] }), { loc1: [2, 2], loc2: [3, 3] })).getTrace(),
    );
    const value = (name: string) => numbers(found.paramSites.find((s) => s.name === name)?.value as tf.Tensor);
    expect([value('loc1'), value('loc2')]).toEqual([
      [2, 2],
      [3, 3],
    ]);
  });
  test('condition: the outer one wins, different names add up, and a trace will do', () => {
    const found = run(() =>
      trace(condition(condition(model, { latent1: [1, 1], latent2: [2, 2] }), { latent2: [3, 3] })).getTrace(),
    );
    expect([...found.observedSites.map((s) => s.name)]).toEqual(['latent1', 'latent2', 'obs']);
    expect([numbers(found.get('latent1').value), numbers(found.get('latent2').value)]).toEqual([
      [1, 1],
      [3, 3],
    ]);
    const values = run(() => trace(block(model, { exposeTypes: ['sample'] })).getTrace(), 4);
    const again = run(() => trace(condition(model, values)).getTrace());
    expect(again.get('latent2').isObserved).toBe(true);
    expect(numbers(again.get('latent2').value)).toEqual(numbers(values.get('latent2').value));
  });
  test('uncondition, and condition after it', () => {
    const found = run(() => trace(uncondition(model)).getTrace());
    expect(numbers(found.get('obs').value)).not.toEqual([1, 1]);
    const again = run(() => trace(condition(uncondition(model), { obs: [1, 1] })).getTrace());
    expect(numbers(again.get('obs').value)).toEqual([1, 1]);
  });
});

describe('counterfactual queries on x -> y -> z -> w', () => {
  const chain = () => {
    const x = sample('x', normal(0, 1));
    const y = sample('y', normal(x, 1));
    const z = sample('z', normal(y, 1));
    const w = sample('w', normal(z, 1));
    return { x, y, z, w };
  };
  const observations: Record<string, number> = { x: 1, z: 1, w: 1 };
  const interventions: Record<string, number> = { y: 0, z: 2, w: 1 };
  const cases: [string, () => () => ReturnType<typeof chain>, boolean, boolean][] = [
    ['interventions', () => intervene(chain, interventions), true, false],
    ['observations', () => condition(chain, observations), false, true],
    ['both', () => condition(intervene(chain, interventions), observations), true, true],
    ['both, the other way round', () => intervene(condition(chain, observations), interventions), true, true],
  ];
  test.each(cases)('%s', (_, make, isIntervened, isObserved) => {
    const found = run(() => trace(make()).getTrace());
    const seen = found.returnValue as ReturnType<typeof chain>;
    for (const name of ['x', 'y', 'z', 'w'] as const) {
      const site = found.get(name);
      const [kept, given] = [site.value.dataSync()[0], seen[name].dataSync()[0]];
      const observation = isObserved ? observations[name] : undefined;
      const intervention = isIntervened ? interventions[name] : undefined;
      expect(site.isObserved).toBe(observation !== undefined);
      if (observation !== undefined) expect(kept).toBe(observation);
      if (intervention !== undefined) expect(given).toBe(intervention);
      else expect(given).toBe(kept);
      if (intervention !== undefined && intervention !== observation) expect(kept).not.toBe(intervention);
    }
  });
});

test.each([
  [1, 1, [4]],
  [2, 2, [1, 1, 1, 1]],
  [1, 2, [2, 2]],
  [2, 1, [2, 2]],
])('scales of nested sequential plates, %d of 2 and %d of 2', (outer, inner, scales) => {
  const nested = () =>
    sequentialPlate('outer', 2, { subsampleSize: outer }, (i) =>
      sequentialPlate(`inner${i}`, 2, { subsampleSize: inner }, (j) => sample(`z${i}${j}`, normal(0, 1))),
    );
  const found = run(() => trace(nested).getTrace());
  expect(found.sampleSites.map((s) => s.scale)).toEqual(scales);
});

describe('enumerate', () => {
  const logProbShape = (program: () => unknown) => {
    const found = run(() => trace(program).getTrace());
    return found.sampleSites.map((s) => s.logProb).reduce((a, b) => tf.add(a, b)).shape;
  };
  test.each([-1, -2, -3].flatMap((first) => [0, 1, 2].map((depth) => [first, depth])))(
    'from dim %d on, %d sites',
    (firstAvailableDim, depth) => {
      const ones = new Array<number>(-1 - firstAvailableDim).fill(1);
      const twos = new Array<number>(depth).fill(2);
      const some = (letter: string) => {
        for (let i = 0; i < depth; i++) sample(`${letter}${i}`, bernoulli(0.5), { infer: { enumerate: 'parallel' } });
      };
      const alone = enumerate(
        () => {
          sample('x', bernoulli(0.5));
          some('a');
        },
        { firstAvailableDim },
      );
      expect(logProbShape(alone)).toEqual(depth > 0 ? [...twos, ...ones] : []);

      if (-firstAvailableDim + 2 * depth > 6) return;
      const y = () => sample('y', categorical([0.5, 0.25, 0.25]), { infer: { enumerate: 'parallel' } });
      const guideTrace = run(() => trace(enumerate(y, { firstAvailableDim: firstAvailableDim - depth })).getTrace());
      const around = enumerate(
        () => {
          some('a');
          y();
          some('b');
        },
        { firstAvailableDim },
      );
      const replayed = run(() => trace(replay(around, guideTrace)).getTrace());
      expect(replayed.get('y').value.shape).toEqual(guideTrace.get('y').value.shape);
    },
  );
});

test('enumerate around a body', () => {
  const mark = { infer: { enumerate: 'parallel' } } as const;
  const values = enumerate.with({ firstAvailableDim: -2 }, () =>
    plate('p', 3, () => sample('k', bernoulli(0.5), mark)),
  );
  expect([values.shape, numbers(values)]).toEqual([
    [2, 1],
    [0, 1],
  ]);
});

test('a plate that fails to open leaves nothing behind', () => {
  expect(() => plate('bad', -1, () => 0)).toThrow('the size must be a non-negative integer');
  expect(() => plate('bad', 3, { subsampleSize: 0 }, () => 0)).toThrow('an integer from 1 to the size 3, not 0');
  expect(() => plate('bad', 3, { subsample: [0, 3] }, () => 0)).toThrow('has 3 among its indices');
  expect(() => plate('bad', 3, { subsample: [] }, () => 0)).toThrow('is empty');
  expect(plate('good', 3, () => sample('x', normal(0, 1))).shape).toEqual([3]);
});

test('all elements in an order of their own pick parameters in that order', () => {
  const store = new ParamStore();
  store.run(() => {
    const picked = plate('p', 3, { subsample: [2, 0, 1] }, () => param('w', [10, 20, 30], { eventDim: 0 }));
    expect(numbers(picked)).toEqual([30, 10, 20]);
  });
});

test('a method is a program', () => {
  class Coin {
    constructor(private readonly p: number) {}
    flip = () => sample('b', bernoulli(this.p));
  }
  const found = run(() => trace(condition(new Coin(0.5).flip, { b: 1 })).getTrace());
  expect([found.get('b').isObserved, numbers(found.get('b').value)]).toEqual([true, [1]]);
});
