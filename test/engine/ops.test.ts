/** The operations that TensorFlow.js lacks or gets wrong, on whichever engine runs: values and gradients against closed forms. */
import {
  equal,
  greater,
  greaterEqual,
  less,
  lessEqual,
  logSumExp,
  notEqual,
  OperandError,
  stopGradient,
  take,
} from '@pyro-ts/engine';
import { broadcastShapes, expandTo, sizeOf, sumTo } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const numbers = (x: tf.Tensor): number[] => Array.from(x.dataSync());
const gradient = (f: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor): number[] => numbers(tf.grad((t) => tf.sum(f(t)))(x));

function expectClose(actual: readonly number[], expected: readonly number[], tolerance = 1e-5): void {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, i) => {
    if (Number.isFinite(expected[i])) expect(Math.abs(value - expected[i])).toBeLessThan(tolerance);
    else expect(value).toBe(expected[i]);
  });
}

describe('stopGradient', () => {
  it('keeps the value and takes part as a constant: the gradient of x * stop(x) is x', () => {
    const x = tf.tensor1d([2, -3, 0.5]);
    expect(numbers(stopGradient(x))).toEqual([2, -3, 0.5]);
    expectClose(
      gradient((t) => tf.mul(t, stopGradient(t)), x),
      [2, -3, 0.5],
    );
  });

  it('gives no gradient at all to what a result depends on only through it', () => {
    const [x, y] = [tf.scalar(2), tf.scalar(3)];
    const gradients = (f: () => tf.Tensor) =>
      tf
        .engine()
        .gradients(() => f() as tf.Scalar, [x, y], undefined, true)
        .grads.map((g) => g && numbers(g));
    expect(gradients(() => tf.mul(y, stopGradient(tf.exp(x))))).toEqual([undefined, [Math.fround(Math.exp(2))]]);
    expect(gradients(() => stopGradient(tf.mul(x, y)))).toEqual([undefined, undefined]);
    // The tape is as before after an error.
    const disposed = tf.scalar(1);
    disposed.dispose();
    expect(() => stopGradient(disposed)).toThrow();
    expect(gradients(() => tf.mul(x, y))).toEqual([[3], [2]]);
  });

  it('stops within the gradient of a gradient too, and leaves no tensor', () => {
    const { numTensors } = tf.memory();
    tf.tidy(() => {
      const inner = tf.grad((x) => tf.mul(tf.square(x), stopGradient(x)));
      // d/dx (2 x * stop(x)) = 2 stop(x)
      expect(numbers(tf.grad((x) => inner(x))(tf.scalar(3)))).toEqual([6]);
    });
    expect(tf.memory().numTensors).toBe(numTensors);
  });

  it('may be compared on the tape', () => {
    const x = tf.tensor1d([2, -3]);
    expectClose(
      gradient((t) => tf.where(greater(stopGradient(t), 0), tf.square(t), t), x),
      [4, 1],
    );
  });
});

describe('comparisons', () => {
  const a = tf.tensor1d([1, 2, 3, Number.NaN]);
  const b = tf.tensor1d([2, 2, 2, 2]);
  it.each([
    ['less', less, [1, 0, 0, 0]],
    ['lessEqual', lessEqual, [1, 1, 0, 0]],
    ['greater', greater, [0, 0, 1, 0]],
    ['greaterEqual', greaterEqual, [0, 1, 1, 0]],
    ['equal', equal, [0, 1, 0, 0]],
    ['notEqual', notEqual, [1, 0, 1, 1]],
  ] as const)('%s compares elementwise, with numbers and by broadcasting', (_, compare, expected) => {
    expect(compare(a, b).dtype).toBe('bool');
    expect(numbers(compare(a, b))).toEqual(expected);
    expect(numbers(compare(a, 2))).toEqual(expected);
    expect(compare(tf.zeros([3, 1]), tf.zeros([4])).shape).toEqual([3, 4]);
  });

  it('stand on the tape, where both sides depend on the input', () => {
    const x = tf.tensor1d([-2, 0.5, 3]);
    // The gradient of x^2 where x < 1 - x, else of 3x.
    const f = (t: tf.Tensor) => tf.where(less(t, tf.sub(1, t)), tf.square(t), tf.mul(t, 3));
    expectClose(gradient(f, x), [-4, 3, 3]);
  });
});

describe('logSumExp', () => {
  const negInf = Number.NEGATIVE_INFINITY;
  /** In float64, by the textbook. */
  const lse = (xs: readonly number[]): number => {
    const max = Math.max(...xs);
    return max === negInf ? negInf : max + Math.log(xs.reduce((sum, x) => sum + Math.exp(x - max), 0));
  };

  it('is right along an axis, over all, and with the axis kept', () => {
    const rows = [
      [1, 2, 3],
      [-4, 0, 1000],
    ];
    const x = tf.tensor2d(rows);
    expectClose(numbers(logSumExp(x, 1)), rows.map(lse), 1e-4);
    expectClose(
      numbers(logSumExp(x, -2)),
      [0, 1, 2].map((j) => lse(rows.map((row) => row[j]))),
      1e-4,
    );
    expectClose(numbers(logSumExp(x)), [lse(rows.flat())], 1e-4);
    expect(logSumExp(x, 1, true).shape).toEqual([2, 1]);
    expect(logSumExp(x, [0, 1]).shape).toEqual([]);
    expectClose(numbers(logSumExp(tf.scalar(3))), [3]);
  });

  it('has the softmax as gradient, also far from zero', () => {
    const xs = [1000, 1001, 998];
    const total = lse(xs);
    expectClose(
      gradient((t) => logSumExp(t), tf.tensor1d(xs)),
      xs.map((x) => Math.exp(x - total)),
      1e-4,
    );
  });

  it('gives -inf with gradient 0 where all are -inf, and leaves the other slices alone', () => {
    const x = tf.tensor2d([
      [negInf, negInf],
      [negInf, 2],
      [0, 0],
    ]);
    expectClose(numbers(logSumExp(x, 1)), [negInf, 2, Math.LN2]);
    expectClose(
      gradient((t) => logSumExp(t, 1), x),
      [0, 0, 0, 1, 0.5, 0.5],
    );
  });

  it('gives +inf where one is +inf', () => {
    expect(numbers(logSumExp(tf.tensor1d([Number.POSITIVE_INFINITY, 0])))).toEqual([Number.POSITIVE_INFINITY]);
  });
});

/** A shape of rank up to 6 and the same with some dimensions reduced to 1 or left off. */
const broadcastPair = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.boolean()), { maxLength: 6 })
  .chain((dims) => fc.tuple(fc.constant(dims), fc.integer({ min: 0, max: dims.length })))
  .map(([dims, dropped]) => ({
    large: dims.map(([size]) => size),
    small: dims.slice(dropped).map(([size, reduced]) => (reduced ? 1 : size)),
  }));

describe('expandTo and sumTo', () => {
  it('are each other’s transpose at every rank up to 6, values and gradients', () => {
    fc.assert(
      fc.property(broadcastPair, ({ small, large }) => {
        tf.tidy(() => {
          const x = tf.reshape(tf.range(1, sizeOf(small) + 1), small);
          const y = tf.reshape(tf.sin(tf.range(0, sizeOf(large))), large);
          const there = numbers(tf.sum(tf.mul(expandTo(x, large), y)))[0];
          const back = numbers(tf.sum(tf.mul(x, sumTo(y, small))))[0];
          expect(Math.abs(there - back)).toBeLessThan(1e-3 * (1 + Math.abs(there)));
          expect(expandTo(x, large).shape).toEqual(large);
          expect(sumTo(y, small).shape).toEqual(small);
          expectClose(
            gradient((t) => tf.mul(expandTo(t, large), y), x),
            numbers(sumTo(y, small)),
            1e-3,
          );
          expectClose(
            gradient((t) => tf.mul(sumTo(t, small), x), y),
            numbers(expandTo(x, large)),
            1e-3,
          );
        });
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  it('repeats each element in place at rank 6', () => {
    const x = tf.tensor([1, 2, 3], [1, 3, 1, 1, 1, 1]);
    const wide = expandTo(x, [2, 3, 1, 2, 1, 2]);
    const expected = [0, 1].flatMap(() => [1, 2, 3].flatMap((value) => new Array(4).fill(value)));
    expect(numbers(wide)).toEqual(expected);
    expect(gradient((t) => expandTo(t, [2, 3, 1, 2, 1, 2]), x)).toEqual([8, 8, 8]);
  });

  it('keeps the type of integers and truth values', () => {
    expect(expandTo(tf.tensor1d([1, 2], 'int32'), [3, 2]).dtype).toBe('int32');
    const truth = expandTo(tf.tensor1d([true, false], 'bool'), [2, 2]);
    expect([truth.dtype, ...numbers(truth)]).toEqual(['bool', 1, 0, 1, 0]);
  });

  it('rejects shapes that do not broadcast', () => {
    expect(() => expandTo(tf.zeros([2]), [3])).toThrow(
      new OperandError('a tensor of shape [2] does not broadcast to [3]'),
    );
    expect(() => expandTo(tf.zeros([2, 3]), [3])).toThrow(OperandError);
  });
});

describe('broadcastShapes', () => {
  it('is what an addition of such tensors gives', () => {
    const shape = fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 4 });
    fc.assert(
      fc.property(shape, shape, (a, b) => {
        let added: number[] | undefined;
        try {
          added = tf.tidy(() => tf.add(tf.zeros(a), tf.zeros(b)).shape);
        } catch {
          added = undefined;
        }
        expect(broadcastShapes(a, b)).toEqual(added);
      }),
      { numRuns: 200, seed: 2 },
    );
    expect(broadcastShapes([2, 1], [3], [1, 1, 1])).toEqual([1, 2, 3]);
    expect(broadcastShapes()).toEqual([]);
  });
});

describe('take', () => {
  const table = tf.tensor3d(
    Array.from({ length: 24 }, (_, i) => i * i - 5 * i),
    [2, 3, 4],
  );
  const indices: [string, number[], number[]][] = [
    ['a number', [], [2]],
    ['a list with repeats', [4], [1, 0, 1, 1]],
    ['values of an enumerated variable', [3, 1, 1], [0, 1, 2]],
    ['a matrix', [2, 2], [2, 0, 1, 2]],
  ];
  it.each(indices)('at %s, along each axis: values and gradients by hand', (_, shape, rows) => {
    for (const axis of [0, 1, 2, -1]) {
      const at = axis < 0 ? axis + 3 : axis;
      const chosen = rows.map((row) => row % table.shape[at]);
      for (const dtype of ['int32', 'float32'] as const) {
        const index = tf.tensor(chosen, shape, dtype);
        const result = take(table, index, axis);
        expect(result.shape).toEqual([...table.shape.slice(0, at), ...shape, ...table.shape.slice(at + 1)]);
        const slices = tf.unstack(table, at);
        const byHand = tf.stack(
          chosen.map((row) => slices[row]),
          at,
        );
        expect(numbers(result)).toEqual(numbers(byHand));
      }
      // The gradient of a sum counts how often each slice was taken.
      const gradient = tf.grad((x) => take(x, tf.tensor(chosen, shape), axis).sum())(table);
      const counts = Array.from({ length: table.shape[at] }, (_, i) => chosen.filter((row) => row === i).length);
      const weights = tf.tensor(counts).reshape(Array.from({ length: 3 }, (_, i) => (i === at ? counts.length : 1)));
      expect(numbers(gradient)).toEqual(numbers(tf.onesLike(table).mul(weights)));
    }
  });
});
