/** Twice as many points: against the sum over old points, each weighed by what PyTorch's rule gives it, and its transpose. */
import { type Upsampling, upsample2x } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { expectClose } from '../numbers.js';

/** What old point i counts for new point k. The new ones lie at (k + 1/2) / 2 - 1/2, held within the old ones. */
function weight(k: number, i: number, count: number, mode: Upsampling): number {
  if (mode === 'nearest') return i === Math.floor(k / 2) ? 1 : 0;
  const place = Math.min(Math.max((k + 0.5) / 2 - 0.5, 0), count - 1);
  return Math.max(0, 1 - Math.abs(place - i));
}

describe('upsample2x', () => {
  it.each<[number, number, number, number, Upsampling]>([
    [3, 4, 5, 8, 'linear'],
    [2, 5, 8, 9, 'linear'],
    [2, 1, 3, 2, 'linear'],
    [3, 4, 6, 7, 'nearest'],
    [1, 2, 1, 4, 'nearest'],
  ])('%i rows of %i pieces of %i numbers to %i pieces, %s: value and gradient', (rows, count, size, wanted, mode) => {
    tf.tidy(() => {
      const x = tf.randomUniform([rows, count * size], -1, 1, 'float32', 1) as tf.Tensor2D;
      const up = tf.randomUniform([rows, wanted * size], -1, 1, 'float32', 2);
      const [xs, us] = [x.dataSync(), up.dataSync()];
      const y = new Array<number>(us.length).fill(0);
      const dx = new Array<number>(xs.length).fill(0);
      for (let r = 0; r < rows; r++)
        for (let k = 0; k < wanted; k++)
          for (let i = 0; i < count; i++)
            for (let c = 0; c < size; c++) {
              const [to, from] = [(r * wanted + k) * size + c, (r * count + i) * size + c];
              y[to] += weight(k, i, count, mode) * xs[from];
              dx[from] += weight(k, i, count, mode) * us[to];
            }
      expect(upsample2x(x, size, wanted, mode).shape).toEqual(up.shape);
      expectClose(upsample2x(x, size, wanted, mode), y);
      expectClose(tf.grad((t) => tf.sum(tf.mul(up, upsample2x(t as tf.Tensor2D, size, wanted, mode))))(x), dx);
    });
  });

  it('rejects what is not twice or less', () => {
    expect(() => upsample2x(tf.zeros([2, 6]), 3, 5, 'linear')).toThrow('[2,6] does not make 5 pieces of 3 numbers');
  });
});
