/** Pictures read through an affine map for each row: against a loop over the pixels, and what is rejected. */
import { OperandError } from '@pyro-ts/engine';
import { affineSample } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { RandomStream } from 'pyro-ts';
import { describe, expect, test } from 'vitest';
import { expectClose } from '../numbers.js';

const stream = new RandomStream('affineSample');
const random = (n: number, low = 0, high = 1): number[] =>
  Array.from({ length: n }, () => low + (high - low) * stream.next());

const clamp = (x: number, size: number): number => Math.min(Math.max(x, 0), size - 1);

/** The value of a picture at a position, (bi)linear between its pixels; outside, that of the nearest point of the border. */
function valueAt(picture: readonly number[], [height, width]: readonly number[], row: number, column: number): number {
  const [r, c] = [clamp(row, height), clamp(column, width)];
  let sum = 0;
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < width; j++) {
      sum += Math.max(0, 1 - Math.abs(r - i)) * Math.max(0, 1 - Math.abs(c - j)) * picture[i * width + j];
    }
  }
  return sum;
}

describe.each([
  ['an image', [5, 7]],
  ['a square image', [6, 6]],
  ['an image of one row', [1, 6]],
  ['an image of one column', [4, 1]],
])('%s', (_, shape) => {
  test.each([1, 3])('%i channel(s), three maps of each of two pictures', (channels) => {
    const [height, width] = shape;
    const points = height * width;
    const [count, rows] = [2, 6];
    const x = random(count * channels * points);
    // Large enough that many rows read beyond every border.
    const matrix = random(rows * 4, -1.3, 1.3);
    const offset = random(rows * 2, -2, 8);
    const found = affineSample(tf.tensor2d(x, [count, channels * points]), shape, channels, {
      matrix: tf.tensor3d(matrix, [rows, 2, 2]),
      offset: tf.tensor2d(offset, [rows, 2]),
    });
    const expected: number[] = [];
    for (let i = 0; i < rows; i++) {
      const [a, b, c, d] = matrix.slice(4 * i, 4 * i + 4);
      for (let channel = 0; channel < channels; channel++) {
        const first = ((i % count) * channels + channel) * points;
        for (let r = 0; r < height; r++) {
          for (let s = 0; s < width; s++) {
            const [row, column] = [r * a + s * c + offset[2 * i], r * b + s * d + offset[2 * i + 1]];
            expected.push(valueAt(x.slice(first, first + points), shape, row, column));
          }
        }
      }
    }
    expect(found.shape).toEqual([rows, channels * points]);
    expectClose(found, expected, 1e-4, 1e-4);
  });
});

test('a signal is read along its one axis', () => {
  const x = random(2 * 8);
  const [matrix, offset] = [random(4, -1.5, 1.5), random(4, -3, 9)];
  const found = affineSample(tf.tensor2d(x, [2, 8]), [8], 1, {
    matrix: tf.tensor3d(matrix, [4, 1, 1]),
    offset: tf.tensor2d(offset, [4, 1]),
  });
  const expected = matrix.flatMap((m, i) => {
    const signal = x.slice(8 * (i % 2), 8 * (i % 2) + 8);
    return Array.from({ length: 8 }, (_, p) => valueAt(signal, [1, 8], 0, p * m + offset[i]));
  });
  expectClose(found, expected, 1e-4, 1e-5);
});

const identity = (rows: number) => ({
  matrix: tf.tile(tf.expandDims(tf.eye(2), 0), [rows, 1, 1]),
  offset: tf.zeros([rows, 2]),
});

test('the identity gives every picture back, as often as there are maps of it', () => {
  const x = tf.tensor2d(random(2 * 12), [2, 12]);
  expectClose(affineSample(x, [3, 4], 1, identity(4)), tf.concat([x, x]), 0, 0);
});

test('nothing flows back to the pictures', () => {
  const x = tf.tensor2d(random(9), [1, 9]);
  const gradient = tf.grad((t) => tf.sum(tf.add(affineSample(t, [3, 3], 1, identity(1)), t)))(x);
  expectClose(gradient, tf.ones([1, 9]), 0, 0);
});

test.each([
  ['rows that are no multiple of the pictures', () => affineSample(tf.zeros([2, 9]), [3, 3], 1, identity(3))],
  ['pictures of another size', () => affineSample(tf.zeros([1, 8]), [3, 3], 1, identity(1))],
  ['pictures of another number of channels', () => affineSample(tf.zeros([1, 9]), [3, 3], 2, identity(1))],
  ['no pictures', () => affineSample(tf.zeros([0, 9]), [3, 3], 1, identity(0))],
  ['maps of images for signals', () => affineSample(tf.zeros([1, 9]), [9], 1, identity(1))],
])('%s are rejected with all shapes', (_, call) => {
  expect(call).toThrow(OperandError);
  expect(call).toThrow(/affineSample: x \[.*\] must be \[count, \d+\], matrix \[.*\] and offset \[.*\]/);
});
