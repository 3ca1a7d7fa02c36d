/** Closed-form divergences against integrals by scipy.integrate.quad (fixtures/families.json), and the rules for wrapped distributions. */
import * as tf from '@tensorflow/tfjs';
import * as dist from 'pyro-ts';
import { type Distribution, klDivergence } from 'pyro-ts';
import { Cauchy, ExpTransform, Normal, TanhTransform, TransformedDistribution } from 'pyro-ts/distributions';
import { describe, expect, test } from 'vitest';
import figures from '../../../fixtures/families.json' with { type: 'json' };
import { expectClose, gradOf, numericGradient } from '../../../numbers.js';

type Factory = (...p: (number | number[] | tf.Tensor)[]) => Distribution;
const factories = { ...dist, continuousBernoulli: (l: tf.TensorLike) => dist.continuousBernoulli({ logits: l }) };
const make = ([family, parameters]: [string, (number | number[])[]], moved?: [number, tf.Tensor]) =>
  (factories as unknown as Record<string, Factory>)[family](
    ...parameters.map((p, i) => (moved && moved[0] === i ? moved[1] : p)),
  );

interface Row {
  p: [string, (number | number[])[]];
  q: [string, (number | number[])[]];
  kl: number;
}
const rows = figures.divergences as unknown as Row[];

describe.each(rows.map((row) => [`${row.p} || ${row.q}`, row] as const))('KL(%s)', (_, { p, q, kl: expected }) => {
  test('is the integral', () => {
    expect(dist.hasKl(make(p), make(q))).toBe(true);
    expectClose(klDivergence(make(p), make(q)), [expected], 1e-4, 2e-6);
  });
});

// A number of trials cannot be moved a little.
const smooth = rows.filter(({ p }) => p[0] !== 'binomial');
test.each(smooth.map((row) => [`${row.p} || ${row.q}`, row] as const))(
  'KL(%s) has the gradient of its values',
  (_, { p, q }) => {
    for (const [side, own] of [
      ['p', p],
      ['q', q],
    ] as const) {
      for (const [i, parameter] of own[1].entries()) {
        const f = (x: tf.Tensor) =>
          side === 'p' ? klDivergence(make(p, [i, x]), make(q)) : klDivergence(make(p), make(q, [i, x]));
        const at = tf.tensor(parameter);
        const step = 5e-3 * Math.max(1, Math.abs(at.abs().max().dataSync()[0]));
        expectClose(gradOf(f, at), numericGradient(f, at, step), 5e-3, 1e-3);
      }
    }
  },
);

describe('families of classes and vectors', () => {
  const log = Math.log;
  test('Categorical and OneHotCategorical: the sum, with classes of probability 0', () => {
    const p = [0.2, 0.8, 0];
    const q = [0.5, 0.3, 0.2];
    const expected = 0.2 * log(0.2 / 0.5) + 0.8 * log(0.8 / 0.3);
    for (const family of [dist.categorical, dist.oneHotCategorical]) {
      expectClose(klDivergence(family(p), family(q)), [expected], 1e-5);
      const minusInfinity = { logits: [0, Number.NEGATIVE_INFINITY, 0] };
      expectClose(klDivergence(family(minusInfinity), family(q)), [0.5 * log(0.5 / 0.5) + 0.5 * log(0.5 / 0.2)], 1e-5);
      expectClose(klDivergence(family(q), family(minusInfinity)), [Number.POSITIVE_INFINITY]);
    }
    const f = (l: tf.Tensor) => klDivergence(dist.categorical({ logits: l }), dist.categorical(q));
    const g = (l: tf.Tensor) => klDivergence(dist.categorical(q), dist.categorical({ logits: l }));
    const at = tf.tensor1d([0.3, -1, 0.7]);
    expectClose(gradOf(f, at), numericGradient(f, at), 1e-3, 1e-4);
    expectClose(gradOf(g, at), numericGradient(g, at), 1e-3, 1e-4);
  });
  test('MultivariateNormal: diagonal ones agree with independent normals, mixed with them, and turned they stay', () => {
    const p = { loc: [0.3, -1], scale: [1.2, 0.5] };
    const q = { loc: [1, 0.2], scale: [0.7, 2] };
    const expected = klDivergence(dist.normal(p.loc, p.scale).toEvent(1), dist.normal(q.loc, q.scale).toEvent(1));
    const diagonal = ({ loc, scale }: typeof p) =>
      dist.multivariateNormal(loc, {
        scaleTril: [
          [scale[0], 0],
          [0, scale[1]],
        ],
      });
    const spread = ({ loc, scale }: typeof p) => dist.normal(loc, scale).toEvent(1);
    expectClose(klDivergence(diagonal(p), diagonal(q)), expected, 1e-5);
    expectClose(klDivergence(spread(p), diagonal(q)), expected, 1e-5);
    expectClose(klDivergence(diagonal(p), spread(q)), expected, 1e-5);
    const turn = tf.tensor2d([
      [0.6, -0.8],
      [0.8, 0.6],
    ]);
    const turned = ({ loc, scale }: typeof p) => {
      const covariance = turn.matMul(tf.diag(tf.square(scale))).matMul(turn.transpose());
      return dist.multivariateNormal(turn.matMul(tf.tensor2d(loc, [2, 1])).squeeze([1]), { covariance });
    };
    expectClose(klDivergence(turned(p), turned(q)), expected, 1e-4);
  });
});

describe('wrapped distributions', () => {
  const p = () =>
    dist.normal(
      [
        [0.3, -1, 0],
        [1, 2, 0.5],
      ],
      1.2,
    );
  const q = () => dist.normal(0, [0.7, 1, 2]).expand([2, 3]);
  test('event dimensions are summed, however they are split', () => {
    const each = klDivergence(p(), q());
    expect(each.shape).toEqual([2, 3]);
    expectClose(klDivergence(p().toEvent(1), q().toEvent(1)), each.sum(-1), 1e-6);
    expectClose(klDivergence(p().toEvent(2), q().toEvent(2)), each.sum(), 1e-6);
    expectClose(klDivergence(p().toEvent(1).toEvent(1), q().toEvent(2)), each.sum(), 1e-6);
  });
  test('masks drop terms', () => {
    const mask = tf.tensor1d([true, false, true], 'bool');
    const expected = klDivergence(p(), q()).mul(tf.tensor1d([1, 0, 1]));
    expectClose(klDivergence(p().mask(mask), q()), expected, 1e-6);
    expectClose(klDivergence(p(), q().mask(mask)), expected, 1e-6);
    expectClose(klDivergence(p().mask(mask), q().mask(true)), expected, 1e-6);
    expectClose(klDivergence(p().mask(false), q()), tf.zeros([2, 3]), 0, 0);
  });
  test('a point mass against anything is minus the log density there', () => {
    expectClose(
      klDivergence(dist.delta([0.5, 2]), dist.gamma(2, 1)),
      dist
        .gamma(2, 1)
        .logProb(tf.tensor1d([0.5, 2]))
        .neg(),
      1e-6,
    );
    const point = dist.delta([0.5, 2], { eventDim: 1 });
    const vectors = dist.normal([0, 0], 1).toEvent(1);
    expectClose(klDivergence(point, vectors), vectors.logProb(tf.tensor1d([0.5, 2])).neg(), 1e-6);
  });
  test('the same transform on both sides drops out', () => {
    const transforms = [new ExpTransform()];
    const through = (d: Distribution) => new TransformedDistribution(d, transforms);
    expectClose(klDivergence(through(p()), through(q())), klDivergence(p(), q()), 1e-6);
    expect(dist.hasKl(through(p()), new TransformedDistribution(q(), [new TanhTransform()]))).toBe(false);
  });
  test('batch shapes broadcast; event shapes must agree', () => {
    expect(klDivergence(dist.normal(tf.zeros([4, 1]), 1), dist.normal(tf.zeros([3]), 1)).shape).toEqual([4, 3]);
    expect(() => klDivergence(dist.dirichlet([1, 1]), dist.dirichlet([1, 1, 1]))).toThrow(
      /eventShape \[2\] .* eventShape \[3\]/,
    );
  });
  test('a pair without a closed form is rejected, and can be added', () => {
    expect(() => klDivergence(dist.normal(0, 1), dist.cauchy(0, 1))).toThrow(/KL\(Normal \|\| Cauchy\).*registerKl/s);
    expect(() => klDivergence(dist.binomial(3, 0.5), dist.binomial(4, 0.5))).toThrow(/No closed form/);
    class Custom extends Normal {}
    dist.registerKl(Custom, Cauchy, (a, b) => a.loc.sub(b.loc).abs());
    expectClose(klDivergence(new Custom(1, 1), dist.cauchy(-2, 1)), [3]);
  });
  test('a uniform outside the other diverges', () => {
    expectClose(
      klDivergence(dist.uniform(0, 3), dist.uniform([-1, 1], [4, 4])),
      [Math.log(5 / 3), Number.POSITIVE_INFINITY],
      1e-5,
    );
  });
});
