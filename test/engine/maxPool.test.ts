/** The largest of 2 x 2 places: value and gradient against the search written out, equal places included. */
import { maxPool } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { expectClose } from '../numbers.js';

/** The largest of each window, and the upstream gradient at the first place that has it. */
function plain(x: tf.Tensor4D, up: tf.Tensor4D): { y: number[]; dx: number[] } {
  const [batch, height, width, channels] = x.shape;
  const [, h, w] = up.shape;
  const [xs, us] = [x.dataSync(), up.dataSync()];
  const y: number[] = [];
  const dx = new Array<number>(xs.length).fill(0);
  for (let b = 0; b < batch; b++)
    for (let i = 0; i < h; i++)
      for (let j = 0; j < w; j++)
        for (let c = 0; c < channels; c++) {
          const places = [0, 1].flatMap((u) =>
            [0, 1]
              .filter((v) => 2 * i + u < height && 2 * j + v < width)
              .map((v) => ((b * height + 2 * i + u) * width + 2 * j + v) * channels + c),
          );
          const best = places.reduce((a, p) => (xs[p] > xs[a] ? p : a));
          dx[best] += us[y.length];
          y.push(xs[best]);
        }
  return { y, dx };
}

describe('maxPool', () => {
  it.each([
    [2, 4, 6, 3],
    [2, 5, 7, 2],
    [2, 4, 5, 9],
    [3, 1, 6, 6],
    [3, 1, 8, 2],
    [2, 6, 1, 1],
    [1, 1, 1, 2],
  ])('images [%i, %i, %i, %i]: value and gradient', (...shape) => {
    tf.tidy(() => {
      // Few different numbers, so that many places are equal.
      const x = tf.round(tf.randomUniform(shape, -2, 2, 'float32', 1)) as tf.Tensor4D;
      const half = (n: number) => Math.max(1, Math.floor(n / 2));
      const up = tf.randomUniform([shape[0], half(shape[1]), half(shape[2]), shape[3]], -1, 1, 'float32', 2);
      const expected = plain(x, up as tf.Tensor4D);
      expect(maxPool(x).shape).toEqual(up.shape);
      expectClose(maxPool(x), expected.y);
      expectClose(tf.grad((t) => tf.sum(tf.mul(up, maxPool(t as tf.Tensor4D))))(x), expected.dx);
    });
  });
});
