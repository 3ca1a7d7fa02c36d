/** Plates: dimensions, broadcasting, subsampling and scale, sequential ones, local parameters, and the words of their errors. */
import * as tf from '@tensorflow/tfjs';
import {
  normal,
  ParamStore,
  param,
  plate,
  plateStack,
  plates,
  sample,
  seed,
  sequentialPlate,
  subsample,
  trace,
} from 'pyro-ts';
import { describe, expect, it } from 'vitest';

const tracing = (body: () => unknown) => trace(seed(body, 0)).getTrace();

describe('vectorised plates', () => {
  it('take the rightmost free dimension and broadcast sites into it', () => {
    const t = tracing(() =>
      plate('a', 4, () => {
        sample('x', normal(0, 1));
        plate('b', 3, () => sample('y', normal(0, 1).expand([2]).toEvent(1)));
      }),
    );
    expect(t.get('x').value.shape).toEqual([4]);
    expect(t.get('y').value.shape).toEqual([3, 4, 2]);
    expect(t.get('y').logProb.shape).toEqual([3, 4]);
    expect(t.get('y').frames.map((f) => [f.name, f.dim])).toEqual([
      ['a', -1],
      ['b', -2],
    ]);
  });
  it('obey explicit dims, and free their dim on the way out', () => {
    const t = tracing(() => {
      plate('left', 2, { dim: -2 }, () => plate('right', 3, () => sample('x', normal(0, 1))));
      plate('later', 5, () => sample('z', normal(0, 1)));
    });
    expect(t.get('x').value.shape).toEqual([2, 3]);
    expect(t.get('z').frames[0].dim).toBe(-1);
  });
  it('plateStack nests from left to right', () => {
    expect(tracing(() => plateStack('p', [2, 3, 4], () => sample('x', normal(0, 1)))).get('x').value.shape).toEqual([
      2, 3, 4,
    ]);
  });
  it('are opened several times with the same elements and in the same dimension', () => {
    const data = tf.range(0, 10);
    const t = tracing(() => {
      const some = plate('data', 10, { subsampleSize: 4 });
      const x = some(() => sample('x', normal(0, 1), { obs: subsample(data) }));
      expect(some.indices.shape).toEqual([4]);
      plate('other', 3, { dim: -2 }, () => some(() => sample('y', normal(x, 1))));
    });
    expect(t.get('x').frames.map((f) => f.dim)).toEqual([-1]);
    expect(Array.from(t.get('x').value.dataSync())).toEqual(Array.from(t.get('data').value.dataSync()));
    expect(t.get('x').scale).toBe(2.5);
  });
  it('keep the dimension that they chose first', () => {
    const t = tracing(() => {
      const a = plate('a', 4);
      const b = plate('b', 3);
      plates([a, b], () => sample('x', normal(0, 1)));
      b(() => sample('y', normal(0, 1)));
      plates([b, a], () => sample('z', normal(0, 1)));
    });
    expect(t.get('x').value.shape).toEqual([3, 4]);
    expect(t.get('y').value.shape).toEqual([3, 1]);
    expect(t.get('z').value.shape).toEqual([3, 4]);
  });
  it('opened again give the log-probabilities of one body', () => {
    const once = tracing(() =>
      plate('p', 5, () => {
        const x = sample('x', normal(0, 1));
        sample('y', normal(x, 2), { obs: [0, 1, 2, 3, 4] });
      }),
    );
    const twice = tracing(() => {
      const p = plate('p', 5);
      const x = p(() => sample('x', normal(0, 1)));
      p(() => sample('y', normal(x, 2), { obs: [0, 1, 2, 3, 4] }));
    });
    expect(twice.logProbSum().dataSync()[0]).toBeCloseTo(once.logProbSum().dataSync()[0], 5);
  });
  it('subsample: indices without repetition, and log-probabilities scaled by size / subsampleSize', () => {
    const data = tf.range(0, 10);
    const t = tracing(() =>
      plate('data', 10, { subsampleSize: 4 }, () => sample('x', normal(0, 1), { obs: subsample(data) })),
    );
    const chosen = [...t.get('x').value.dataSync()];
    expect(new Set(chosen).size).toBe(4);
    const expected = chosen.reduce((s, x) => s - 0.5 * x * x - 0.5 * Math.log(2 * Math.PI), 0) * 2.5;
    expect(t.get('x').logProbSum.dataSync()[0]).toBeCloseTo(expected, 2);
  });
  it('used twice in a program share their subsample', () => {
    const t = tracing(() => {
      plate('data', 100, { subsampleSize: 5 }, (i) => sample('i1', normal(tf.cast(i, 'float32'), 1e-6)));
      plate('data', 100, { subsampleSize: 5 }, (i) => sample('i2', normal(tf.cast(i, 'float32'), 1e-6)));
    });
    const [a, b] = ['i1', 'i2'].map((n) => [...t.get(n).value.dataSync()].map(Math.round));
    expect(a).toEqual(b);
  });
  it('index parameters that say they are local, and send the gradient to those rows only', () => {
    const store = new ParamStore();
    const rows = [1, 3];
    const loss = () =>
      store.run(() =>
        plate('data', 4, { subsample: rows }, () =>
          tf.sum(
            param('w', tf.zeros([4, 2]), { eventDim: 1 }).mul([
              [1, 2],
              [3, 4],
            ]),
          ),
        ),
      ) as tf.Scalar;
    loss();
    const gradient = tf.variableGrads(loss, [store.unconstrained('w')]).grads;
    expect([...Object.values(gradient)[0].dataSync()]).toEqual([0, 0, 1, 2, 0, 0, 3, 4]);
  });
});

describe('sequential plates', () => {
  it('run the body for each element and scale a subsample', () => {
    const t = tracing(() => sequentialPlate('data', 6, { subsampleSize: 3 }, (i) => sample(`x${i}`, normal(0, 1))));
    expect(t.sampleSites.length).toBe(3);
    expect(t.sampleSites.every((s) => s.scale === 2 && s.value.shape.length === 0)).toBe(true);
  });
  it('equal the vectorised plate in log-probability', () => {
    const data = [0.3, -1, 2];
    const vectorised = tracing(() => plate('d', 3, () => sample('x', normal(0.5, 2), { obs: data })));
    const sequential = tracing(() => sequentialPlate('d', 3, (i) => sample(`x${i}`, normal(0.5, 2), { obs: data[i] })));
    expect(sequential.logProbSum().dataSync()[0]).toBeCloseTo(vectorised.logProbSum().dataSync()[0], 5);
  });
});

describe('misuse', () => {
  it.each<[string, () => unknown, string]>([
    ['a plate nested in itself', () => plate('a', 2, () => plate('a', 2, () => 0)), 'plate "a" is already open'],
    [
      'a collision',
      () => plate('a', 2, { dim: -1 }, () => plate('b', 3, { dim: -1 }, () => 0)),
      'plates "a" and "b" collide at dim -1. Move the dim of one of them to the left.',
    ],
    [
      'a positive dim',
      () => plate('a', 2, { dim: 1 }, () => 0),
      'dim must be a negative integer (counted from the right), not 1',
    ],
    [
      'a subsample larger than the plate',
      () => plate('a', 2, { subsampleSize: 3 }, () => 0),
      'subsampleSize must be an integer from 1 to the size 2, not 3',
    ],
    [
      'another size under one name',
      () => {
        plate('a', 2, () => sample('x', normal(0, 1)));
        plate('a', 3, () => sample('y', normal(0, 1)));
      },
      'plate "a" is used twice with different sizes',
    ],
    [
      'an unknown option',
      () => plate('a', 2, { subsamplesize: 1 } as never, () => 0),
      'plate "a" has no option "subsamplesize". Did you mean "subsampleSize"?',
    ],
    ['a body that is no function', () => plate('a', 2, {}, 5 as never), 'plate "a" takes its body as a function'],
    ['a plate opened without a body', () => plate('a', 2)(undefined as never), 'plate "a" is opened with its body'],
    [
      'a batch shape that does not fit',
      () => plate('a', 4, () => sample('x', normal(tf.zeros([3]), 1))),
      'At site "x" inside plate "a" (dim -1, size 4): the distribution\'s batchShape is [3]',
    ],
    [
      'a name used twice',
      () => {
        sample('x', normal(0, 1));
        sample('x', normal(0, 1));
      },
      'two sample sites called "x"',
    ],
    [
      'a value of the wrong shape',
      () => sample('x', normal(0, 1).expand([3]).toEvent(1), { obs: [1, 2] }),
      'At site "x": a value of shape [2] does not fit',
    ],
    ['a parameter without a store', () => param('w', 1), 'Parameter "w" has no store to live in'],
  ])('%s is rejected', (_, body, message) => {
    expect(() => tracing(body)).toThrow(message);
  });
});
