/** The hidden Markov model as a distribution against a sum over all paths of states in plain numbers, and its draws against exact moments. */
import * as tf from '@tensorflow/tfjs';
import { categorical, discreteHMM, normal, plate, RandomStream, ShapeError, sample, seed, trace } from 'pyro-ts';
import { expect, test } from 'vitest';
import { expectClose, gradOf } from '../../../numbers.js';

const softmax = (row: number[]) => {
  const weights = row.map(Math.exp);
  const total = weights.reduce((a, b) => a + b);
  return weights.map((w) => w / total);
};
const stream = new RandomStream('hmm');
const randomTensor = (shape: number[]) => stream.normal(shape);

/** p(observations, last state) by summing over every path. */
function exact(initial: number[], transitions: number[][][], seen: number[][]): number[] {
  const numStates = initial.length;
  const last = new Array<number>(numStates).fill(0);
  const walk = (t: number, state: number, p: number): void => {
    if (t === seen.length) {
      last[state] += p;
      return;
    }
    const row = softmax(transitions[transitions.length === 1 ? 0 : t][state]);
    for (let next = 0; next < numStates; next++) walk(t + 1, next, p * row[next] * Math.exp(seen[t][next]));
  };
  softmax(initial).forEach((p, state) => void walk(0, state, p));
  return last;
}
const logNormal = (x: number, m: number, s: number) =>
  -0.5 * ((x - m) / s) ** 2 - Math.log(s) - 0.5 * Math.log(2 * Math.PI);
const sum = (x: number[]) => x.reduce((a, b) => a + b);

test.each([1, 2, 3, 4, 5, 7, 8])('log-probability, last state and gradient of %d steps', (duration) => {
  for (const times of [1, duration]) {
    const initial = randomTensor([3]);
    const transition = randomTensor([times, 3, 3]);
    const locs = randomTensor([duration, 3]);
    const data = randomTensor([duration]);
    const hmm = (moved = transition) => discreteHMM(initial, moved, normal(locs, 0.7));
    const [a, b, m] = [initial.arraySync(), transition.arraySync(), locs.arraySync()] as [
      number[],
      number[][][],
      number[][],
    ];
    const seen = Array.from(data.dataSync(), (x, t) => m[t].map((loc) => logNormal(x, loc, 0.7)));
    const last = exact(a, b, seen);
    expect(hmm().eventShape).toEqual([duration]);
    expectClose(hmm().logProb(data), [Math.log(sum(last))], 1e-5, 1e-5);
    expectClose(
      hmm().filter(data).probs,
      last.map((p) => p / sum(last)),
      1e-4,
      1e-5,
    );
    const gradient = gradOf((x) => hmm(x).logProb(data), transition).arraySync() as number[][][];
    const at = (h: number) =>
      Math.log(
        sum(
          exact(
            a,
            b.map((t, k) => (k === 0 ? t.map((row, i) => row.map((x, j) => (i === 1 && j === 2 ? x + h : x))) : t)),
            seen,
          ),
        ),
      );
    expect(gradient[0][1][2]).toBeCloseTo((at(1e-5) - at(-1e-5)) / 2e-5, 4);
  }
});

test('a batch, in a plate, with transitions that are impossible', () => {
  const minus = Number.NEGATIVE_INFINITY;
  const transition = [
    [0, minus],
    [minus, 0],
  ];
  const data = tf.tensor2d([
    [-1, -1, -1],
    [-1, 1, 1],
  ]);
  const model = () =>
    plate('sequences', 2, () =>
      sample('x', discreteHMM([0, 0], transition, normal([-1, 1], 1), { duration: 3 }), { obs: data }),
    );
  const site = trace(seed(model, 0)).getTrace().get('x');
  const each = (row: number[]) =>
    Math.log(
      0.5 * Math.exp(sum(row.map((x) => logNormal(x, -1, 1)))) +
        0.5 * Math.exp(sum(row.map((x) => logNormal(x, 1, 1)))),
    );
  expectClose(site.logProb, [each([-1, -1, -1]), each([-1, 1, 1])], 1e-5);
  const slope = gradOf(
    (locs) => discreteHMM([0, 0], transition, normal(locs, 1), { duration: 3 }).logProb(data),
    tf.tensor1d([-1, 1]),
  );
  expect(Array.from(slope.dataSync()).every(Number.isFinite)).toBe(true);
});

test('draws have the marginals of the chain', () => {
  const [initial, transition] = [
    [0, 1],
    [
      [1, 0],
      [0, 2],
    ],
  ];
  const hmm = discreteHMM(
    initial,
    transition,
    categorical([
      [0.9, 0.1],
      [0.2, 0.8],
    ]),
    { duration: 3 },
  );
  const draws = tf.tidy(() => hmm.sample(new RandomStream('draws'), [8000]).mean(0).dataSync());
  let state = softmax(initial);
  for (let t = 0; t < 3; t++) {
    state = [0, 1].map((j) => state[0] * softmax(transition[0])[j] + state[1] * softmax(transition[1])[j]);
    const p = state[0] * 0.1 + state[1] * 0.8;
    expect(Math.abs(draws[t] - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / 8000));
  }
});

test('a long sequence', () => {
  const hmm = discreteHMM(
    [0, 0],
    [
      [2, 0],
      [0, 2],
    ],
    normal([-1, 1], 1),
    { duration: 1000 },
  );
  const data = hmm.sample(new RandomStream('long'));
  // The forward recursion in float64.
  const rows = [softmax([2, 0]), softmax([0, 2])];
  let [state, total] = [[0.5, 0.5], 0];
  for (const x of data.dataSync()) {
    const next = [0, 1].map(
      (j) => (state[0] * rows[0][j] + state[1] * rows[1][j]) * Math.exp(logNormal(x, j === 0 ? -1 : 1, 1)),
    );
    total += Math.log(sum(next));
    state = next.map((p) => p / sum(next));
  }
  expectClose(hmm.logProb(data), [total], 1e-5);
  expectClose(hmm.filter(data).probs, state, 1e-4, 1e-5);
});

test('shapes that do not fit are listed', () => {
  expect(() => discreteHMM([0, 0], tf.zeros([3, 3]), normal([0, 0], 1))).toThrow(ShapeError);
  expect(() => discreteHMM([0, 0], tf.zeros([4, 2, 2]), normal(tf.zeros([3, 2]), 1))).toThrow(
    /T must be that duration, or 1/,
  );
  expect(() => discreteHMM([0, 0], tf.zeros([2, 2]), normal(0, 1))).toThrow(/batchShape \[\.\.\., T, S\]/);
});
