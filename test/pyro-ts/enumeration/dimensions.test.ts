/** Which dimension each enumerated variable gets: shapes of values, recycling in markov contexts, replay, ranks. */
import * as tf from '@tensorflow/tfjs';
import {
  bernoulli,
  categorical,
  configEnumerate,
  type Enumerate,
  EnumerationError,
  enumerate,
  Markov,
  markov,
  normal,
  oneHotCategorical,
  plate,
  replay,
  sample,
  TraceEnumELBO,
  trace,
} from 'pyro-ts';
import { describe, expect, test } from 'vitest';
import { at, enumerated, nothing, outcome, parallel } from './helpers.js';

/** Shapes of the values that a program met, by site. */
function shapes(program: () => void, maxPlateNesting: number): Record<string, number[]> {
  const met = trace(enumerate(program, { firstAvailableDim: -1 - maxPlateNesting })).getTrace();
  return Object.fromEntries(met.sampleSites.map((site) => [site.name, site.value.shape]));
}
const uniform = (k: number) => categorical({ logits: tf.zeros([k]) });

describe('values', () => {
  const nested = () => {
    sample('x2', uniform(2));
    plate('outer', 3, () => {
      sample('x34', categorical({ logits: tf.zeros([3, 4]) }));
      plate('inner', 5, () => sample('x536', categorical({ logits: tf.zeros([5, 3, 6]) })));
    });
  };
  // Each case as in Pyro's test_enumerate_parallel_plate_ok.
  test('thin: size 1 in the plates', () => {
    const expected = { x2: [2, 1, 1], x34: [4, 1, 1, 1], x536: [6, 1, 1, 1, 1] };
    expect(shapes(configEnumerate(nested), 2)).toEqual(expected);
  });
  test('expanded: the full batch shape', () => {
    const expected = { x2: [2, 1, 1], x34: [4, 1, 1, 3], x536: [6, 1, 1, 5, 3] };
    expect(shapes(configEnumerate(nested, { expand: true }), 2)).toEqual(expected);
  });
  test('drawn several times', () => {
    const expected = { x2: [7, 1, 1], x34: [7, 1, 1, 3], x536: [7, 1, 1, 5, 3] };
    expect(shapes(configEnumerate(nested, { numSamples: 7 }), 2)).toEqual(expected);
  });
  test('sum and sample: the exact ones and one more, for each element', () => {
    const expected = { x2: [2, 1, 1], x34: [3, 1, 1, 3], x536: [3, 1, 1, 5, 3] };
    expect(shapes(configEnumerate(nested, { default: 'sum-and-sample', exactClasses: 2 }), 2)).toEqual(expected);
  });
  test('in turn: no dimension', () => {
    const seen: Record<string, number[]>[] = [];
    const guide = configEnumerate(nested, { default: 'sequential' });
    const record = () => {
      const met = trace(guide).getTrace();
      seen.push(Object.fromEntries(met.sampleSites.map((site) => [site.name, site.value.shape])));
    };
    const elbo = new TraceEnumELBO({ maxPlateNesting: 2 });
    outcome({}, elbo, nested, record, []);
    expect(seen.length).toBe(2 * 4 * 6);
    for (const each of seen) expect(each).toEqual({ x2: [], x34: [1], x536: [1, 1] });
  });
  test('one-hot: plates and event to the right', () => {
    const program = () => void plate('n', 2, () => sample('y', oneHotCategorical({ logits: tf.zeros([3]) }), parallel));
    expect(shapes(program, 1)).toEqual({ y: [3, 1, 3] });
    const expanded = configEnumerate(
      () => plate('n', 2, () => sample('y', oneHotCategorical({ logits: tf.zeros([3]) }))),
      {
        expand: true,
      },
    );
    expect(shapes(expanded, 1)).toEqual({ y: [3, 2, 3] });
  });
  test('the values are the support', () => {
    const met = trace(enumerate(() => sample('z', uniform(3), parallel), { firstAvailableDim: -2 })).getTrace();
    expect(met.get('z').value.arraySync()).toEqual([[0], [1], [2]]);
  });
});

test('replayed sites take no dimension, and the model goes on left of the guide', () => {
  const guide = configEnumerate(() => {
    sample('b', uniform(2));
    sample('e', uniform(2));
  });
  const met: Record<string, number[]> = {};
  const model = configEnumerate(() => {
    for (const name of ['b', 'c', 'e', 'f']) met[name] = sample(name, uniform(2)).shape;
  });
  outcome({}, new TraceEnumELBO({ maxPlateNesting: 0 }), model, guide, []);
  expect(met).toEqual({ b: [2], c: [2, 1, 1], e: [2, 1], f: [2, 1, 1, 1] });
});

test('what depends on an enumerated variable has its dimension', () => {
  const seen: Record<string, number[]> = {};
  const model = () => {
    const a = sample('a', bernoulli(0.25));
    const b = sample('b', bernoulli(a.mul(0.5).add(0.25)));
    plate('data', 3, () => {
      const c = sample('c', bernoulli(b.mul(0.5).add(0.25)), parallel);
      const d = sample('d', bernoulli(c.mul(0.5).add(0.25)));
      const e = sample('e', bernoulli(d.mul(0.5).add(0.25)));
      const f = sample('f', bernoulli(e.mul(0.5).add(0.25)), parallel);
      sample('g', bernoulli(f.mul(0.5).add(0.25)), { obs: tf.zeros([3]) });
      Object.assign(seen, { a: a.shape, b: b.shape, c: c.shape, d: d.shape, e: e.shape, f: f.shape });
    });
  };
  const guide = () => {
    const a = sample('a', bernoulli(0.25));
    const b = sample('b', bernoulli(a.mul(0.5).add(0.25)), parallel);
    plate('data', 3, () => {
      const d = sample('d', bernoulli(b.mul(0.5).add(0.25)));
      sample('e', bernoulli(d.mul(0.5).add(0.25)), parallel);
    });
  };
  const { loss } = outcome({}, new TraceEnumELBO({ maxPlateNesting: 1 }), model, guide, []);
  expect(Number.isFinite(loss)).toBe(true);
  // As in Pyro's test_enum_in_model_plate_ok.
  expect(seen).toEqual({ a: [], b: [2, 1], c: [2, 1, 1, 1], d: [2, 3], e: [2, 1, 1], f: [2, 1, 1, 1, 1] });
});

describe('markov', () => {
  const chain = (steps: number, history: number, depth: number) => () => {
    const states: tf.Tensor[] = [];
    markov(steps, { history }, (t) => {
      const before = states.slice(Math.max(0, t - depth));
      const drift = before.reduce<tf.Tensor>((sum, x) => sum.add(x.mul(0.1)), tf.scalar(0.3));
      states.push(sample(`x${t}`, bernoulli({ logits: drift }), parallel));
    });
  };

  test('a chain alternates between two dimensions, which none does', () => {
    const recycled = shapes(chain(5, 1, 1), 0);
    expect(Object.values(recycled)).toEqual([[2], [2, 1], [2], [2, 1], [2]]);
    const flat = shapes(() => {
      let x: tf.Tensor = tf.scalar(0);
      for (let t = 0; t < 4; t++) x = sample(`x${t}`, bernoulli({ logits: x }), parallel);
    }, 0);
    expect(Object.values(flat)).toEqual([[2], [2, 1], [2, 1, 1], [2, 1, 1, 1]]);
  });

  test('a longer history needs one more', () => {
    expect(Object.values(shapes(chain(5, 2, 2), 0))).toEqual([[2], [2, 1], [2, 1, 1], [2], [2, 1]]);
  });

  test('with history 0 the steps share one', () => {
    expect(Object.values(shapes(chain(4, 0, 0), 0))).toEqual([[2], [2], [2], [2]]);
  });

  test.each([0, 1, 2, 3])('history %d under a dependence on two steps', (history) => {
    const run = () => enumerated({}, 0, chain(6, history, 2));
    if (history >= 2) expect(Number.isFinite(run().loss)).toBe(true);
    else expect(run).toThrow(/Enumeration dim conflict.*increase the history/s);
  });

  test('nested chains see what is around them', () => {
    const rank = 4;
    const met = shapes(() => {
      const x = sample('x', uniform(3), parallel);
      let y = x;
      markov(10, (i) => {
        y = sample(`y${i}`, categorical({ logits: at(tf.zeros([3, 3]), y) }), parallel);
        let z = y;
        markov(10, (j) => {
          z = sample(`z${i}_${j}`, categorical({ logits: at(tf.zeros([3, 3]), z) }), parallel);
        });
      });
    }, 0);
    expect(Object.keys(met).length).toBe(1 + 10 + 100);
    expect(Math.max(...Object.values(met).map((s) => s.length))).toBeLessThanOrEqual(rank + 1);
  });

  test('a grid, with steps that are kept for the next row', () => {
    const table = tf.zeros([2, 2, 2]);
    const program = () => {
      const cells = new Map<string, tf.Tensor>();
      const cell = (i: number, j: number): tf.Tensor => cells.get(`${i},${j}`) ?? tf.scalar(0);
      const columns = new Markov({ keep: true });
      markov(4, (i) => {
        columns.over([0, 1, 2, 3], (j) => {
          const logits = at(table, cell(i - 1, j), cell(i, j - 1));
          cells.set(`${i},${j}`, sample(`x${i}_${j}`, categorical({ logits }), parallel));
        });
      });
    };
    // 2^16 equally likely grids: nothing observed, nothing lost.
    expect(enumerated({}, 0, program).loss).toBeCloseTo(0, 5);
  });

  test('a recursive program, each call a step', () => {
    const context = new Markov();
    const table = tf.zeros([3, 3]);
    let leaves = 0;
    const tree = (depth: number, state: tf.Tensor | number, address: string): void =>
      context.run(() => {
        if (depth === 0) {
          leaves++;
          sample(`leaf${address}`, normal(at(tf.zeros([3]), state), 1), { obs: 0 });
          return;
        }
        for (const letter of 'ab') {
          const logits = at(table, state);
          const next = sample(`branch${address}${letter}`, categorical({ logits }), parallel);
          tree(depth - 1, next, address + letter);
        }
      });
    const { loss } = enumerated({}, 0, () => {
      // The program may run more than once.
      leaves = 0;
      tree(4, 0, '');
    });
    expect(leaves).toBe(16);
    expect(loss).toBeCloseTo(16 * 0.5 * Math.log(2 * Math.PI), 4);
  });

  test('two contexts can take turns', () => {
    const [outer, inner] = [new Markov(), new Markov()];
    const program = () => outer.run(() => inner.run(() => outer.run(() => sample('x', uniform(4), parallel))));
    expect(shapes(() => void program(), 0)).toEqual({ x: [4] });
  });

  test('results come back, also over a list', () => {
    expect(markov(3, (t) => t * t)).toEqual([0, 1, 4]);
    expect(markov(['a', 'b'], (name) => name + name)).toEqual(['aa', 'bb']);
  });

  test('a chain of the guide stays clear of global variables of the model', () => {
    const locs = tf.tensor1d([-1, 0.5]);
    const guide = (): void => {
      let x: tf.Tensor = tf.scalar(0);
      markov(3, (t) => {
        x = sample(`x${t}`, bernoulli({ logits: x.sub(0.3) }), parallel);
      });
    };
    const model = (steps: (body: (t: number) => void) => void) => (): void => {
      const a = sample('a', bernoulli(0.3), parallel);
      let x: tf.Tensor = tf.scalar(0);
      steps((t) => {
        x = sample(`x${t}`, bernoulli({ logits: x.add(a) }));
        sample(`y${t}`, normal(at(locs, x).add(a), 1), { obs: 0.2 * t });
      });
    };
    const flatGuide = (): void => {
      let x: tf.Tensor = tf.scalar(0);
      for (let t = 0; t < 3; t++) x = sample(`x${t}`, bernoulli({ logits: x.sub(0.3) }), parallel);
    };
    const recycled = enumerated(
      {},
      0,
      model((body) => void markov(3, body)),
      guide,
    );
    const flat = enumerated(
      {},
      0,
      model((body) => [0, 1, 2].forEach(body)),
      flatGuide,
    );
    expect(recycled.loss).toBeCloseTo(flat.loss, 5);
  });
});

describe('ranks', () => {
  test('there is no limit to them', () => {
    const program = () => {
      for (let i = 0; i < 20; i++) sample(`x${i}`, uniform(2), parallel);
    };
    expect(Object.values(shapes(program, 5)).at(-1)).toEqual([2, ...new Array<number>(24).fill(1)]);
    const oneHot = () => void plate('n', 2, () => sample('y', oneHotCategorical({ logits: tf.zeros([3]) }), parallel));
    expect(shapes(oneHot, 7)).toEqual({ y: [3, 1, 1, 1, 1, 1, 1, 1, 3] });
  });

  test('there is one to the size of what one site computes', () => {
    const program = () => {
      const each = Array.from({ length: 10 }, (_, i) => sample(`x${i}`, uniform(8), parallel));
      // Independent observations, each of one variable, are small ...
      for (const [i, x] of each.entries()) sample(`y${i}`, normal(x, 1), { obs: 0 });
      // ... and one that depends on them all is not: 8^10 numbers.
      sample('wide', normal(0, 1).expand(new Array<number>(10).fill(8)), { obs: 0 });
    };
    expect(() => shapes(program, 0)).toThrow(EnumerationError);
    expect(() => shapes(program, 0)).toThrow(/site "wide".*1073741824.*markov.*sequential/s);
  });

  test('a long chain recycles its dimensions', () => {
    const met = shapes(() => {
      let x: tf.Tensor = tf.scalar(0);
      markov(100, (t) => {
        x = sample(`x${t}`, categorical({ logits: at(tf.zeros([3, 3]), x) }), parallel);
      });
    }, 2);
    expect(Math.max(...Object.values(met).map((s) => s.length))).toBe(4);
  });
});

test('the choice of enumeration is left alone where a site has made it', () => {
  const modes: Record<string, Enumerate | undefined> = {};
  const program = configEnumerate(
    () => {
      sample('a', uniform(2), { infer: { enumerate: 'sequential' } });
      sample('b', uniform(2));
      sample('c', normal(0, 1));
      sample('d', uniform(2), { obs: 1 });
    },
    { default: 'parallel' },
  );
  for (const site of trace(program).getTrace().sampleSites) modes[site.name] = site.infer.enumerate;
  expect(modes).toEqual({ a: 'sequential', b: 'parallel', c: undefined, d: undefined });
  expect(configEnumerate(nothing, { default: null })).toBe(nothing);
});

test('a replayed trace brings its dimensions', () => {
  const program = () => void sample('z', uniform(3), parallel);
  const first = trace(enumerate(program, { firstAvailableDim: -2 })).getTrace();
  const again = trace(replay(program, first)).getTrace();
  expect(again.get('z').value.shape).toEqual([3, 1]);
  expect(again.get('z').enumeration?.own?.dim).toBe(-2);
});
