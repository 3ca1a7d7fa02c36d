/** Operations on more than six dimensions, against plain numbers: tfjs-wasm alone computes some of them wrong, without an error. */
import { expandTo } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expectClose, gradOf } from '../numbers.js';

type Shape = number[];
const sizeOf = (shape: Shape) => shape.reduce((a, b) => a * b, 1);
const numbers = (shape: Shape, seed: number) =>
  Array.from({ length: sizeOf(shape) }, (_, i) => Math.fround(0.5 + Math.abs(Math.sin(seed + 3.7 * i))));

/** `f` at every index of `shape`, row by row. */
function everywhere(shape: Shape, f: (index: number[]) => number): number[] {
  return Array.from({ length: sizeOf(shape) }, (_, flat) => {
    const index = new Array<number>(shape.length);
    let rest = flat;
    for (let i = shape.length - 1; i >= 0; i--) {
      index[i] = rest % shape[i];
      rest = Math.floor(rest / shape[i]);
    }
    return f(index);
  });
}
/** The entry of `values` of a shape that is broadcast, right-aligned. */
function entry(values: number[], shape: Shape, index: number[]): number {
  let flat = 0;
  for (const [i, size] of shape.entries())
    flat = flat * size + (size === 1 ? 0 : index[index.length - shape.length + i]);
  return values[flat];
}

/** Shapes of rank 7 to 10 with at most 2^10 numbers, and which of their dimensions two operands have. */
const shapes = fc.integer({ min: 7, max: 10 }).chain((rank) =>
  fc.record({
    full: fc.array(fc.constantFrom(1, 2, 2), { minLength: rank, maxLength: rank }),
    inA: fc.array(fc.boolean(), { minLength: rank, maxLength: rank }),
    inB: fc.array(fc.boolean(), { minLength: rank, maxLength: rank }),
  }),
);

const binary: [string, (a: tf.Tensor, b: tf.Tensor) => tf.Tensor, (a: number, b: number) => number][] = [
  ['add', tf.add, (a, b) => a + b],
  ['sub', tf.sub, (a, b) => a - b],
  ['mul', tf.mul, (a, b) => a * b],
  ['div', tf.div, (a, b) => a / b],
  ['squaredDifference', tf.squaredDifference, (a, b) => (a - b) ** 2],
  ['maximum', tf.maximum, Math.max],
  ['minimum', tf.minimum, Math.min],
  ['pow', tf.pow, (a, b) => a ** b],
  ['greater', (a, b) => tf.cast(tf.greater(a, b), 'float32'), (a, b) => Number(a > b)],
];

describe('operands that are broadcast', () => {
  test.each(binary)('%s', (_, op, f) => {
    fc.assert(
      fc.property(shapes, ({ full, inA, inB }) => {
        tf.tidy(() => {
          const [shapeA, shapeB] = [inA, inB].map((has) => full.map((n, i) => (has[i] ? n : 1)));
          const out = full.map((n, i) => (inA[i] || inB[i] ? n : 1));
          const [a, b] = [numbers(shapeA, 1), numbers(shapeB, 2)];
          const found = op(tf.tensor(a, shapeA), tf.tensor(b, shapeB));
          expect(found.shape).toEqual(out);
          expectClose(
            found,
            everywhere(out, (at) => f(entry(a, shapeA, at), entry(b, shapeB, at))),
          );
        });
      }),
      { numRuns: 25, seed: 3 },
    );
  });

  test('gradients are summed back', () => {
    tf.tidy(() => {
      const [shapeA, shapeB] = [
        [2, 1, 2, 1, 2, 1, 2, 1],
        [1, 3, 1, 2, 1, 2, 1, 2],
      ];
      const [a, b] = [numbers(shapeA, 1), numbers(shapeB, 2)];
      const found = gradOf((x) => tf.square(tf.mul(x, tf.tensor(b, shapeB))), tf.tensor(a, shapeA));
      const squares = b.reduce((sum, y) => sum + y * y, 0);
      expectClose(
        found,
        a.map((x) => 2 * x * squares),
        1e-5,
      );
    });
  });
});

test('sums, slices, pads, transposes and choices', () => {
  const shape = [2, 3, 1, 2, 2, 1, 2, 3];
  const values = numbers(shape, 4);
  tf.tidy(() => {
    const x = tf.tensor(values, shape);
    expectClose(
      tf
        .pad(
          x,
          shape.map((_, i) => [i % 2, i % 3] as [number, number]),
        )
        .sum(),
      values.reduce((a, b) => a + b),
    );
    const padded = shape.map((n, i) => n + (i % 2) + (i % 3));
    const within = (at: number[]) => at.map((k, i) => k - (i % 2));
    expectClose(
      tf.pad(
        x,
        shape.map((_, i) => [i % 2, i % 3] as [number, number]),
        7,
      ),
      everywhere(padded, (at) =>
        within(at).every((k, i) => k >= 0 && k < shape[i]) ? entry(values, shape, within(at)) : 7,
      ),
    );
    const order = [7, 2, 5, 0, 6, 1, 4, 3];
    const moved = order.map((axis) => shape[axis]);
    expectClose(
      tf.transpose(x, order),
      everywhere(moved, (at) =>
        entry(
          values,
          shape,
          shape.map((_, axis) => at[order.indexOf(axis)]),
        ),
      ),
    );
    expectClose(
      tf.where(tf.greater(x, 1), x, tf.zeros(shape)),
      values.map((v) => (v > 1 ? v : 0)),
    );
    const slope = gradOf(
      (y) =>
        tf.square(
          tf.pad(
            y,
            shape.map(() => [1, 0] as [number, number]),
          ),
        ),
      x,
    );
    expectClose(
      slope,
      values.map((v) => 2 * v),
    );
    expect(
      expandTo(tf.ones([2, 1]), [2, 1, 2, 1, 2, 2, 1, 2, 3])
        .sum()
        .dataSync()[0],
    ).toBe(96);
  });
});
