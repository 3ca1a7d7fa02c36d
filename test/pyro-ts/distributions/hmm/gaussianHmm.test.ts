/** The linear dynamical system as a distribution against the joint normal of all its observations, a Kalman filter in plain numbers, and moments of its draws. */
import * as tf from '@tensorflow/tfjs';
import { gaussianHMM, multivariateNormal, RandomStream, ShapeError } from 'pyro-ts';
import { expect, test } from 'vitest';
import { expectClose, gradOf, numericGradient } from '../../../numbers.js';

type Matrix = number[][];
const mul = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => b[0].map((_, j) => row.reduce((s, x, k) => s + x * b[k][j], 0)));
const add = (a: Matrix, b: Matrix): Matrix => a.map((row, i) => row.map((x, j) => x + b[i][j]));
const transpose = (a: Matrix): Matrix => a[0].map((_, j) => a.map((row) => row[j]));

const initial = {
  loc: [0.3, -0.2],
  covariance: [
    [1, 0.3],
    [0.3, 0.8],
  ],
};
const transition = {
  loc: [0.1, 0.2],
  covariance: [
    [0.5, -0.1],
    [-0.1, 0.4],
  ],
};
const observation = {
  loc: [0.05, -0.3, 0],
  covariance: [
    [0.6, 0.1, 0],
    [0.1, 0.5, 0.2],
    [0, 0.2, 0.7],
  ],
};
const normalOf = ({ loc, covariance }: { loc: number[]; covariance: Matrix }) =>
  multivariateNormal(loc, { covariance });
const stream = new RandomStream('gaussian hmm');
const random = (rows: number, columns: number): Matrix => stream.normal([rows, columns]).mul(0.7).arraySync() as Matrix;

/** Mean and covariance of all observations in a row. */
function joint(as: Matrix[], bs: Matrix[]): { mean: number[]; covariance: Matrix } {
  const duration = as.length;
  let [mean, covariance]: [Matrix, Matrix] = [[initial.loc], initial.covariance];
  const means: Matrix[] = [];
  const states: Matrix[] = [];
  for (const a of as) {
    mean = add(mul(mean, a), [transition.loc]);
    covariance = add(mul(mul(transpose(a), covariance), a), transition.covariance);
    means.push(mean);
    states.push(covariance);
  }
  const size = observation.loc.length;
  const whole = Array.from({ length: duration * size }, () => new Array<number>(duration * size).fill(0));
  for (let s = 0; s < duration; s++) {
    let between = states[s];
    for (let t = s; t < duration; t++) {
      // cov(x_s, x_t) = cov(x_s, x_{t-1}) a_t
      if (t > s) between = mul(between, as[t]);
      const block = mul(mul(transpose(bs[s]), between), bs[t]);
      for (let i = 0; i < size; i++) {
        for (let j = 0; j < size; j++) {
          const value = block[i][j] + (s === t ? observation.covariance[i][j] : 0);
          whole[s * size + i][t * size + j] = value;
          whole[t * size + j][s * size + i] = value;
        }
      }
    }
  }
  return { mean: means.flatMap((m, t) => add(mul(m, bs[t]), [observation.loc])[0]), covariance: whole };
}

const hmmOf = (as: tf.TensorLike | tf.Tensor, bs: tf.TensorLike | tf.Tensor, duration: number) =>
  gaussianHMM({
    initial: normalOf(initial),
    transitionMatrix: as,
    transition: normalOf(transition),
    observationMatrix: bs,
    observation: normalOf(observation),
    duration,
  });

test.each([1, 2, 3, 4, 5, 7])('log-probability and gradients of %d steps', (duration) => {
  const [as, bs] = [
    Array.from({ length: duration }, () => random(2, 2)),
    Array.from({ length: duration }, () => random(2, 3)),
  ];
  const data = random(duration, 3);
  const { mean, covariance } = joint(as, bs);
  const expected = multivariateNormal(mean, { covariance }).logProb(data.flat());
  expectClose(hmmOf(as, bs, duration).logProb(data), expected, 1e-4, 1e-4);
  for (const [value, of] of [
    [tf.tensor3d(as), (x: tf.Tensor) => hmmOf(x, bs, duration).logProb(data)],
    [tf.tensor3d(bs), (x: tf.Tensor) => hmmOf(as, x, duration).logProb(data)],
    [tf.tensor2d(data), (x: tf.Tensor) => hmmOf(as, bs, duration).logProb(x)],
  ] as const) {
    expectClose(gradOf(of, value), numericGradient(of, value), 2e-2, 2e-2);
  }
});

test('matrices that are the same at all times, and a batch of sequences', () => {
  const [a, b] = [random(2, 2), random(2, 3)];
  const data = stream.normal([4, 3, 3]);
  const hmm = hmmOf(a, b, 3);
  const { mean, covariance } = joint([a, a, a], [b, b, b]);
  expectClose(hmm.logProb(data), multivariateNormal(mean, { covariance }).logProb(data.reshape([4, 9])), 1e-4, 1e-4);
  expect(hmm.expand([4]).logProb(data).shape).toEqual([4]);
  expect(hmm.expand([5, 4]).sample(new RandomStream(0)).shape).toEqual([5, 4, 3, 3]);
});

test('draws have the mean and covariance of the joint normal', () => {
  const [a, b] = [random(2, 2), random(2, 3)];
  const { mean, covariance } = joint([a, a], [b, b]);
  tf.tidy(() => {
    const draws = hmmOf(a, b, 2).sample(new RandomStream('draws'), [20000]).reshape([20000, 6]);
    const centred = draws.sub(tf.tensor1d(mean));
    expectClose(draws.mean(0), mean, 0, 0.05);
    expectClose(tf.matMul(centred, centred, true).div(20000), covariance, 0.04, 0.05);
  });
});

test('a long random walk, by a Kalman filter', () => {
  const noise = (variance: number) => multivariateNormal([0], { covariance: [[variance]] });
  const walk = gaussianHMM({
    initial: noise(1),
    transitionMatrix: [[0.95]],
    transition: noise(0.2),
    observationMatrix: [[1]],
    observation: noise(0.5),
    duration: 500,
  });
  const data = walk.sample(new RandomStream('walk'));
  let [mean, variance, total] = [0, 1, 0];
  for (const y of data.dataSync()) {
    [mean, variance] = [0.95 * mean, 0.9025 * variance + 0.2];
    const spread = variance + 0.5;
    total -= 0.5 * ((y - mean) ** 2 / spread + Math.log(2 * Math.PI * spread));
    const gain = variance / spread;
    [mean, variance] = [mean + gain * (y - mean), (1 - gain) * variance];
  }
  expectClose(walk.logProb(data), [total], 1e-4);
});

test('shapes that do not fit are listed', () => {
  expect(() => hmmOf(random(3, 3), random(2, 3), 2)).toThrow(ShapeError);
  expect(() => hmmOf([random(2, 2), random(2, 2), random(2, 2)], random(2, 3), 2)).toThrow(/T being 2 or 1/);
});
