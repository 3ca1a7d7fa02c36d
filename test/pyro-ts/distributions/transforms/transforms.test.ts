/** Transforms: inverses, Jacobians against finite differences, codomains, and the distributions that they make. */
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import * as dist from 'pyro-ts';
import { bijectTo, constraints, RandomStream, type Transform, transformTo } from 'pyro-ts';
import {
  AffineTransform,
  CorrCholeskyTransform,
  ExpTransform,
  IdentityTransform,
  IndependentTransform,
  LowerCholeskyVectorTransform,
  OrderedTransform,
  SigmoidTransform,
  SoftmaxTransform,
  SoftplusTransform,
  StickBreakingTransform,
  TanhTransform,
  TransformedDistribution,
} from 'pyro-ts/distributions';
import { initAutoregressive } from 'pyro-ts/internal';
import { describe, expect, test } from 'vitest';
import { expectClose, gradOf, numericGradient } from '../../../numbers.js';

const rng = () => new RandomStream('transforms');
const layers = (dim: number, hidden: number[]) => initAutoregressive(dim, hidden, rng());

/** Each with a point and the indices of the outputs that are free (all, but for a simplex or a matrix). */
const cases: [string, () => Transform, number[], number[]?][] = [
  ['identity', () => new IdentityTransform(), [0.3]],
  ['affine', () => new AffineTransform(1.5, -2), [0.3]],
  ['exp', () => new ExpTransform(), [0.3]],
  ['sigmoid', () => new SigmoidTransform(), [0.3]],
  ['sigmoid, far', () => new SigmoidTransform(), [-6]],
  ['tanh', () => new TanhTransform(), [0.8]],
  ['softplus', () => new SoftplusTransform(), [-1.2]],
  ['inverse of exp', () => new ExpTransform().inv, [1.3]],
  [
    'exp then affine then tanh',
    () => dist.compose(new ExpTransform(), new AffineTransform(-1, 0.5), new TanhTransform()),
    [0.3],
  ],
  ['ordered', () => new OrderedTransform(), [0.3, -1, 0.5, 0]],
  ['stick breaking', () => new StickBreakingTransform(), [0.3, -1, 0.5], [0, 1, 2]],
  ['independent exp', () => new IndependentTransform(new ExpTransform(), 1), [0.3, -1]],
  ['exp then stick breaking', () => dist.compose(new ExpTransform(), new StickBreakingTransform()), [0.3, -1], [0, 1]],
  ['triangle', () => new LowerCholeskyVectorTransform(), [0.3, -1, 0.5], [0, 2, 3]],
  ['correlations', () => new CorrCholeskyTransform(), [0.3, -1.2, 0.8, 0.1, 2, -0.4], [4, 8, 9, 12, 13, 14]],
  ['positive definite', () => bijectTo(constraints.positiveDefinite), [0.3, -1, 0.5], [0, 2, 3]],
  ['autoregressive', () => dist.affineAutoregressive(layers(4, [8, 6])), [0.3, -1, 0.5, 2]],
  [
    'autoregressive, other order',
    () => dist.affineAutoregressive(layers(3, [8]), { permutation: [2, 0, 1] }),
    [0.3, -1, 0.5],
  ],
  [
    'autoregressive, no hidden layer',
    () => dist.affineAutoregressive(layers(3, []), { activation: tf.tanh }),
    [0.3, -1, 0.5],
  ],
];

describe.each(cases)('%s', (_, make, point, free) => {
  const input = (batch: number[]) => tf.tensor1d(point).mul(tf.ones([...batch, 1]));

  test('inverse(forward(x)) is x, forwards lands in the codomain, with batches and without', () => {
    tf.tidy(() => {
      const t = make();
      for (const batch of [[], [3], [2, 1, 3]]) {
        const x = input(batch);
        const y = t.forward(x);
        expect(y.shape).toEqual(t.forwardShape(x.shape));
        expect(t.inverseShape(y.shape)).toEqual(x.shape);
        expectClose(t.inverse(y), x, 2e-5, 2e-5);
        expectClose(t.inv.forward(y), x, 2e-5, 2e-5);
        expect(tf.all(t.codomain.check(y)).dataSync()[0]).toBe(1);
        expect(t.logAbsDetJacobian(x, y).shape).toEqual(x.shape.slice(0, x.rank - t.domain.eventDim));
        expectClose(t.inv.logAbsDetJacobian(y, x), t.logAbsDetJacobian(x, y).neg(), 1e-4, 1e-4);
      }
    });
  });
  test('the Jacobian determinant is that of finite differences', () => {
    tf.tidy(() => {
      const t = make();
      const x = tf.tensor1d(point);
      const rows = (free ?? point.map((_, i) => i)).map((i) =>
        numericGradient((v) => t.forward(v).flatten().slice([i], [1]), x, 2e-2),
      );
      const found = t.logAbsDetJacobian(x, t.forward(x)).sum().dataSync()[0];
      expect(found).toBeCloseTo(Math.log(Math.abs(determinant(rows))), 2);
    });
  });
  test('the Jacobian term has a gradient', () => {
    const t = make();
    const f = (x: tf.Tensor) => t.logAbsDetJacobian(x, t.forward(x));
    const x = tf.tensor1d(point);
    // Where the term is constant in x the tape has no path, so x is added.
    const withX = (v: tf.Tensor) => f(v).sum().add(v.sum());
    expectClose(gradOf(withX, x), numericGradient(withX, x, 1e-2), 5e-3, 3e-3);
  });
});

function determinant(m: number[][]): number {
  if (m.length === 1) return m[0][0];
  return m[0].reduce(
    (sum, x, j) =>
      sum + (j % 2 === 0 ? 1 : -1) * x * determinant(m.slice(1).map((row) => row.filter((_, k) => k !== j))),
    0,
  );
}

describe('onto constraints', () => {
  const all: [string, dist.Constraint, number[]][] = [
    ['real', constraints.real, [4]],
    ['realVector', constraints.realVector, [4]],
    ['positive', constraints.positive, [4]],
    ['nonNegative', constraints.nonNegative, [4]],
    ['softplusPositive', constraints.softplusPositive, [4]],
    ['greaterThan', constraints.greaterThan(2), [4]],
    ['lessThan', constraints.lessThan(-2), [4]],
    ['unitInterval', constraints.unitInterval, [4]],
    ['interval', constraints.interval(-1, 3), [4]],
    ['simplex', constraints.simplex, [4]],
    ['sphere', constraints.sphere, [3]],
    ['orderedVector', constraints.orderedVector, [4]],
    ['lowerCholesky', constraints.lowerCholesky, [3, 3]],
    ['corrCholesky', constraints.corrCholesky, [3]],
    ['positiveDefinite', constraints.positiveDefinite, [3, 3]],
    ['independent positive', constraints.independent(constraints.positive, 1), [2, 4]],
    ['independent simplex', constraints.independent(constraints.simplex, 1), [2, 4]],
  ];
  test.each(all)('transformTo(%s) lands inside and comes back', (_, constraint, shape) => {
    const t = transformTo(constraint);
    const inside = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 9, maxLength: 9 });
    fc.assert(
      fc.property(inside, (numbers) => {
        tf.tidy(() => {
          const size = shape.reduce((a, b) => a * b, 1);
          const x = tf.tensor(
            numbers.slice(0, size).map((v, i) => v + 0.01 * i),
            shape,
          );
          const y = t.forward(x);
          expect(tf.all(constraint.check(y)).dataSync()[0]).toBe(1);
          expectClose(t.forward(t.inverse(y)), y, 1e-3, 1e-4);
        });
      }),
      { seed: 3, numRuns: 15 },
    );
    expect(t.codomain.eventDim).toBe(constraint.eventDim);
  });
  test.each(all.filter(([name]) => name !== 'sphere'))('bijectTo(%s) is one to one', (_, constraint) => {
    expect(bijectTo(constraint).isBijective).toBe(true);
  });
  test('a softmax is none, and a discrete set has none', () => {
    expect(transformTo(constraints.simplex).isBijective).toBe(false);
    expect(() => new SoftmaxTransform().logAbsDetJacobian(tf.ones([2]), tf.ones([2]))).toThrow(/not one to one/);
    expect(() => bijectTo(constraints.sphere)).toThrow(/no one-to-one transform .* "a vector of length 1"/);
    expect(() => transformTo(constraints.boolean)).toThrow(/"0 or 1", which is discrete/);
  });
  test('a new kind can be taught', () => {
    const even: dist.Constraint = { ...constraints.real, kind: 'even', name: 'even' };
    expect(() => transformTo(even)).toThrow(/registerTransform/);
    dist.registerTransform('even', () => new AffineTransform(0, 2));
    expectClose(transformTo(even).forward(tf.scalar(3)), [6]);
  });
  test('a sigmoid never returns 0 or 1, and keeps a gradient where it is saturated', () => {
    const t = new SigmoidTransform();
    const far = tf.tensor1d([-200, 200, 20]);
    const y = Array.from(t.forward(far).dataSync());
    expect(y[0] > 0 && y[1] < 1 && y[2] < 1).toBe(true);
    expect(t.logAbsDetJacobian(far).arraySync()).toEqual([-200, -200, -20]);
    expect(gradOf((x) => t.forward(x), tf.scalar(20)).dataSync()[0]).toBeGreaterThan(1e-9);
    expectClose(t.forward(t.inverse(tf.tensor1d([0, 1]))), [0, 1], 0, 1e-6);
  });
  test('constraints check what they name', () => {
    const fits = (c: dist.Constraint, x: tf.TensorLike) => Boolean(tf.all(c.check(tf.tensor(x))).dataSync()[0]);
    expect(fits(constraints.simplex, [0.2, 0.8])).toBe(true);
    expect(fits(constraints.simplex, [0.2, 0.9])).toBe(false);
    expect(fits(constraints.simplex, [-0.2, 1.2])).toBe(false);
    expect(fits(constraints.orderedVector, [1, 2, 2])).toBe(false);
    expect(fits(constraints.orderedVector, [1])).toBe(true);
    expect(
      fits(constraints.lowerCholesky, [
        [1, 0.1],
        [0, 1],
      ]),
    ).toBe(false);
    expect(
      fits(constraints.lowerCholesky, [
        [1, 0],
        [3, -1],
      ]),
    ).toBe(false);
    expect(
      fits(constraints.positiveDefinite, [
        [1, 2],
        [2, 1],
      ]),
    ).toBe(false);
    expect(
      fits(constraints.positiveDefinite, [
        [1, 0.5],
        [0.4, 1],
      ]),
    ).toBe(false);
    expect(
      fits(constraints.positiveDefinite, [
        [1, 0.5],
        [0.5, 1],
      ]),
    ).toBe(true);
    expect(fits(constraints.counts(3), [1, 2, 0])).toBe(true);
    expect(fits(constraints.oneHot, [0, 0])).toBe(false);
    expect(fits(constraints.integerInterval(0, 3), [0, 1.5])).toBe(false);
    for (const c of [constraints.real, constraints.positive, constraints.unitInterval, constraints.boolean]) {
      expect(fits(c, [Number.NaN])).toBe(false);
    }
  });
});

describe('TransformedDistribution', () => {
  test('exp of a normal is a log-normal', () => {
    const d = new TransformedDistribution(dist.normal(0.3, 0.8), [new ExpTransform()]);
    const x = tf.tensor1d([0.1, 1, 7]);
    expectClose(d.logProb(x), dist.logNormal(0.3, 0.8).logProb(x), 1e-5);
    expect(d.support.name).toBe('positive');
  });
  test('the event grows with the transform, and the batch with its parameters', () => {
    const d = new TransformedDistribution(dist.normal(tf.zeros([4, 2]), 1), [new StickBreakingTransform()]);
    expect([d.batchShape, d.eventShape]).toEqual([[4], [3]]);
    const shifted = new TransformedDistribution(dist.normal(0, 1), [new AffineTransform(tf.zeros([5]), 2)]);
    expect([shifted.batchShape, shifted.eventShape]).toEqual([[5], []]);
    const vectors = new TransformedDistribution(dist.normal(tf.zeros([4, 2]), 1).toEvent(1), [new ExpTransform()]);
    expect([vectors.batchShape, vectors.eventShape]).toEqual([[4], [2]]);
    const x = tf.tensor1d([0.5, 2]);
    const each = dist.logNormal(0, 1).logProb(x).sum();
    expectClose(vectors.logProb(x), tf.ones([4]).mul(each), 1e-5);
  });
  test('a transform that is not one to one is rejected', () => {
    expect(() => new TransformedDistribution(dist.normal([0, 0], 1), [new SoftmaxTransform()])).toThrow(
      /SoftmaxTransform is not one to one/,
    );
  });
  test('no transform changes nothing', () => {
    const x = tf.tensor1d([0.5, 2]);
    expectClose(new TransformedDistribution(dist.normal(0, 2), []).logProb(x), dist.normal(0, 2).logProb(x), 1e-6);
  });
  test('an autoregressive flow: each output moves with earlier inputs only, and the density is that of the inverse', () => {
    tf.tidy(() => {
      const order = [2, 0, 1];
      const flow = dist.affineAutoregressive(layers(3, [16]), { permutation: order });
      const x = tf.tensor1d([0.3, -1, 0.5]);
      for (let output = 0; output < 3; output++) {
        const slopes = gradOf((v) => flow.forward(v).slice([output], [1]), x).dataSync();
        for (let inputIndex = 0; inputIndex < 3; inputIndex++) {
          if (order.indexOf(inputIndex) > order.indexOf(output)) expect(slopes[inputIndex]).toBe(0);
        }
        expect(slopes[output]).toBeGreaterThan(0);
      }
      const d = new TransformedDistribution(dist.normal(tf.zeros([3]), 1), [flow]);
      const y = flow.forward(x);
      const expected = dist
        .normal(tf.zeros([3]), 1)
        .logProb(x)
        .sum()
        .sub(flow.logAbsDetJacobian(x));
      expectClose(d.logProb(y), expected, 1e-4, 1e-4);
    });
  });
  test('the density of a draw on the same tape needs no inverse, and has the same gradient as through the inverse', () => {
    const base = layers(3, [8]);
    const logDensity = (scale: tf.Tensor, again: (y: tf.Tensor) => tf.Tensor, count: { inverses: number }) => {
      const scaled = base.map(({ weight, bias }) => ({ weight: weight.mul(scale), bias }));
      const flow = dist.affineAutoregressive(scaled);
      const inverse = flow.inverse.bind(flow);
      flow.inverse = (y) => {
        count.inverses++;
        return inverse(y);
      };
      const d = new TransformedDistribution(dist.normal(tf.zeros([3]), 1), [flow]);
      return d.logProb(again(d.rsample(rng(), [4])));
    };
    const direct = { inverses: 0 };
    const around = { inverses: 0 };
    const a = gradOf((s) => logDensity(s, (y) => y, direct), tf.scalar(0.8));
    const b = gradOf((s) => logDensity(s, (y) => y.clone(), around), tf.scalar(0.8));
    expectClose(a, b, 1e-3, 1e-4);
    expect([direct.inverses, around.inverses]).toEqual([0, 1]);
  });
  test('layers of wrong shapes and orders are rejected', () => {
    expect(() => dist.affineAutoregressive([{ weight: tf.ones([3, 5]), bias: tf.ones([5]) }])).toThrow(
      /shape \[3, 6\]/,
    );
    expect(() => dist.affineAutoregressive(layers(3, [4]), { permutation: [0, 0, 1] })).toThrow(/each of 0 to 2 once/);
    expect(() => dist.affineAutoregressive([])).toThrow(/initAutoregressive/);
    expect(() => dist.affineAutoregressive(layers(3, [4]), { order: [0] } as never)).toThrow(/no option "order"/);
  });
});
