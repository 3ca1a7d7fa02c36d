/** `scan`: a chain as one site, against the multivariate normal that an AR(1) is, the same chain as separate sites, and exact posteriors. */
import * as tf from '@tensorflow/tfjs';
import {
  AutoDelta,
  categorical,
  condition,
  multivariateNormal,
  normal,
  OptionError,
  plate,
  RandomStream,
  replay,
  ShapeError,
  sample,
  scan,
  seed,
  trace,
} from 'pyro-ts';
import { describe, expect, test } from 'vitest';
import { expectClose, gradOf } from '../numbers.js';
import { mediansOf, train } from './autoguide/train.js';

const [phi, sigma] = [0.8, 0.5];
const ar1 = (length: number, obs?: tf.TensorLike, slope: tf.Tensor | number = phi) =>
  scan('x', (previous: tf.Tensor) => normal(previous.mul(slope), sigma), {
    length,
    init: tf.scalar(1),
    next: (_, value) => value,
    ...(obs !== undefined && { obs }),
  });

/** Mean and covariance of the AR(1) from 1: x_t = phi^t + sum of phi^(t - s) noise_s. */
function moments(length: number) {
  const loc = Array.from({ length }, (_, t) => phi ** (t + 1));
  const covariance = loc.map((_, i) =>
    loc.map((__, j) => {
      let sum = 0;
      for (let s = 0; s <= Math.min(i, j); s++) sum += phi ** (i + j - 2 * s) * sigma ** 2;
      return sum;
    }),
  );
  return { loc, covariance };
}

describe('the log-probability', () => {
  test('of an AR(1) is that of its multivariate normal', () => {
    const x = [0.3, -0.2, 1.1, 0.4, 0.9];
    const { loc, covariance } = moments(5);
    const found = trace.with(() => ar1(5, x)).logProbSum();
    expectClose(found, multivariateNormal(loc, { covariance }).logProb(x), 1e-5);
  });

  test('has the gradient of the chain written as one site for each step', () => {
    const x = [0.3, -0.2, 1.1, 0.4];
    const apart = (slope: tf.Tensor) => {
      let previous: tf.Tensor = tf.scalar(1);
      for (const [t, value] of x.entries())
        previous = sample(`x${t}`, normal(previous.mul(slope), sigma), { obs: value });
    };
    const logProb = (program: (slope: tf.Tensor) => unknown) => (slope: tf.Tensor) =>
      trace(program).getTrace(slope).logProbSum();
    const at = tf.scalar(0.7);
    expectClose(
      gradOf(
        logProb((slope) => ar1(4, x, slope)),
        at,
      ),
      gradOf(logProb(apart), at),
      1e-5,
    );
  });

  test('of batches in a plate, of vectors and of counts is the sum over the steps', () => {
    const walks = (obs: tf.Tensor) =>
      plate('walks', 3, () =>
        scan('w', (at: tf.Tensor) => normal(at, 1).toEvent(1), {
          length: 4,
          init: tf.zeros([3, 2]),
          next: (_, value) => value,
          obs,
        }),
      );
    const data = new RandomStream('walks');
    const obs = tf.tensor(
      Array.from({ length: 24 }, () => data.nextNormal()),
      [3, 4, 2],
    );
    const found = trace(walks).getTrace(obs);
    const before = tf.concat([tf.zeros([3, 1, 2]), obs.slice([0, 0, 0], [3, 3, 2])], 1);
    expectClose(found.logProbSum(), normal(before, 1).logProb(obs).sum(), 1e-5);
    const rows = tf.tensor2d([
      [0.9, 0.1],
      [0.4, 0.6],
    ]);
    const states = trace.with(() =>
      scan('s', (state: tf.Tensor) => categorical(tf.gather(rows, tf.cast(state, 'int32'))), {
        length: 3,
        init: tf.scalar(0),
        next: (_, value) => value,
        obs: [0, 1, 1],
      }),
    );
    expectClose(states.logProbSum(), [Math.log(0.9 * 0.1 * 0.6)], 1e-5);
  });
});

describe('draws', () => {
  test('have the moments of the chain, and a gradient to its parameters', () => {
    const { loc, covariance } = moments(3);
    const draws = seed.with(0, () =>
      plate('many', 20_000, () =>
        scan('x', (previous: tf.Tensor) => normal(previous.mul(phi), sigma), {
          length: 3,
          init: tf.scalar(1),
          next: (_, value) => value,
        }),
      ),
    );
    expect(draws.shape).toEqual([20_000, 3]);
    expectClose(draws.mean(0), loc, 0, 0.02);
    const centred = draws.sub(tf.tensor1d(loc)) as tf.Tensor2D;
    expectClose(tf.matMul(centred, centred, true, false).div(20_000), covariance.flat(), 0, 0.02);
    const drift = (slope: tf.Tensor) => seed.with(1, () => ar1(3, undefined, slope)).sum();
    const slope = 0.3;
    const [up, down] = [slope + 1e-2, slope - 1e-2].map((s) => drift(tf.scalar(s)).dataSync()[0]);
    expectClose(gradOf(drift, tf.scalar(slope)), [(up - down) / 2e-2], 1e-2);
  });

  test('are the same from the same seed, and are replayed and conditioned as one value', () => {
    const first = trace.with(seed(() => ar1(50), 3));
    const again = trace.with(replay(() => ar1(50), first));
    expectClose(again.get('x').value, first.get('x').value, 0, 0);
    expect(seed.with(0, () => condition(() => ar1(2), { x: [1, 2] })()).dataSync()).toEqual(Float32Array.of(1, 2));
  });
});

test('an autoguide finds the mode of a local-level model', () => {
  // x a random walk from 0 with steps of 0.5, y around it with spread 0.5: the posterior mean solves a tridiagonal system.
  const y = [0.5, 1.2, 0.8, 1.9];
  const model = () => {
    const x = scan('x', (at: tf.Tensor) => normal(at, 0.5), { length: 4, init: tf.scalar(0), next: (_, v) => v });
    sample('y', normal(x, 0.5).toEvent(1), { obs: y });
  };
  const precision = y.map((_, i) => y.map((__, j) => (i === j ? (i < 3 ? 12 : 8) : Math.abs(i - j) === 1 ? -4 : 0)));
  const mean = solve(
    precision,
    y.map((v) => 4 * v),
  );
  // The mode of a normal posterior is its mean.
  const auto = new AutoDelta(model);
  const { params } = train(model, auto.guide, { steps: 800, lr: 0.05, cooled: 0.3, args: [] });
  expectClose(mediansOf(auto, params).x, mean, 0, 2e-3);
});

/** By elimination, for a matrix that needs no pivots. */
function solve(matrix: number[][], right: number[]): number[] {
  const a = matrix.map((row, i) => [...row, right[i]]);
  a.forEach((row, i) => {
    for (const below of a.slice(i + 1)) {
      const factor = below[i] / row[i];
      row.forEach((v, j) => {
        below[j] -= factor * v;
      });
    }
  });
  const x = new Array<number>(right.length).fill(0);
  for (let i = right.length - 1; i >= 0; i--)
    x[i] = (a[i].at(-1)! - x.reduce((sum, v, j) => sum + (j > i ? a[i][j] * v : 0), 0)) / a[i][i];
  return x;
}

test('what does not fit is a typed error', () => {
  expect(() => trace.with(() => ar1(0))).toThrow(OptionError);
  const growing = () =>
    scan('x', (_: tf.Tensor, t) => normal(tf.zeros([t + 1]), 1).toEvent(1), {
      length: 2,
      init: tf.scalar(0),
      next: (_, value) => value,
    });
  expect(() => trace.with(growing)).toThrow(ShapeError);
  expect(() => trace.with(() => ar1(3, [1, 2]))).toThrow(ShapeError);
});

test('a thousand steps leave no tensor behind', () => {
  const before = tf.memory().numTensors;
  tf.tidy(() => void trace.with(seed(() => ar1(1000), 0)).logProbSum());
  expect(tf.memory().numTensors).toBe(before);
});
