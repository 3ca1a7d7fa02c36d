/** The convolution: values against the sum written out, and both gradients against the same sum differentiated by hand and by differences. */
import { convolution } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { expectClose, numericGradient } from '../numbers.js';

const draw = (shape: number[], seed: number): tf.Tensor4D =>
  tf.randomUniform(shape as [number, number, number, number], -1, 1, 'float32', seed);

interface Sums {
  readonly y: number[];
  readonly dx: number[];
  readonly dFilter: number[];
}

/** y, and the gradients of the sum of up * y, one product at a time. */
function plain(x: tf.Tensor4D, filter: tf.Tensor4D, up: tf.Tensor4D): Sums {
  const [batch, height, width, inputs] = x.shape;
  const [fh, fw, , outputs] = filter.shape;
  const [xs, fs, us] = [x.dataSync(), filter.dataSync(), up.dataSync()];
  const y = new Array<number>(batch * height * width * outputs).fill(0);
  const dx = new Array<number>(xs.length).fill(0);
  const dFilter = new Array<number>(fs.length).fill(0);
  for (let b = 0; b < batch; b++)
    for (let i = 0; i < height; i++)
      for (let j = 0; j < width; j++)
        for (let u = 0; u < fh; u++)
          for (let v = 0; v < fw; v++) {
            const [row, column] = [i + u - (fh - 1) / 2, j + v - (fw - 1) / 2];
            if (row < 0 || row >= height || column < 0 || column >= width) continue;
            for (let c = 0; c < inputs; c++)
              for (let o = 0; o < outputs; o++) {
                const from = ((b * height + row) * width + column) * inputs + c;
                const weight = ((u * fw + v) * inputs + c) * outputs + o;
                const to = ((b * height + i) * width + j) * outputs + o;
                y[to] += xs[from] * fs[weight];
                dx[from] += us[to] * fs[weight];
                dFilter[weight] += us[to] * xs[from];
              }
          }
  return { y, dx, dFilter };
}

describe('convolution', () => {
  it.each([
    { x: [2, 5, 4, 3], filter: [3, 3, 3, 2] },
    { x: [3, 1, 7, 2], filter: [1, 3, 2, 4] },
    { x: [2, 6, 6, 1], filter: [5, 5, 1, 3] },
    { x: [1, 4, 3, 2], filter: [1, 1, 2, 2] },
    { x: [2, 2, 1, 1], filter: [3, 3, 1, 1] },
    { x: [2, 3, 4, 2], filter: [3, 1, 2, 2] },
    // More than one panel and block, some of them cut: of outputs, of lines, of image rows; and a row longer than a block.
    { x: [20, 5, 6, 24], filter: [3, 3, 24, 11], atol: 2e-5 },
    { x: [1, 2, 300, 2], filter: [1, 3, 2, 16], atol: 2e-5 },
  ])('images $x with filter $filter: value and both gradients', ({ x: shape, filter: filterShape, atol }) => {
    tf.tidy(() => {
      const [x, filter] = [draw(shape, 1), draw(filterShape, 2)];
      const up = draw([...shape.slice(0, 3), filterShape[3]], 3);
      const f = (a: tf.Tensor, b: tf.Tensor) => tf.sum(tf.mul(up, convolution(a as tf.Tensor4D, b as tf.Tensor4D)));
      const [dx, dFilter] = tf.grads(f)([x, filter]);
      const expected = plain(x, filter, up);
      expectClose(convolution(x, filter), expected.y, 1e-5, atol);
      expectClose(dx, expected.dx, 1e-5, atol);
      expectClose(dFilter, expected.dFilter, 1e-5, atol);
    });
  });

  it('has the gradient that finite differences find, through a second convolution', () => {
    tf.tidy(() => {
      const [x, first, second] = [draw([2, 4, 4, 1], 4), draw([3, 3, 1, 2], 5), draw([3, 3, 2, 1], 6)];
      const f = (filter: tf.Tensor) => tf.tanh(convolution(tf.tanh(convolution(x, filter as tf.Tensor4D)), second));
      const gradient = tf.grad((filter) => tf.sum(f(filter)))(first);
      expectClose(gradient, numericGradient(f, first), 1e-2, 2e-3);
    });
  });

  it('keeps no tensor', () => {
    const [x, filter] = [draw([2, 4, 4, 2], 1), draw([3, 3, 2, 2], 2)];
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      tf.grads((a, b) => tf.sum(convolution(a as tf.Tensor4D, b as tf.Tensor4D)))([x, filter]);
    });
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose([x, filter]);
  });

  it.each([
    { x: [2, 4, 4, 2], filter: [3, 3, 3, 2] },
    { x: [2, 4, 4, 2], filter: [2, 3, 2, 2] },
    { x: [4, 4, 2], filter: [3, 3, 2, 2] },
  ])('rejects images $x with filter $filter, naming the shapes', ({ x, filter }) => {
    tf.tidy(() => {
      expect(() => convolution(draw(x, 1), draw(filter, 2))).toThrow(`[${x}] and [${filter}]`);
    });
  });
});
