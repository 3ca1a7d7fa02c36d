/** Indexing by several tensors: against a loop over all entries, its gradient, enumeration, and what is rejected. */
import * as tf from '@tensorflow/tfjs';
import {
  Adam,
  bernoulli,
  categorical,
  normal,
  SVI,
  sample,
  TraceEnumELBO,
  take,
  type VindexEntry,
  vindex,
} from 'pyro-ts';
import { describe, expect, test } from 'vitest';
import { expectClose, gradOf, numericGradient } from '../numbers.js';

const x = () => tf.reshape(tf.range(0, 120, 1), [2, 3, 4, 5]);
const entry = (a: number, b: number, c: number, d: number) => 60 * a + 20 * b + 5 * c + d;

describe('vindex', () => {
  test('indices of one shape', () => {
    const [a, b, c, d] = [
      [1, 0],
      [2, 1],
      [3, 0],
      [4, 2],
    ];
    expectClose(vindex(x(), [a, b, c, d]), [entry(1, 2, 3, 4), entry(0, 1, 0, 2)]);
  });

  test('indices broadcast against each other, with numbers among them', () => {
    const found = vindex(x(), [tf.tensor2d([[0], [1]]), 2, tf.tensor1d([0, 3, 1]), 4]);
    expect(found.shape).toEqual([2, 3]);
    expectClose(
      found,
      [0, 1].flatMap((a) => [0, 3, 1].map((c) => entry(a, 2, c, 4))),
    );
  });

  test('kept dimensions come last, wherever they stand', () => {
    const found = vindex(x(), [[1, 0, 1], ':', [2, 3, 0], ':']);
    expect(found.shape).toEqual([3, 3, 5]);
    const expected = [0, 1, 2].flatMap((i) =>
      [0, 1, 2].flatMap((b) => [0, 1, 2, 3, 4].map((d) => entry([1, 0, 1][i], b, [2, 3, 0][i], d))),
    );
    expectClose(found, expected);
  });

  test('dimensions that no entry indexes are batch dimensions', () => {
    const index = tf.tensor2d([
      [0, 3, 2],
      [1, 1, 0],
    ]);
    const found = vindex(x(), [index, ':']);
    expect(found.shape).toEqual([2, 3, 5]);
    const at = [
      [0, 3, 2],
      [1, 1, 0],
    ];
    expectClose(
      found,
      [0, 1].flatMap((a) => [0, 1, 2].flatMap((b) => [0, 1, 2, 3, 4].map((d) => entry(a, b, at[a][b], d)))),
    );
    // Indices with more dimensions, as of an enumerated variable.
    expect(vindex(x(), [tf.tensor([0, 1, 2, 3], [4, 1, 1], 'int32'), ':']).shape).toEqual([4, 2, 3, 5]);
  });

  test('its gradient adds up where an index repeats', () => {
    const weights = tf.tensor1d([1, -2, 0.5, 3]);
    const f = (t: tf.Tensor) =>
      vindex(tf.square(t), [
        [1, 0, 1, 1],
        [2, 1, 2, 0],
      ]).mul(weights);
    const at = tf.tensor2d([
      [0.3, -1, 2],
      [1, 0.5, -0.2],
    ]);
    expectClose(gradOf(f, at), numericGradient(f, at, 1e-2), 1e-3, 1e-3);
  });

  test.each<[string, VindexEntry[], RegExp]>([
    ['an index out of range', [0, 3, 0, 0], /no entry 3 in a dimension of size 3/],
    ['a negative index', [0, -1, 0, 0], /no entry -1/],
    ['half an index', [0, 0.5, 0, 0], /no entry 0.5/],
    ['too many entries', [0, 0, 0, 0, 0], /5 entries are too many for a tensor of shape \[2, 3, 4, 5\]/],
    ['shapes that do not broadcast', [[0, 1], [0, 1, 2], 0, 0], /do not broadcast together/],
  ])('%s is rejected', (_, index, message) => {
    expect(() => vindex(x(), index)).toThrow(message);
  });

  test('enumerated indices give the sum over both variables', () => {
    const means = tf.tensor2d([
      [-1, 0.5],
      [1, 2],
      [0, 3],
    ]);
    const [weights, probs] = [
      [0.2, 0.5, 0.3],
      [0.3, 0.9, 0.5],
    ];
    const enumerate = { infer: { enumerate: 'parallel' } } as const;
    const model = () => {
      const a = sample('a', categorical(weights), enumerate);
      const b = sample('b', bernoulli(vindex(tf.tensor1d(probs), [a])), enumerate);
      sample('y', normal(vindex(means, [a, b]), 1), { obs: 0.7 });
    };
    const density = (mean: number) => Math.exp(-0.5 * (0.7 - mean) ** 2) / Math.sqrt(2 * Math.PI);
    const rows = means.arraySync();
    const evidence = weights.reduce(
      (sum, w, a) => sum + w * ((1 - probs[a]) * density(rows[a][0]) + probs[a] * density(rows[a][1])),
      0,
    );
    const svi = new SVI(model, () => {}, new Adam({ lr: 0.1 }), new TraceEnumELBO({ maxPlateNesting: 0 }));
    expect(svi.evaluateLoss()).toBeCloseTo(-Math.log(evidence), 5);
  });
});

test('take rejects what is no index', () => {
  expect(() => take(tf.tensor1d([1, 2, 3]), tf.tensor1d([0, 1.5]))).toThrow(
    /no entry 1.5 in a dimension of size 3; indices are whole numbers from 0 to 2/,
  );
  expect(() => take(tf.tensor1d([1, 2, 3]), tf.tensor1d([Number.NaN]))).toThrow(/no entry NaN/);
  expect(() => take(tf.tensor1d([1, 2, 3]), tf.tensor1d([3], 'int32'))).toThrow(/no entry 3/);
});
