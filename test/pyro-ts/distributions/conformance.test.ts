/** What must hold for every family and wrapper: shapes, expansion, event dimensions, masks, draws in the support, memory. */
import * as tf from '@tensorflow/tfjs';
import * as dist from 'pyro-ts';
import { Distribution, NonFiniteError, RandomStream, ShapeError, SupportError } from 'pyro-ts';
import * as classes from 'pyro-ts/distributions';
import { describe, expect, test } from 'vitest';
import { expectClose } from '../../numbers.js';
import { oneOfEach } from './families.js';

const rng = () => new RandomStream('conformance');

describe.each(Object.entries(oneOfEach))('%s', (_, make) => {
  test('draws have shape sampleShape + batchShape + eventShape and lie in the support', () => {
    tf.tidy(() => {
      const d = make();
      expect(d.batchShape).toEqual([2]);
      for (const sampleShape of [[], [3], [4, 3]]) {
        const x = d.sample(rng(), sampleShape);
        expect(x.shape).toEqual([...sampleShape, 2, ...d.eventShape]);
        expect(x.dtype).toBe('float32');
        expect(() => d.validateValue(x)).not.toThrow();
        const logProb = d.logProb(x);
        expect(logProb.shape).toEqual([...sampleShape, 2]);
        expect(Array.from(logProb.dataSync()).every(Number.isFinite)).toBe(true);
      }
      expect(() => d.validateParameters()).not.toThrow();
    });
  });

  test('the same stream gives the same draws, another one others', () => {
    tf.tidy(() => {
      const x = make().sample(rng(), [8]);
      expectClose(make().sample(rng(), [8]), x, 0, 0);
      const other = make().sample(new RandomStream('other'), [8]);
      const isRandom = !make().name.match(/^Delta|^Unit/);
      if (isRandom) expect(Array.from(other.dataSync())).not.toEqual(Array.from(x.dataSync()));
    });
  });

  test('expand repeats the batch, up to rank 6, and keeps the log-probabilities', () => {
    tf.tidy(() => {
      const d = make();
      const x = d.sample(rng());
      const once = d.logProb(x);
      const batch = [3, 1, 2, 1, 2].slice(d.eventShape.length > 1 ? 1 : 0);
      const shapes = [[3, 2], batch.slice(-(6 - Math.max(2, d.eventShape.length + 1)))];
      for (const shape of shapes) {
        const wide = d.expand(shape);
        expect(wide.batchShape).toEqual(shape);
        expect(wide.eventShape).toEqual(d.eventShape);
        expect(wide.sample(rng()).shape).toEqual([...shape, ...d.eventShape]);
        const logProb = wide.logProb(x);
        expect(logProb.shape).toEqual(shape);
        expectClose(logProb, once.add(tf.zeros(shape)), 1e-6, 1e-6);
        expect(wide.expand(shape).batchShape).toEqual(shape);
      }
      expect(() => d.expand([3])).toThrow(ShapeError);
    });
  });

  test('toEvent adds log-probabilities up', () => {
    tf.tidy(() => {
      const d = make();
      const x = d.sample(rng(), [3]);
      const vectors = d.toEvent(1);
      expect([vectors.batchShape, vectors.eventShape]).toEqual([[], [2, ...d.eventShape]]);
      expectClose(vectors.logProb(x), d.logProb(x).sum(-1), 1e-6, 1e-6);
      expect(vectors.expand([4]).sample(rng()).shape).toEqual([4, 2, ...d.eventShape]);
    });
  });

  test('mask drops log-probabilities', () => {
    tf.tidy(() => {
      const d = make();
      const x = d.sample(rng(), [3]);
      const masked = d.mask(tf.tensor1d([false, true], 'bool'));
      expectClose(masked.logProb(x), d.logProb(x).mul(tf.tensor1d([0, 1])), 1e-6, 1e-6);
      expectClose(d.mask(false).logProb(x), tf.zeros([3, 2]), 0, 0);
    });
  });

  test('moments and entropy, where there are some, have their shapes', () => {
    tf.tidy(() => {
      const d = make().expand([3, 2]);
      const shapes: [() => tf.Tensor, number[]][] = [
        [() => d.mean(), d.shape()],
        [() => d.variance(), d.shape()],
        [() => d.entropy(), [3, 2]],
      ];
      for (const [moment, shape] of shapes) {
        try {
          expect(moment().shape).toEqual(shape);
        } catch (error) {
          expect((error as Error).message).toMatch(/has no closed-form (mean|variance|entropy)/);
        }
      }
    });
  });

  test('rsample exists where hasRsample says so', () => {
    tf.tidy(() => {
      const d = make();
      if (d.hasRsample) expect(d.rsample(rng(), [3]).shape).toEqual([3, 2, ...d.eventShape]);
      else expect(() => d.rsample(rng())).toThrow(/no reparameterised draws/);
    });
  });

  test('leaves no tensor behind', () => {
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      const d = make().expand([3, 2]);
      const x = d.sample(rng(), [2]);
      d.logProb(x);
      d.validateValue(x);
      d.validateParameters();
    });
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('misuse is named', () => {
  test('parameters that do not broadcast', () => {
    expect(() => dist.normal([0, 1], [1, 2, 3])).toThrow(/Normal: .* loc \[2\], scale \[3\]/);
    expect(() => dist.dirichlet(1)).toThrow(ShapeError);
    expect(() => dist.categorical(0.3)).toThrow(/last dimension that holds the classes/);
    expect(() => dist.projectedNormal([1, 2, 3, 4, 5])).toThrow(
      /last dimension of 2 \(a circle\), 3 \(a sphere\) or 4/,
    );
    expect(() => dist.multivariateNormal([0, 1], { covariance: tf.eye(3) })).toThrow(/\[2\] and \[3, 3\]/);
    expect(() => dist.delta([1, 2], { eventDim: 2 })).toThrow(/eventDim is 2/);
    expect(() => dist.mixtureSameFamily(dist.categorical([0.5, 0.5]), dist.normal([1, 2, 3], 1))).toThrow(/2 classes/);
    expect(() => dist.zeroInflated(dist.poisson([1, 2, 3]), { gate: [0.1, 0.2] })).toThrow(ShapeError);
    const sides = () =>
      dist.maskedMixture(tf.tensor1d([true, false], 'bool'), dist.normal([1, 2, 3], 1), dist.normal(0, 1));
    expect(sides).toThrow(/mask \[2\]/);
  });
  test('options that do not exist, or that contradict each other', () => {
    expect(() => dist.bernoulli({ logit: 0 } as never)).toThrow(
      /Bernoulli has no option "logit". Did you mean "logits"\?/,
    );
    expect(() => dist.bernoulli({ probs: 0.5, logits: 0 })).toThrow(
      /exactly one of probs, logits; found probs and logits/,
    );
    expect(() => dist.categorical({})).toThrow(/found none/);
    expect(() => dist.multivariateNormal([0], { scaleTrill: [[1]] } as never)).toThrow(/Did you mean "scaleTril"/);
    expect(() => dist.delta(0, { eventDims: 1 } as never)).toThrow(/Did you mean "eventDim"/);
    expect(() => dist.multinomial(2.5, [0.5, 0.5])).toThrow(/totalCount must be a non-negative integer/);
  });
  test('parameters outside their constraint, by site and name', () => {
    expect(() => dist.normal(0, [1, -1]).validateParameters('x')).toThrow(SupportError);
    expect(() => dist.normal(0, [1, -1]).validateParameters('x')).toThrow(
      /"x": parameter scale of Normal must be positive/,
    );
    expect(() => dist.normal(Number.NaN, 1).validateParameters('x')).toThrow(NonFiniteError);
    expect(() => dist.normal(Number.NaN, 1).toEvent(0).validateParameters()).toThrow(/parameter loc of Normal is NaN/);
    expect(() => dist.normal(0, -1).expand([2]).toEvent(1).mask(true).validateParameters()).toThrow(SupportError);
    expect(() => dist.uniform(1, [2, 0]).validateParameters()).toThrow(/high of Uniform must be greater than low/);
    expect(() => dist.categorical([0, 0]).validateParameters()).toThrow(/not all 0/);
    expect(() => dist.categorical({ logits: [0, Number.NEGATIVE_INFINITY] }).validateParameters()).not.toThrow();
    const skew = {
      covariance: [
        [1, 2],
        [0, 1],
      ],
    };
    expect(() => dist.multivariateNormal([0, 0], skew).validateParameters()).toThrow(/symmetric positive definite/);
    expect(() =>
      dist.multivariateNormal([0, 0], {
        covariance: [
          [1, 2],
          [2, 1],
        ],
      }),
    ).toThrow(/must be positive definite/);
    const mixture = dist.mixtureSameFamily(dist.categorical([0.5, 0.5]), dist.normal([0, 1], [1, -2]));
    expect(() => mixture.validateParameters()).toThrow(/scale/);
  });
  test('values outside the support', () => {
    expect(() => dist.gamma(1, 1).validateValue(tf.scalar(-1), 'x')).toThrow(/"x": .* Gamma, which is: non-negative/);
    expect(() => dist.bernoulli(0.5).validateValue(tf.scalar(0.5))).toThrow(/0 or 1/);
    expect(() => dist.bernoulli({ probs: 0.5, relaxedSupport: true }).validateValue(tf.scalar(0.5))).not.toThrow();
    expect(() => dist.uniform([0, 1], [1, 2]).validateValue(tf.tensor1d([0.5, 0.5]))).toThrow(/in \[low, high\]/);
    expect(() => dist.binomial([1, 5], 0.5).validateValue(tf.tensor1d([2, 2]))).toThrow(SupportError);
    expect(() => dist.multinomial(3, [0.5, 0.5]).validateValue(tf.tensor1d([1, 1]))).toThrow(/add to 3/);
    expect(() => dist.oneHotCategorical([0.5, 0.5]).validateValue(tf.tensor1d([1, 1]))).toThrow(/one-hot/);
    expect(() => dist.projectedNormal([1, 0]).validateValue(tf.tensor1d([1, 1]))).toThrow(/length 1/);
    expect(() => dist.normal([0, 1], 1).validateValue(tf.ones([3]))).toThrow(ShapeError);
  });
});

test('the suite has every distribution that a class is exported for', () => {
  const made = new Set<unknown>(Object.values(oneOfEach).map((make) => make().constructor));
  const isDistribution = (c: unknown) => typeof c === 'function' && c.prototype instanceof Distribution;
  const exported = Object.entries<unknown>({ ...classes }).filter(([, c]) => isDistribution(c));
  expect(exported.length).toBeGreaterThan(40);
  expect(exported.filter(([, c]) => !made.has(c)).map(([name]) => name)).toEqual([]);
});
