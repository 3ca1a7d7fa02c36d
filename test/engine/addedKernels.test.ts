/** Kernels that are not TensorFlow.js's own on the plain and the wasm engine, against loops over plain numbers. */
import { type EngineName, selectEngine, softmax } from '@pyro-ts/engine';
import { broadcastShapes } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectClose } from '../numbers.js';

const numbers = (size: number, seed = 1) =>
  Array.from({ length: size }, (_, i) => Math.fround(Math.sin(seed + 3.7 * i)));
const tensor = (shape: number[], seed?: number) =>
  tf.tensor(
    numbers(
      shape.reduce((a, b) => a * b, 1),
      seed,
    ),
    shape,
  );

const running = tf.getBackend() as EngineName;
afterAll(async () => void (await selectEngine({ engine: running })));

describe.each(['cpu', 'wasm'])('%s', (engine) => {
  beforeAll(async () => void (await selectEngine({ engine })));

  test.each([
    [
      [1, 5, 2, 3],
      [6, 1, 3, 4],
    ],
    [
      [2, 5, 2, 3],
      [2, 1, 3, 4],
    ],
    [
      [5, 2, 3],
      [2, 5, 3, 4],
    ],
    [
      [2, 3],
      [5, 3, 4],
    ],
    [
      [2, 1, 2, 3],
      [1, 1, 3, 4],
    ],
  ])('products of batches %j and %j', (a, b) => {
    const [x, y] = [tensor(a), tensor(b, 2)];
    const batch = broadcastShapes(a.slice(0, -2), b.slice(0, -2)) as number[];
    const found = tf.matMul(x, y);
    expect(found.shape).toEqual([...batch, 2, 4]);
    const [wideA, wideB] = [tf.broadcastTo(x, [...batch, 2, 3]), tf.broadcastTo(y, [...batch, 3, 4])];
    const [flatA, flatB] = [
      wideA.reshape([-1, 2, 3]).arraySync(),
      wideB.reshape([-1, 3, 4]).arraySync(),
    ] as number[][][][];
    const expected = flatA.map((m, n) =>
      m.map((row) => [0, 1, 2, 3].map((j) => row.reduce((s, v, k) => s + v * flatB[n][k][j], 0))),
    );
    expectClose(found, expected.flat(3), 1e-5, 1e-6);
  });

  test('a product with numbers that were multiplied under another shape', () => {
    const y = tf.tensor2d([1, 2, 3, 4], [4, 1]);
    expectClose(tf.matMul(tf.ones([1, 4]), y), [10]);
    expectClose(tf.matMul(tf.ones([1, 1]), y.reshape([1, 4])), [1, 2, 3, 4]);
    expectClose(tf.matMul(tf.ones([1, 2]), y.reshape([2, 2])), [4, 6]);
    expectClose(tf.matMul(tf.ones([1, 4]), y), [10]);
  });

  test.each([
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ])('scans along an axis counted from the right (exclusive %s, reverse %s)', (exclusive, reverse) => {
    const values = [
      [1, 2, 3],
      [4, 5, 6],
    ];
    for (const [scan, join, empty] of [
      [tf.cumsum, (a: number, b: number) => a + b, 0],
      [tf.cumprod, (a: number, b: number) => a * b, 1],
    ] as const) {
      const row = (line: number[]) => {
        const inOrder = reverse ? [...line].reverse() : line;
        const sums = inOrder.map((_, i) => inOrder.slice(0, exclusive ? i : i + 1).reduce(join, empty));
        return reverse ? sums.reverse() : sums;
      };
      expectClose(scan(tf.tensor2d(values), -1, exclusive, reverse), values.flatMap(row));
      const columns = [0, 1, 2].map((j) => row(values.map((line) => line[j])));
      expectClose(
        scan(tf.tensor2d(values), -2, exclusive, reverse),
        [0, 1].flatMap((i) => columns.map((c) => c[i])),
      );
    }
  });

  test('einsum', () => {
    const [x, y] = [tensor([2, 3]), tensor([3, 4], 2)];
    const [a, b] = [x.arraySync(), y.arraySync()] as number[][][];
    const product = (i: number, k: number) => a[i].reduce((s, v, j) => s + v * b[j][k], 0);
    expectClose(
      tf.einsum('ij,jk->ki', x, y),
      [0, 1, 2, 3].flatMap((k) => [0, 1].map((i) => product(i, k))),
    );
    expectClose(tf.einsum('ij->', x), [a.flat().reduce((s, v) => s + v)]);
    expectClose(
      tf.einsum('ij,jk->j', x, y),
      [0, 1, 2].map((j) => (a[0][j] + a[1][j]) * b[j].reduce((s, v) => s + v)),
    );
    expect(() => tf.einsum('ii->i', tensor([2, 2]))).toThrow(/each once in a tensor/);
    expect(() => tf.einsum('ijk->', x)).toThrow(/does not fit tensors of shapes \[2,3\]/);
  });

  test('slopes of PReLU that broadcast, and sums over segments', () => {
    const x = tensor([2, 4, 3]);
    const alpha = tf.tensor2d([[0.1], [0.2], [0.3], [0.4]]);
    const expected = Array.from(x.dataSync(), (v, i) => (v > 0 ? v : v * 0.1 * (1 + (Math.floor(i / 3) % 4))));
    expectClose(tf.prelu(x, alpha), expected, 1e-5, 1e-6);
    const sums = tf.unsortedSegmentSum(tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]), tf.tensor1d([2, 0, 2], 'int32'), 3);
    expectClose(sums, [3, 4, 0, 0, 6, 8]);
  });

  test('softmax along any axis', () => {
    const x = [
      [0, 1],
      [2, -1],
    ];
    const weight = (i: number, j: number) => Math.exp(x[i][j]) / (Math.exp(x[0][j]) + Math.exp(x[1][j]));
    expectClose(softmax(tf.tensor2d(x), 0), [weight(0, 0), weight(0, 1), weight(1, 0), weight(1, 1)]);
    expectClose(softmax(tf.tensor2d(x)), tf.softmax(tf.tensor2d(x)));
    expect(() => softmax(tf.zeros([2]), 1)).toThrow(/no axis 1/);
  });
});
