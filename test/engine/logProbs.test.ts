/** Log densities and normalised logarithms in one call: against their formulas in float64, one number at a time, and finite differences. */
import { logSoftmax } from '@pyro-ts/engine';
import { normalLogProb, weightedSum } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { expectClose, numericGradient } from '../numbers.js';

const draw = (shape: number[], seed: number) => tf.randomUniform(shape, -1, 1, 'float32', seed);
const all = (x: tf.Tensor, shape: number[]) => tf.add(x, tf.zeros(shape)).dataSync();

describe('normalLogProb', () => {
  const density = (x: number, loc: number, scale: number) =>
    -0.5 * ((x - loc) / scale) ** 2 - Math.log(scale) - 0.5 * Math.log(2 * Math.PI);

  it.each([
    [[3, 4], [3, 4], [3, 4], 1],
    [[3, 4], [], [], 0],
    [[5], [2, 1], [], 0],
    [[2, 1, 3], [4, 1], [2, 4, 3], 2],
    [[1], [1], [3], 1],
  ])('value %j, loc %j, scale %j, %i event dimensions: value and gradients', (ofValue, ofLoc, ofScale, eventRank) => {
    tf.tidy(() => {
      const [x, loc, scale] = [draw(ofValue, 1), draw(ofLoc, 2), tf.add(draw(ofScale, 3), 1.5)];
      const found = normalLogProb(x, loc, scale, eventRank);
      const shape = tf.add(tf.add(x, loc), scale).shape;
      const [xs, locs, scales] = [x, loc, scale].map((t) => all(t, shape));
      const each = tf.tensor(
        Array.from(xs, (v, i) => density(v, locs[i], scales[i])),
        shape,
      );
      const axes = Array.from({ length: eventRank }, (_, i) => shape.length - 1 - i);
      const wanted = eventRank === 0 ? each : tf.sum(each, axes);
      expect(found.shape).toEqual(wanted.shape);
      expectClose(found, wanted, 1e-5, 1e-5);
      const up = draw(found.shape, 4);
      const loss = (...operands: tf.Tensor[]) => {
        const [a, b, c] = operands;
        return tf.sum(tf.mul(up, normalLogProb(a, b, c, eventRank))) as tf.Scalar;
      };
      const grads = tf.grads(loss)([x, loc, scale]);
      expectClose(
        grads[0],
        numericGradient((t) => loss(t, loc, scale), x),
        3e-3,
        1e-3,
      );
      expectClose(
        grads[1],
        numericGradient((t) => loss(x, t, scale), loc),
        3e-3,
        1e-3,
      );
      expectClose(
        grads[2],
        numericGradient((t) => loss(x, loc, t), scale),
        3e-3,
        1e-3,
      );
    });
  });

  it('says where it is impossible, and takes an empty batch', () => {
    tf.tidy(() => {
      const at = (x: number, scale: number) =>
        normalLogProb(tf.tensor1d([x]), tf.scalar(0), tf.scalar(scale)).dataSync()[0];
      expect([at(Number.POSITIVE_INFINITY, 1), at(Number.NaN, 1), at(0, -1)]).toEqual([
        Number.NEGATIVE_INFINITY,
        Number.NaN,
        Number.NaN,
      ]);
      expect(normalLogProb(tf.zeros([0, 2]), tf.scalar(0), tf.scalar(1)).shape).toEqual([0, 2]);
    });
  });
});

describe('logSoftmax', () => {
  it('adds to one, whatever was added before, and has the gradient', () => {
    tf.tidy(() => {
      const x = tf.mul(draw([2, 3, 5], 1), 3);
      const rows = (logits: tf.Tensor) => tf.reshape(logSoftmax(logits), [-1, 5]).arraySync() as number[][];
      // Near 300, float32 has steps of 3e-5.
      for (const row of rows(tf.add(x, 300))) expectClose([row.reduce((sum, l) => sum + Math.exp(l), 0)], [1], 1e-4);
      const given = tf.reshape(x, [-1, 5]).arraySync() as number[][];
      const total = (row: number[]) => Math.log(row.reduce((sum, l) => sum + Math.exp(l), 0));
      expectClose(
        logSoftmax(x),
        given.map((row) => row.map((l) => l - total(row))),
        1e-5,
        1e-6,
      );
      const up = draw([2, 3, 5], 2);
      const loss = (logits: tf.Tensor) => tf.sum(tf.mul(up, logSoftmax(logits)));
      expectClose(tf.grad(loss)(x), numericGradient(loss, x), 3e-3, 1e-3);
    });
  });

  it('keeps an impossible class impossible, with a gradient for the others', () => {
    tf.tidy(() => {
      const x = tf.tensor1d([Number.NEGATIVE_INFINITY, 0, 0]);
      expectClose(logSoftmax(x), [Number.NEGATIVE_INFINITY, -Math.LN2, -Math.LN2]);
      const second = (logits: tf.Tensor) => tf.sum(tf.slice(logSoftmax(logits), [1], [1]));
      expectClose(tf.grad(second)(x), [0, 0.5, -0.5]);
      expect(logSoftmax(tf.tensor1d([Number.NaN, 1])).dataSync()).toEqual(Float32Array.of(Number.NaN, Number.NaN));
    });
  });
});

describe('weightedSum', () => {
  it.each([
    [
      [4, 1, 3],
      [5, 3],
    ],
    [[3], [2, 3]],
    [[2, 3], [3]],
    [[2, 3], [1]],
  ])('weights %j, logs %j: value, and the gradient to the logs alone', (ofWeights, ofLogs) => {
    tf.tidy(() => {
      const [w, l] = [draw(ofWeights, 1), draw(ofLogs, 2)];
      const { shape } = tf.add(w, l);
      const [ws, ls] = [all(w, shape), all(l, shape)];
      const length = shape[shape.length - 1];
      const sums = new Array<number>(ws.length / length).fill(0);
      ws.forEach((weight, i) => {
        sums[Math.floor(i / length)] += weight * ls[i];
      });
      const found = weightedSum(w, l);
      expect(found.shape).toEqual(shape.slice(0, -1));
      expectClose(found, sums);
      const up = draw(found.shape, 3);
      const loss = (a: tf.Tensor, b: tf.Tensor) => tf.sum(tf.mul(up, weightedSum(a, b)));
      const grads = tf.grads(loss)([w, l]);
      expectClose(grads[0], tf.zerosLike(w));
      expectClose(
        grads[1],
        numericGradient((t) => loss(w, t), l),
        3e-3,
        1e-3,
      );
    });
  });

  it('is 0 where a weight is 0, even of minus infinity', () => {
    tf.tidy(() => {
      const logs = tf.tensor1d([Number.NEGATIVE_INFINITY, -2]);
      expectClose(
        weightedSum(
          tf.tensor2d([
            [0, 1],
            [1, 0],
          ]),
          logs,
        ),
        [-2, Number.NEGATIVE_INFINITY],
      );
    });
  });
});
