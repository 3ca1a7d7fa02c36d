/** ParamStore: constraints, saving as safetensors, copies, matching, scopes, deleting, and the words of its rejections. */
import * as tf from '@tensorflow/tfjs';
import {
  Adam,
  constraints,
  normal,
  ParamStore,
  param,
  readSafetensors,
  ShapeError,
  SVI,
  sample,
  scope,
  seed,
  type TensorLike,
  TraceELBO,
  transformTo,
  withValidation,
  writeSafetensors,
} from 'pyro-ts';
import { describe, expect, it } from 'vitest';
import { expectClose } from '../numbers.js';

const filled = () => {
  const store = new ParamStore();
  store.set('net.weight', [
    [1, 2],
    [3, 4],
  ]);
  store.set('net.bias', [0.5, -0.5]);
  store.set('scale', [0.1, 20], constraints.positive);
  store.set('share', [0.2, 0.3, 0.5], constraints.simplex);
  store.set('angle', 1.25, constraints.interval(-2, 3));
  return store;
};
/** A program that asks for the parameters of `filled`, with other initial values. */
const ask = () => ({
  scale: param('scale', [1, 1], { constraint: constraints.positive }),
  angle: param('angle', 0, { constraint: constraints.interval(-2, 3) }),
});

describe('values', () => {
  it('are constrained outside and unconstrained inside', () => {
    const store = filled();
    expectClose(store.get('scale'), [0.1, 20]);
    expectClose(store.unconstrained('scale'), [Math.log(0.1), Math.log(20)], 1e-6);
    expectClose(store.get('share'), [0.2, 0.3, 0.5]);
    expectClose(store.get('angle'), [1.25]);
    store.set('scale', [3, 4]);
    expectClose(store.get('scale'), [3, 4]);
    expectClose(transformTo(constraints.positive).inverse(store.get('scale')), store.unconstrained('scale'), 1e-5);
  });
  it('stay where bounds were tensors of a run', () => {
    const store = new ParamStore();
    tf.tidy(() => {
      const above = tf.tensor1d([1, 5]);
      store.run(() => param('x', [2, 6], { constraint: constraints.greaterThan(above) }));
      return 0;
    });
    expectClose(store.get('x'), [2, 6]);
  });
  it('are found by a pattern, and deleted', () => {
    const store = filled();
    expect(store.match(/^net\./)).toEqual(['net.weight', 'net.bias']);
    const before = tf.memory().numTensors;
    for (const name of store.match(/^net\./)) store.delete(name);
    expect(store.names).toEqual(['scale', 'share', 'angle']);
    expect(tf.memory().numTensors).toBe(before - 2);
    expect(store.has('net.bias')).toBe(false);
    store.dispose();
    expect(tf.memory().numTensors).toBe(before - 5);
  });
  it('of a copy are its own', () => {
    const store = filled();
    const copy = store.copy();
    store.set('angle', 2);
    expectClose(copy.get('angle'), [1.25]);
    expect(copy.names).toEqual(store.names);
    copy.set('scale', [7, 8]);
    expectClose(store.get('scale'), [0.1, 20]);
  });
  it('of stores side by side do not meet; the innermost store answers', () => {
    const [outer, inner] = [new ParamStore(), new ParamStore()];
    outer.run(() => {
      param('a', 1);
      inner.run(() => param('a', 2));
    });
    expectClose(
      [outer, inner].map((s) => s.get('a').dataSync()[0]),
      [1, 2],
    );
  });
  it('that begin at random follow the seed', () => {
    const begin = (s: number) => {
      const store = new ParamStore();
      store.run(seed(() => param('w', (rng) => rng.normal([2])), s));
      return Array.from(store.get('w').dataSync());
    };
    expect(begin(1)).toEqual(begin(1));
    expect(begin(1)).not.toEqual(begin(2));
  });
});

describe('match', () => {
  it.each<[RegExp, string[]]>([
    [/^net\./, ['net.weight', 'net.bias']],
    [/s/, ['net.bias', 'scale', 'share']],
    [/^S/i, ['scale', 'share']],
    [/^(scale|angle)$/, ['scale', 'angle']],
    [/decoder/, []],
    // A pattern that remembers where it was must not skip names.
    [/e/g, ['net.weight', 'net.bias', 'scale', 'share', 'angle']],
    [/net/y, ['net.weight', 'net.bias']],
  ])('%s', (pattern, names) => {
    const store = filled();
    expect(store.match(pattern)).toEqual(names);
    expect(store.match(pattern)).toEqual(names);
  });
});

describe('a scope', () => {
  it('is a view: names without the prefix, and changes that go through', () => {
    const store = filled();
    const [left, right] = [store.scope('left'), store.scope('right')];
    left.set('w', [1, 2]);
    right.set('w', 3, constraints.positive);
    expect(store.names.slice(5)).toEqual(['left/w', 'right/w']);
    expect([left.names, right.names]).toEqual([['w'], ['w']]);
    expect([left.has('w'), left.has('left/w'), left.has('scale')]).toEqual([true, false, false]);
    store.set('left/w', [5, 6]);
    expectClose(left.get('w'), [5, 6]);
    expect(right.unconstrained('w')).toBe(store.unconstrained('right/w'));
    expect(left.match(/^w$/)).toEqual(['w']);
    left.delete('w');
    expect(store.has('left/w')).toBe(false);
    right.dispose();
    expect(store.names).toEqual(filled().names);
    expect(() => left.get('scale')).toThrow('There is no parameter "scale" in the store.');
    expect(() => store.scope('')).toThrow('ParamStore.scope: the prefix must be a non-empty string.');
  });
  it('prefixes the names of the programs that run in it, also in scopes of scopes', () => {
    const store = new ParamStore();
    store.scope('a').run(ask);
    store.scope('a').scope('b').run(ask);
    store.run(() => scope.with('c', ask));
    expect(store.names).toEqual(['a', 'a/b', 'c'].flatMap((prefix) => [`${prefix}/scale`, `${prefix}/angle`]));
    expect(store.scope('a').names).toEqual(['scale', 'angle', 'b/scale', 'b/angle']);
  });
  it('fits one program twice in one store as in stores of their own, and is saved with it', () => {
    const model = (x: number) => sample('x', normal(sample('z', normal(0, 1)), 0.5), { obs: x });
    const guide = () => sample('z', normal(param('loc', 0), param('sd', 1, { constraint: constraints.positive })));
    const learn = (x: number, params: ParamStore) => {
      const svi = new SVI(model, guide, new Adam({ lr: 0.1 }), new TraceELBO(), { params });
      return Array.from({ length: 5 }, () => svi.step(x));
    };
    const store = new ParamStore();
    const own = new ParamStore();
    expect(learn(2, store.scope('left'))).toEqual(learn(2, own));
    learn(-3, store.scope('right'));
    expect(store.scope('left').save()).toEqual(own.save());

    const loaded = new ParamStore();
    loaded.load(store.save());
    expect(learn(-3, loaded.scope('right'))).toEqual(learn(-3, store.scope('right')));
    const alone = new ParamStore();
    alone.scope('left').load(own.save());
    expect(learn(2, alone.scope('left'))).toEqual(learn(2, store.scope('left')));
  });
});

describe('a saved store', () => {
  it('is a safetensors file of unconstrained values, with the constraints in its metadata', () => {
    const { tensors, metadata } = readSafetensors(filled().save());
    expect(metadata.format).toBe('pyro-ts parameters 1');
    expect(JSON.parse(metadata.constraints).angle).toBe('interval: in [-2, 3]');
    expect(tensors.get('net.weight')).toEqual({ shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) });
    expectClose(tensors.get('scale')?.data as Float32Array, [Math.log(0.1), Math.log(20)], 1e-6);
  });
  it('gives existing parameters their values, and others when they are first asked for', () => {
    const bytes = filled().save();
    const store = new ParamStore();
    store.set('scale', [9, 9], constraints.positive);
    store.load(bytes);
    expectClose(store.get('scale'), [0.1, 20], 1e-6);
    expect(store.has('angle')).toBe(false);
    const { angle } = store.run(ask);
    expectClose(angle, [1.25], 1e-6);
    expect(new ParamStore().toData().size).toBe(0);
  });
  it('round trips to the same bytes', () => {
    const store = filled();
    const twin = filled();
    twin.load(store.save());
    expect(twin.save()).toEqual(store.save());
  });
});

describe('rejections', () => {
  const bytes = filled().save();
  const load = (make: (store: ParamStore) => void) => () => {
    const store = new ParamStore();
    make(store);
    store.load(bytes, 'model.safetensors');
    store.run(ask);
  };
  it.each<[string, () => unknown, string]>([
    [
      'another shape',
      load((s) => s.set('net.bias', [1, 2, 3])),
      'Parameter "net.bias" has shape [3] here and [2] in the saved state',
    ],
    [
      'another constraint',
      load((s) => s.set('scale', [1, 1])),
      'Parameter "scale" was saved with the constraint "positive: positive" and has the constraint "real: real" here: its saved numbers',
    ],
    [
      'another constraint of a parameter that is made later',
      () => {
        const store = new ParamStore();
        store.load(bytes);
        store.run(() => param('angle', 0, { constraint: constraints.interval(-2, 4) }));
      },
      'Parameter "angle" was saved with the constraint "interval: in [-2, 3]" and has the constraint "interval: in [-2, 4]" here',
    ],
    [
      'tensors that are no parameters',
      () => new ParamStore().load(writeSafetensors(new Map()), 'x.safetensors'),
      'x.safetensors has the format "unknown" and not "pyro-ts parameters 1"',
    ],
    [
      'numbers of another type',
      () =>
        new ParamStore().load(
          writeSafetensors(new Map([['w', { shape: [1], data: Int32Array.of(1) }]]), {
            format: 'pyro-ts parameters 1',
          }),
        ),
      'The saved parameters: parameter "w" is not of type float32.',
    ],
    [
      'metadata that cannot be read',
      () => new ParamStore().load(writeSafetensors(new Map(), { format: 'pyro-ts parameters 1', constraints: '{' })),
      'The saved parameters: the constraints among its metadata cannot be read.',
    ],
    [
      'an unknown name',
      () => filled().get('net.wieght'),
      'There is no parameter "net.wieght" in the store. Did you mean "net.weight"?',
    ],
    [
      'no initial value',
      () => new ParamStore().run(() => param('w')),
      'Parameter "w" does not exist yet, and param("w") gives no initial value.',
    ],
    [
      'a value outside its constraint',
      () => filled().set('scale', [1, -1]),
      'Parameter "scale": its value must be positive, and the one given is not everywhere.',
    ],
  ])('%s', (_, body, message) => {
    expect(body).toThrow(message);
  });
});

describe('a parameter that is met again', () => {
  const meet = (...inits: (() => TensorLike)[]) =>
    tf.tidy(() => {
      const store = new ParamStore();
      store.run(() => seed.with(0, () => void inits.forEach((init) => void param('w', init))));
      store.dispose();
    });
  it('has the shape that it began with', () => {
    expect(() =>
      meet(
        () => [1, 2],
        () => [3, 4],
      ),
    ).not.toThrow();
    expect(() =>
      meet(
        () => [1, 2],
        () => [3, 4, 5],
      ),
    ).toThrow(ShapeError);
    expect(() =>
      meet(
        () => 1,
        () => [3],
      ),
    ).toThrow('has shape [], and this param("w", ...) begins with a value of shape [1]');
  });
  it('also where the initial value is a value, and under a constraint', () => {
    const store = new ParamStore();
    const simplex = { constraint: constraints.simplex };
    store.run(() => {
      param('p', [0.5, 0.5], simplex);
      expect(() => param('p', [0.2, 0.8], simplex)).not.toThrow();
      expect(() => param('p', [0.2, 0.3, 0.5], simplex)).toThrow(ShapeError);
      expect(() => withValidation(false, () => param('p', [0.2, 0.3, 0.5], simplex))).not.toThrow();
    });
    store.dispose();
  });
});
