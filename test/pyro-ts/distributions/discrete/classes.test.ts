/** Families of classes: enumeration, log-probabilities however the value was made, probabilities of 0, and their gradients. */
import * as tf from '@tensorflow/tfjs';
import * as dist from 'pyro-ts';
import { bernoulli, binomial, categorical, oneHotCategorical } from 'pyro-ts';
import { describe, expect, test } from 'vitest';
import { expectClose, gradOf, numericGradient } from '../../../numbers.js';

const logits = () =>
  tf.tensor2d([
    [0.3, -1, 2],
    [1, 0.5, -0.2],
    [0, 0, 1],
    [2, -3, 0.1],
  ]);
/** log_softmax of one row, by its definition. */
const logSoftmax = (row: number[]) => {
  const total = Math.log(row.reduce((sum, x) => sum + Math.exp(x), 0));
  return row.map((x) => x - total);
};

describe('enumerateSupport', () => {
  test('has the values in front, thin or of the full batch shape', () => {
    const d = categorical({ logits: logits() });
    expect(d.enumerateSupport(false).shape).toEqual([3, 1]);
    expect(d.enumerateSupport().arraySync()).toEqual([0, 1, 2].map((k) => [k, k, k, k]));
    const o = oneHotCategorical({ logits: logits() });
    expect(o.enumerateSupport(false).shape).toEqual([3, 1, 3]);
    expect(o.enumerateSupport().shape).toEqual([3, 4, 3]);
    expect(bernoulli(0.3).expand([2, 5]).enumerateSupport(false).shape).toEqual([2, 1, 1]);
    expect(binomial(4, [0.3, 0.5]).enumerateSupport().arraySync()).toEqual([0, 1, 2, 3, 4].map((k) => [k, k]));
    expect(bernoulli(0.3).expand([2]).mask(false).enumerateSupport().shape).toEqual([2, 2]);
    expect(binomial([2, 3], 0.5).enumerateSupport(false).arraySync()).toEqual([[0], [1], [2], [3]]);
  });
  test('is rejected where it is not finite', () => {
    expect(() => dist.poisson(1).enumerateSupport()).toThrow(/no finite support/);
    expect(() => bernoulli([0.3, 0.4]).toEvent(1).enumerateSupport()).toThrow(/no finite support/);
  });
  test('is rejected before memory is taken where it has too many values', () => {
    for (const count of [3e9, 2 ** 24 + 2, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      for (const d of [binomial(count, 0.5), dist.zeroInflated(binomial(count, 0.5), { gate: 0.1 })])
        expect(() => tf.tidy(() => d.enumerateSupport(false))).toThrow(
          /cannot be enumerated; it must be from 0 to 16777216/,
        );
      expect(() => tf.tidy(() => binomial(count, 0.5).entropy())).toThrow(
        /cannot be enumerated; it must be from 0 to 16777216/,
      );
    }
  });
  test('log-probabilities over it add to 1', () => {
    for (const d of [
      bernoulli([0.2, 0.7]),
      categorical({ logits: logits() }),
      oneHotCategorical({ logits: logits() }),
      binomial(6, [0.2, 0.7]),
      binomial([2, 5], 0.3),
      dist.zeroInflated(binomial(6, [0.2, 0.7]), { gateLogits: -1 }),
    ]) {
      for (const expand of [true, false]) {
        const total = tf.exp(d.logProb(d.enumerateSupport(expand))).sum(0);
        expectClose(total, tf.ones([...d.batchShape]), 1e-5);
      }
    }
  });
});

describe('Categorical', () => {
  const rows = () => (logits().arraySync() as number[][]).map(logSoftmax);
  test('logProb picks the class of each element', () => {
    const d = categorical({ logits: logits() });
    const value = [2, 0, 1, 1];
    expectClose(
      d.logProb(tf.tensor1d(value)),
      value.map((k, i) => rows()[i][k]),
      1e-5,
      1e-6,
    );
    expectClose(
      d.logProb(tf.tensor1d(value, 'int32')),
      value.map((k, i) => rows()[i][k]),
      1e-5,
      1e-6,
    );
  });
  // Its own support, wherever an enumeration puts it among the batch dimensions; the general path must agree.
  test.each([[[3, 1]], [[3, 1, 1]], [[3, 1, 1, 1]], [[3]], [[1, 3, 1, 1]], [[1, 1, 1, 3]]])(
    'support at shape %s',
    (shape) => {
      const d = categorical({ logits: logits() }).expand([1, 4]);
      const support = tf.range(0, 3).reshape(shape);
      const fits = shape.length > 1 && shape[shape.length - 1] === 1;
      const small = categorical({ logits: logits().slice([0, 0], [1, 3]) });
      const target = fits ? d : small;
      const found = target.logProb(support);
      // 0 in front keeps the value from being recognised.
      const general = target.logProb(tf.concat([tf.zeros([1, ...shape]), support.expandDims(0)], 0)).slice([1], [1]);
      expect(found.shape).toEqual(general.shape.slice(1));
      expectClose(found, general, 1e-6, 1e-6);
    },
  );
  test('both paths have the gradient of their values', () => {
    const w = tf.tensor2d([
      [1, 2, -1, 0.5],
      [0.3, 1, 1, -2],
      [1, -0.7, 0.2, 0.1],
    ]);
    for (const value of [
      tf.range(0, 3).reshape([3, 1]),
      tf.tensor2d([
        [0, 0, 1, 2],
        [2, 1, 1, 0],
        [0, 2, 2, 1],
      ]),
    ]) {
      const f = (l: tf.Tensor) => categorical({ logits: l }).logProb(value).mul(w);
      expectClose(gradOf(f, logits()), numericGradient(f, logits()), 1e-3, 1e-3);
    }
  });
  test('weights need not add to 1, and their gradient knows it', () => {
    const weights = tf.tensor1d([1, 3, 4]);
    expectClose(categorical(weights).logProb(tf.scalar(1)), [Math.log(3 / 8)], 1e-6);
    const f = (w: tf.Tensor) => categorical(w).logProb(tf.scalar(1));
    expectClose(gradOf(f, weights), [-1 / 8, 1 / 3 - 1 / 8, -1 / 8], 1e-5);
  });
  test('a class of logit minus infinity has probability 0, and no gradient is NaN', () => {
    const l = tf.tensor1d([0, Number.NEGATIVE_INFINITY, 1]);
    for (const value of [tf.scalar(0), tf.range(0, 3), tf.tensor1d([0, 2])]) {
      const d = categorical({ logits: l });
      const at = value.rank === 0 ? d : d.expand([1]);
      const f = (x: tf.Tensor) => tf.exp(categorical({ logits: x }).expand(at.batchShape).logProb(value));
      expect(Array.from(gradOf(f, l).dataSync()).every(Number.isFinite)).toBe(true);
    }
    expectClose(
      categorical({ logits: l })
        .expand([1])
        .logProb(tf.tensor1d([0, 1, 2])),
      [-Math.log1p(Math.E), Number.NEGATIVE_INFINITY, 1 - Math.log1p(Math.E)],
      1e-5,
    );
    const o = oneHotCategorical({ logits: l });
    expectClose(o.logProb(tf.eye(3)), [-Math.log1p(Math.E), Number.NEGATIVE_INFINITY, 1 - Math.log1p(Math.E)], 1e-5);
    const g = (x: tf.Tensor) => oneHotCategorical({ logits: x }).logProb(tf.tensor1d([1, 0, 0]));
    expectClose(gradOf(g, l), [1 - 1 / (1 + Math.E), 0, -Math.E / (1 + Math.E)], 1e-5);
    const p = 1 / (1 + Math.E);
    expectClose(categorical({ logits: l }).entropy(), [-p * Math.log(p) - (1 - p) * Math.log(1 - p)], 1e-5);
    const h = (x: tf.Tensor) => categorical({ logits: x }).entropy();
    expect(Array.from(gradOf(h, l).dataSync()).every(Number.isFinite)).toBe(true);
  });
  test('entropy and its gradient', () => {
    const h = (l: tf.Tensor) => categorical({ logits: l }).entropy();
    const expected = rows().map((row) => -row.reduce((sum, x) => sum + Math.exp(x) * x, 0));
    expectClose(h(logits()), expected, 1e-5);
    expectClose(gradOf(h, logits()), numericGradient(h, logits()), 1e-3, 1e-3);
  });
  test('a value that was on the tape passes no gradient and breaks none', () => {
    const f = (l: tf.Tensor) => {
      const chosen = categorical({ logits: l }).enumerateSupport(false).reshape([3, 1]).add(l.sum().mul(0));
      return categorical({ logits: l })
        .expand([4])
        .logProb(chosen.mul(tf.ones([1, 4])));
    };
    const plain = (l: tf.Tensor) =>
      categorical({ logits: l })
        .expand([4])
        .logProb(tf.range(0, 3).reshape([3, 1]));
    const l = tf.tensor1d([0.3, -1, 2]);
    expectClose(gradOf(f, l), gradOf(plain, l), 1e-5, 1e-5);
  });
});

describe('Bernoulli', () => {
  test('from logits it stays exact where probabilities would be 0 or 1', () => {
    const d = bernoulli({ logits: [-100, -30, 30, 100] });
    expectClose(d.logProb(tf.ones([4])), [-100, -30, -Math.log1p(Math.exp(-30)), 0], 1e-6);
    expectClose(d.logProb(tf.zeros([4])), [0, -Math.log1p(Math.exp(-30)), -30, -100], 1e-6);
    expectClose(
      gradOf((l) => bernoulli({ logits: l }).logProb(tf.ones([1])), tf.tensor1d([-100])),
      [1],
      1e-6,
    );
    expectClose(d.entropy(), [0, 31 * Math.exp(-30), 31 * Math.exp(-30), 0], 1e-2, 1e-6);
  });
  test('as one event, adds up the pixels, however value, log odds and batch broadcast', () => {
    const draw = (shape: number[], seed: number) => tf.randomUniform(shape, -2, 2, 'float32', seed);
    const cases: [logits: number[], batch: number[], value: number[], n: number][] = [
      [[2, 3, 5], [2, 3, 5], [3, 5], 2],
      [[2, 3, 5], [2, 3, 5], [2, 3, 5], 1],
      [[5], [3, 5], [3, 5], 1],
      [[], [3, 5], [5], 2],
      [[3, 5], [3, 5], [4, 3, 5], 1],
    ];
    for (const [shape, batch, valueShape, n] of cases) {
      tf.tidy(() => {
        const [l, v] = [draw(shape, 1), tf.abs(tf.div(draw(valueShape, 2), 2))];
        const each = (x: tf.Tensor) => {
          const full = tf.add(x, tf.zeros(batch));
          return tf.sub(tf.mul(v, full), tf.log(tf.add(1, tf.exp(full))));
        };
        const axes = Array.from({ length: n }, (_, i) => each(l).rank - 1 - i);
        const logProb = (x: tf.Tensor) =>
          bernoulli({ logits: x, relaxedSupport: true }).expand(batch).toEvent(n).logProb(v);
        expect(logProb(l).shape).toEqual(tf.sum(each(l), axes).shape);
        expectClose(logProb(l), tf.sum(each(l), axes), 1e-5, 1e-5);
        expectClose(gradOf(logProb, l), gradOf(each, l), 1e-4, 1e-5);
      });
    }
  });

  test('grey targets give the cross-entropy', () => {
    const d = bernoulli({ probs: 0.3, relaxedSupport: true });
    expectClose(d.logProb(tf.scalar(0.4)), [0.4 * Math.log(0.3) + 0.6 * Math.log(0.7)], 1e-6);
    expectClose(
      d.expand([2]).logProb(tf.tensor1d([0.4, 1])),
      [0.4 * Math.log(0.3) + 0.6 * Math.log(0.7), Math.log(0.3)],
      1e-6,
    );
    expect(d.expand([2]).support.name).toBe('in [0, 1]');
  });
});

describe('OrderedLogistic', () => {
  const logistic = (x: number) => 1 / (1 + Math.exp(-x));
  /** Each category's probability as a difference of the logistic function, in float64. */
  const byDifference = (predictor: number, cutpoints: number[]) => {
    const below = [0, ...cutpoints.map((c) => logistic(c - predictor)), 1];
    return below.slice(1).map((p, k) => p - below[k]);
  };

  test.each([0.3, -4, 9])('probabilities are differences of the logistic function: predictor %s', (predictor) => {
    const d = dist.orderedLogistic(predictor, [-1, 0, 2]);
    expectClose(d.probs, byDifference(predictor, [-1, 0, 2]), 1e-5);
    expectClose(dist.orderedLogistic(predictor, [0.5]).probs, byDifference(predictor, [0.5]), 1e-5);
  });

  test('gradients, also far from the cutpoints', () => {
    const f = (x: tf.Tensor) => dist.orderedLogistic(x, [-1, 0, 2]).logProb(tf.tensor1d([0, 1, 2, 3]));
    expectClose(gradOf(f, tf.scalar(0.3)), numericGradient(f, tf.scalar(0.3), 1e-2), 1e-3);
    // log of the second category falls as the predictor grows: d/dx = -1 + what the two logistic factors leave, 0 to rounding.
    expectClose(
      gradOf((x) => dist.orderedLogistic(x, [-1, 0, 2]).logProb(tf.scalar(1)), tf.scalar(60)),
      [-1],
      1e-5,
    );
  });

  test('cutpoints have to increase', () => {
    const program = () => dist.sample('x', dist.orderedLogistic(0, [1, 0]));
    expect(() => tf.tidy(() => void dist.seed.with(0, program))).toThrow(/cutpoints/);
  });
});

test('a normal truncated far out is an exponential there', () => {
  const d = dist.truncatedNormal(0, 1, { low: 50 });
  const draws = Array.from(d.sample(new dist.RandomStream('far'), [2000]).dataSync(), (x) => x - 50);
  expect(Math.min(...draws)).toBeGreaterThanOrEqual(0);
  expect(draws.reduce((sum, x) => sum + x, 0) / 2000).toBeCloseTo(1 / 50, 2);
  expectClose(d.mean(), [50 + 1 / 50], 1e-5);
  // The density at the bound is the hazard, about 50 + 1 / 50.
  expectClose(d.logProb(tf.scalar(50)), [Math.log(50.02)], 1e-3);
});

describe('mixtures', () => {
  test('MixtureSameFamily: the sum over the components, with its gradients', () => {
    const x = tf.tensor1d([-2, 0.3, 5]);
    const f = (weights: tf.Tensor, loc: tf.Tensor) =>
      dist
        .mixtureSameFamily(categorical(weights), dist.normal(loc, [1, 0.5]))
        .expand([3])
        .logProb(x);
    const weights = tf.tensor1d([0.3, 0.7]);
    const loc = tf.tensor1d([-1, 2]);
    const phi = (z: number) => Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);
    const expected = [-2, 0.3, 5].map((v) => Math.log(0.3 * phi(v + 1) + 0.7 * 2 * phi((v - 2) / 0.5)));
    expectClose(f(weights, loc), expected, 1e-5);
    expectClose(
      gradOf((w) => f(w, loc), weights),
      numericGradient((w) => f(w, loc), weights),
      2e-3,
      2e-3,
    );
    expectClose(
      gradOf((m) => f(weights, m), loc),
      numericGradient((m) => f(weights, m), loc),
      2e-3,
      2e-3,
    );
  });
  test('ZeroInflated: both forms of the gate, its edges and gradient', () => {
    const base = () => dist.poisson(2);
    const counts = tf.tensor1d([0, 1, 4]);
    const mass = (k: number) => Math.exp(-2) * [1, 2, 2, 4 / 3, 2 / 3][k];
    const expected = [0, 1, 4].map((k) => Math.log((k === 0 ? 0.3 : 0) + 0.7 * mass(k)));
    expectClose(dist.zeroInflated(base(), { gate: 0.3 }).expand([3]).logProb(counts), expected, 1e-5);
    const gateLogits = Math.log(0.3 / 0.7);
    expectClose(dist.zeroInflated(base(), { gateLogits }).expand([3]).logProb(counts), expected, 1e-5);
    const f = (g: tf.Tensor) => dist.zeroInflated(base(), { gateLogits: g }).logProb(counts);
    expectClose(gradOf(f, tf.scalar(-1)), numericGradient(f, tf.scalar(-1)), 1e-3, 1e-3);
  });
  test('MaskedMixture: each side where the mask says, also for gradients and the support', () => {
    const mask = tf.tensor1d([true, false], 'bool');
    const x = tf.tensor1d([0.5, -0.5]);
    const f = (s: tf.Tensor) => dist.maskedMixture(mask, dist.normal(0, s), dist.gamma(2, s)).logProb(x);
    expectClose(
      f(tf.scalar(1.5)),
      [dist.gamma(2, 1.5).logProb(tf.scalar(0.5)), dist.normal(0, 1.5).logProb(tf.scalar(-0.5))].map(
        (t) => t.dataSync()[0],
      ),
      1e-6,
    );
    expectClose(gradOf(f, tf.scalar(1.5)), numericGradient(f, tf.scalar(1.5)), 1e-3, 1e-3);
    const d = dist.maskedMixture(mask, dist.normal(0, 1), dist.gamma(2, 1));
    expect(() => d.validateValue(x)).not.toThrow();
    expect(() => d.validateValue(tf.tensor1d([-0.5, 0.5]))).toThrow(
      /non-negative where the mask is true, real elsewhere/,
    );
  });
});

test('Delta: its mass is at one point, and a draw carries the gradient', () => {
  const d = dist.delta([0.5, 2], { eventDim: 1, logDensity: 0.25 });
  expectClose(
    d.logProb(
      tf.tensor2d([
        [0.5, 2],
        [0.5, 3],
      ]),
    ),
    [0.25, Number.NEGATIVE_INFINITY],
    1e-6,
  );
  expectClose(
    gradOf((v) => dist.delta(v).rsample(new dist.RandomStream(0)).square(), tf.scalar(3)),
    [6],
  );
  expect(dist.delta(1, { logDensity: [0, 1, 2] }).batchShape).toEqual([3]);
});

test('Unit: its log-probability is the factor, whatever the batch of the value', () => {
  const d = dist.unit([0.5, -1]);
  expectClose(d.logProb(tf.zeros([2, 0])), [0.5, -1], 0, 0);
  expect(d.expand([3, 2]).logProb(tf.zeros([3, 2, 0])).shape).toEqual([3, 2]);
  expectClose(
    gradOf((f) => dist.unit(f).logProb(tf.zeros([0])), tf.scalar(2)),
    [1],
  );
});
