/**
 * The operations that run as our own loops on the wasm engine: values against float64 on the host, gradients against finite differences and against
 * TensorFlow.js's own, sizes that are no multiple of a vector, and the same answers where the loops are not there.
 */
import { matMul } from '@pyro-ts/engine';
import {
  adamOnHost,
  adamUpdate,
  bernoulliLogProb,
  biasLeakyRelu,
  biasTanh,
  denseParts,
} from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { expectClose, numericGradient } from '../numbers.js';

const draw = (shape: number[], seed: number, range = 1) => tf.randomUniform(shape, -range, range, 'float32', seed);
const softplus = (l: number) => Math.max(l, 0) + Math.log1p(Math.exp(-Math.abs(l)));
const onWasm = tf.getBackend() === 'wasm';

describe('matMul', () => {
  // Beyond one block of the packed operands in every direction, and not a multiple of a tile.
  it.each([
    [67, 300, 261],
    [130, 513, 9],
    [5, 1, 270],
  ])('[%i, %i] times %i columns and both gradients, of one block and more', (n, k, m) => {
    tf.tidy(() => {
      const [a, b, up] = [draw([n, k], 1), draw([k, m], 2), draw([n, m], 3)] as tf.Tensor2D[];
      const plain = (x: tf.Tensor, y: tf.Tensor) => tf.sum(tf.mul(up, tf.matMul(x as tf.Tensor2D, y as tf.Tensor2D)));
      const ours = (x: tf.Tensor, y: tf.Tensor) => tf.sum(tf.mul(up, matMul(x as tf.Tensor2D, y as tf.Tensor2D)));
      expectClose(matMul(a, b), tf.matMul(a, b), 1e-4, 1e-4);
      const [wanted, found] = [tf.grads(plain)([a, b]), tf.grads(ours)([a, b])];
      for (const [i, grad] of found.entries()) expectClose(grad, wanted[i], 1e-4, 1e-4);
    });
  });

  it('has second derivatives: the gradient of a gradient is that of tfjs', () => {
    tf.tidy(() => {
      const [a, b] = [draw([3, 4], 1), draw([4, 2], 2)] as tf.Tensor2D[];
      const second = (multiply: (x: tf.Tensor2D, y: tf.Tensor2D) => tf.Tensor) =>
        tf.grad((x) => tf.grad((y) => tf.sum(tf.square(multiply(x as tf.Tensor2D, y as tf.Tensor2D))))(b))(a);
      expectClose(
        second(matMul),
        second((x, y) => tf.matMul(x, y)),
        1e-4,
        1e-5,
      );
    });
  });

  it('lets NaN and infinity through, to their row and column alone', () => {
    tf.tidy(() => {
      const a = tf.tensor2d([1, 2, Number.NaN, 4, 5, 6], [3, 2]);
      const b = tf.tensor2d([1, Number.POSITIVE_INFINITY, 3, 1, 1, 1], [2, 3]);
      const inf = Number.POSITIVE_INFINITY;
      expect([...matMul(a, b).dataSync()]).toEqual([3, inf, 5, NaN, NaN, NaN, 11, inf, 21]);
    });
  });
});

describe('denseParts', () => {
  const weight = draw([8, 5], 1) as tf.Tensor2D;
  const parts = [draw([7, 3], 2), draw([4, 1, 5], 3)];
  const joined = (a: tf.Tensor, b: tf.Tensor) =>
    tf.concat([tf.add(a, tf.zeros([4, 7, 3])), tf.add(b, tf.zeros([4, 7, 5]))], -1);

  it('adds up to the product with the parts put together, and so do all gradients', () => {
    tf.tidy(() => {
      const up = draw([4, 7, 5], 4);
      const ours = (w: tf.Tensor, a: tf.Tensor, b: tf.Tensor) =>
        tf.sum(
          tf.mul(
            up,
            denseParts([a, b], w as tf.Tensor2D).reduce((x, y) => tf.add(x, y)),
          ),
        );
      const plain = (w: tf.Tensor, a: tf.Tensor, b: tf.Tensor) =>
        tf.sum(tf.mul(up, tf.reshape(tf.matMul(tf.reshape(joined(a, b), [28, 8]), w as tf.Tensor2D), [4, 7, 5])));
      expectClose(ours(weight, parts[0], parts[1]), plain(weight, parts[0], parts[1]), 1e-4, 1e-5);
      const [found, wanted] = [tf.grads(ours)([weight, ...parts]), tf.grads(plain)([weight, ...parts])];
      for (const [i, grad] of found.entries()) {
        expect(grad.shape).toEqual(wanted[i].shape);
        expectClose(grad, wanted[i], 1e-4, 1e-5);
      }
    });
  });

  it('takes a single part, and rejects parts that do not fill the weight', () => {
    tf.tidy(() => {
      const [only] = denseParts([draw([2, 8], 5)], weight);
      expectClose(only, tf.matMul(draw([2, 8], 5) as tf.Tensor2D, weight), 1e-5);
      expect(() => denseParts(parts.slice(0, 1), weight)).toThrow('end in 3, which do not add up to the 8 inputs');
    });
  });
});

describe('bernoulliLogProb', () => {
  const cases: [value: number[], logits: number[], eventRank: number][] = [
    [[3, 7], [2, 3, 7], 1],
    [[3, 7], [2, 3, 7], 2],
    [[3, 7], [2, 3, 7], 0],
    [[1, 3, 7], [3, 7], 0],
    [[2, 3, 7], [3, 7], 1],
    [[], [5], 0],
    [[7], [4, 3, 7], 2],
    [[2, 1, 9], [2, 3, 9], 1],
    [[17, 1], [2, 17, 1], 1],
    [[4], [4], 1],
  ];

  it.each(cases)('value %j, logits %j, %i event dimensions: values and gradients', (valueShape, shape, events) => {
    tf.tidy(() => {
      const [value, logits] = [tf.abs(draw(valueShape, 1)), draw(shape, 2, 3)];
      const plain = (v: tf.Tensor, l: tf.Tensor) => {
        const each = tf.sub(tf.mul(v, l), tf.softplus(l));
        return events === 0
          ? each
          : tf.sum(
              each,
              Array.from({ length: events }, (_, i) => each.rank - 1 - i),
            );
      };
      const result = bernoulliLogProb(value, logits, events);
      expect(result.shape).toEqual(plain(value, logits).shape);
      expectClose(result, plain(value, logits), 1e-5, 1e-5);
      const up = draw(result.shape, 3);
      const [found, wanted] = [bernoulliLogProb, plain].map((f) =>
        tf.grads((v, l) => tf.sum(tf.mul(up, f(v, l, events))))([value, logits]),
      );
      for (const [i, grad] of found.entries()) expectClose(grad, wanted[i], 1e-4, 1e-5);
      expectClose(
        found[1],
        numericGradient((l) => tf.mul(up, bernoulliLogProb(value, l, events)), logits),
        1e-2,
        2e-3,
      );
    });
  });

  it('is right for log odds of any size, and lets NaN through', () => {
    tf.tidy(() => {
      const logits = [-1e30, -200, -87.5, -20, -1e-3, 0, 1e-3, 15, 88, 500, 1e30];
      const grey = 0.25;
      const found = bernoulliLogProb(tf.scalar(grey), tf.tensor1d(logits));
      expectClose(
        found,
        logits.map((l) => grey * l - softplus(l)),
        1e-6,
        1e-6,
      );
      const slope = tf.grad((l) => tf.sum(bernoulliLogProb(tf.scalar(grey), l)))(tf.tensor1d(logits));
      expectClose(
        slope,
        logits.map((l) => grey - 1 / (1 + Math.exp(-l))),
        1e-6,
        1e-6,
      );
      const broken = tf.tensor1d([1, Number.NaN, 2, 3, 4, Number.NaN]);
      expect([...tf.isNaN(bernoulliLogProb(tf.scalar(1), broken)).dataSync()]).toEqual([0, 1, 0, 0, 0, 1]);
      expect(bernoulliLogProb(tf.ones([6]), broken, 1).dataSync()[0]).toBeNaN();
    });
  });

  it('adds up an image to float32 precision', () => {
    tf.tidy(() => {
      const [value, logits] = [tf.abs(draw([100_003], 1)), draw([100_003], 2, 4)];
      const v = value.dataSync<'float32'>();
      const l = logits.dataSync<'float32'>();
      const wanted = v.reduce((sum, x, i) => sum + x * l[i] - softplus(l[i]), 0);
      expectClose(bernoulliLogProb(value, logits, 1), [wanted], onWasm ? 2e-7 : 1e-5);
    });
  });

  it('without elements has the shape of the rest', () => {
    tf.tidy(() => {
      expect(bernoulliLogProb(tf.zeros([0, 3]), tf.zeros([2, 0, 3]), 1).shape).toEqual([2, 0]);
    });
  });
});

describe('biasTanh', () => {
  it.each([[[3, 8]], [[2, 3, 5]], [[1]], [[6, 130]]])('x %j: value and gradients', (shape) => {
    tf.tidy(() => {
      const [x, bias, up] = [draw(shape, 1, 2), draw(shape.slice(-1), 2) as tf.Tensor1D, draw(shape, 3)];
      const [a, b] = [x.dataSync(), bias.dataSync()];
      expectClose(
        biasTanh(x, bias),
        Array.from(a, (value, i) => Math.tanh(Math.fround(value + b[i % b.length]))),
        1e-6,
        1e-7,
      );
      const grads = (f: (x: tf.Tensor, b: tf.Tensor) => tf.Tensor) =>
        tf.grads((x, b) => tf.sum(tf.mul(up, f(x, b))))([x, bias]);
      const found = grads((x, b) => biasTanh(x, b as tf.Tensor1D));
      const wanted = grads((x, b) => tf.tanh(tf.add(x, b)));
      for (const [i, grad] of found.entries()) expectClose(grad, wanted[i], 1e-4, 1e-5);
    });
  });

  it('stays within 1, lets NaN through, and rejects a bias of another size', () => {
    tf.tidy(() => {
      const x = tf.tensor2d([[-1e30, -9, 9, 50, Number.NaN]]);
      const found = [...biasTanh(x, tf.zeros([5])).dataSync()];
      expect(found.slice(0, 4).every((y) => Math.abs(y) <= 1)).toBe(true);
      expect(found[4]).toBeNaN();
      expect(() => biasTanh(x, tf.zeros([4]))).toThrow('must end in the 4 numbers of the bias');
    });
  });
});

describe('biasLeakyRelu', () => {
  it.each([[[3, 8]], [[2, 3, 5]], [[1]], [[600, 7]]])('x %j: value and gradients', (shape) => {
    tf.tidy(() => {
      const [x, bias, up] = [draw(shape, 1, 2), draw(shape.slice(-1), 2) as tf.Tensor1D, draw(shape, 3)];
      const [a, b, u] = [x, bias, up].map((t) => t.dataSync());
      const sums = Array.from(a, (value, i) => Math.fround(value + b[i % b.length]));
      expectClose(
        biasLeakyRelu(x, bias, 0.25),
        sums.map((sum) => (sum > 0 ? sum : 0.25 * sum)),
      );
      const [ofX, ofBias] = tf.grads((t, c) => tf.sum(tf.mul(up, biasLeakyRelu(t, c as tf.Tensor1D, 0.25))))([x, bias]);
      const slopes = sums.map((sum, i) => (sum > 0 ? u[i] : 0.25 * u[i]));
      expectClose(ofX, slopes);
      const totals = Array.from(b, (_, k) => slopes.reduce((sum, s, i) => (i % b.length === k ? sum + s : sum), 0));
      expectClose(ofBias, totals, 1e-5, 2e-5);
    });
  });

  it('lets NaN through, and rejects a slope that is none', () => {
    expect(biasLeakyRelu(tf.tensor1d([Number.NaN, -1, 1, 0, 0]), tf.zeros([5]), 0.5).dataSync()).toEqual(
      Float32Array.of(Number.NaN, -0.5, 1, 0, 0),
    );
    expect(() => biasLeakyRelu(tf.zeros([2]), tf.zeros([2]), 1)).toThrow('below is between 0 and 1');
  });
});

describe('adamUpdate', () => {
  // More than one block of moments, and a rest that fills no vector.
  it.each([1, 5, 9001])('%i entries, three steps: the values and moments of the host loop', (size) => {
    const start = draw([size], 1).dataSync<'float32'>();
    const host = { values: start.slice(), mean: new Float32Array(size), square: new Float32Array(size) };
    const fast = { mean: new Float32Array(size), square: new Float32Array(size) };
    let value: tf.Tensor = tf.tensor1d(start);
    for (let step = 1; step <= 3; step++) {
      const gradient = draw([size], 10 + step);
      const rates = { betas: [0.9, 0.999] as const, stepSize: 0.01 / step, unbias: 3, eps: 1e-8, weightDecay: 0.1 };
      adamOnHost(host.values, gradient.dataSync<'float32'>(), host, rates);
      value = adamUpdate(value, gradient, fast, rates);
    }
    expectClose(value, [...host.values], 1e-5, 1e-6);
    expectClose(fast.mean, [...host.mean], 1e-5, 1e-6);
    expectClose(fast.square, [...host.square], 1e-5, 1e-6);
  });

  it('moments that only decay end at 0, or among numbers as good as it', () => {
    const moments = { mean: Float32Array.of(1e-36, -1e-36, 1), square: Float32Array.of(1e-36, 0, 1) };
    const rates = { betas: [0.5, 0.5] as const, stepSize: 0.1, unbias: 1, eps: 1e-8, weightDecay: 0 };
    let value: tf.Tensor = tf.tensor1d([1, 2, 3]);
    for (let step = 0; step < 20; step++) value = adamUpdate(value, tf.zeros([3]), moments, rates);
    expect([...value.dataSync()].slice(0, 2)).toEqual([1, 2]);
    if (onWasm) expect([...moments.mean].slice(0, 2)).toEqual([0, 0]);
    expectClose(moments.mean, [0, 0, 0.5 ** 20], 1e-6, 1e-30);
    expectClose(moments.square, [0, 0, 0.5 ** 20], 1e-6, 1e-30);
  });

  it('lets NaN through', () => {
    const moments = { mean: new Float32Array(2), square: new Float32Array(2) };
    const rates = { betas: [0.9, 0.999] as const, stepSize: 0.1, unbias: 1, eps: 1e-8, weightDecay: 0 };
    const found = [...adamUpdate(tf.tensor1d([1, 2]), tf.tensor1d([Number.NaN, 1]), moments, rates).dataSync()];
    expect([Number.isNaN(found[0]), Number.isNaN(found[1]), Number.isNaN(moments.mean[0])]).toEqual([
      true,
      false,
      true,
    ]);
  });
});
