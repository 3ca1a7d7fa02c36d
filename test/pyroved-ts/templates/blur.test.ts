/** The blur of images and pictures against its definition, pixel by pixel, and its gradient against differences. */
import * as tf from '@tensorflow/tfjs';
import { RandomStream } from 'pyro-ts';
import { describe, expect, it } from 'vitest';
import { blurred } from '../../../packages/pyroved-ts/dist/templates/blur.js';
import { expectClose } from '../../numbers.js';

const [HEIGHT, WIDTH] = [7, 10];

/** The normalised Gaussian weighted mean of the pixels around each pixel, of which those beyond the border repeat the edge. */
function direct(picture: Float32Array, deviation: number): number[] {
  const radius = Math.floor(3 * deviation) + 1;
  const offsets = Array.from({ length: 2 * radius + 1 }, (_, k) => k - radius);
  const weight = (k: number): number => Math.exp(-(k * k) / (2 * deviation * deviation));
  const total = offsets.reduce((sum, k) => sum + weight(k), 0);
  const within = (i: number, size: number): number => Math.min(Math.max(i, 0), size - 1);
  return Array.from(picture, (_, p) => {
    const [row, column] = [Math.floor(p / WIDTH), p % WIDTH];
    return offsets.reduce(
      (sum, i) =>
        sum +
        offsets.reduce((inner, j) => {
          const value = picture[within(row + i, HEIGHT) * WIDTH + within(column + j, WIDTH)];
          return inner + (weight(i) * weight(j) * value) / total ** 2;
        }, 0),
      0,
    );
  });
}

describe.each([0.5, 1.3, 4])('a blur of %s pixels', (deviation) => {
  const x = new RandomStream('pictures').normal([2, 1, HEIGHT, WIDTH]);

  it('is a Gaussian mean of the neighbours, each picture on its own', () => {
    const pictures = x.dataSync<'float32'>();
    const size = HEIGHT * WIDTH;
    const expected = [0, 1].flatMap((i) => direct(pictures.slice(i * size, (i + 1) * size), deviation));
    const found = blurred(x, deviation);
    expect(found.shape).toEqual(x.shape);
    expectClose(found.dataSync(), expected, 1e-5);
  });

  it('has the transposed map as its gradient', () => {
    // <blurred(x), y> = <x, transpose(y)> for every x, and it is linear in x.
    const y = new RandomStream('upstream').normal(x.shape);
    const inner = (a: tf.Tensor, b: tf.Tensor): number => tf.sum(tf.mul(a, b)).dataSync()[0];
    const gradient = tf.grad((pictures) => tf.sum(tf.mul(blurred(pictures, deviation), y)))(x);
    expect(Math.abs(inner(blurred(x, deviation), y) - inner(x, gradient))).toBeLessThan(1e-4);
    const other = new RandomStream('other pictures').normal(x.shape);
    expect(Math.abs(inner(blurred(other, deviation), y) - inner(other, gradient))).toBeLessThan(1e-4);
  });
});

it('of less than 0.3 pixels changes nothing', () => {
  const x = tf.ones([1, 3, 3]);
  expect(blurred(x, 0.2)).toBe(x);
});
