/** Loops that run as WebAssembly: their functions against float64, and nests of every form against the engine. */
import { buildPlan, onPlainEngine, record } from '@pyro-ts/compile';
import * as tf from '@tensorflow/tfjs';
import { RandomStream } from 'pyro-ts';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { expectPlanned, type Input, type Program, planOf } from './planned.js';

beforeEach(() => tf.engine().startScope());
afterEach(() => tf.engine().endScope());

/** By its series, and from 3 on by the continued fraction of its complement. */
function erf(x: number): number {
  const size = Math.abs(x);
  if (size === Number.POSITIVE_INFINITY) return Math.sign(x);
  if (!(size >= 3)) {
    let [term, sum] = [x, x];
    for (let k = 1; k < 120; k++) {
      term *= (-x * x) / k;
      sum += term / (2 * k + 1);
    }
    return (2 / Math.sqrt(Math.PI)) * sum;
  }
  let fraction = 0;
  for (let k = 60; k > 0; k--) fraction = k / 2 / (size + fraction);
  return Math.sign(x) * (1 - Math.exp(-size * size) / Math.sqrt(Math.PI) / (size + fraction));
}

/** A function of tensors, the same of numbers, and how far they may lie apart, in units in the last place. */
type Compared = readonly [inTensors: (x: tf.Tensor) => tf.Tensor, inNumbers: (x: number) => number, units?: number];
const functions: Readonly<Record<string, Compared>> = {
  exp: [tf.exp, Math.exp],
  expm1: [tf.expm1, Math.expm1],
  log: [tf.log, Math.log],
  log1p: [tf.log1p, Math.log1p],
  tanh: [tf.tanh, Math.tanh],
  erf: [tf.erf, erf, 8],
  sigmoid: [tf.sigmoid, (x) => 1 / (1 + Math.exp(-x))],
  softplus: [tf.softplus, (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))],
};
/** Every size that float32 has, a range around 0, and the places where something changes. */
function arguments_(n: number): Float32Array {
  const rng = new RandomStream('arguments');
  const special = [0, -0, 1, -1, 0.5, -0.5, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN];
  const edges = [88.72283, 88.72284, 89, -87.33, -103.9, -104, 2 ** -126, 2 ** -149, 3.4e38, Math.SQRT1_2, Math.SQRT2];
  const all = [...special, ...edges, Math.LN2 / 2, -Math.LN2 / 2, 0.625, -0.625, 1e-8, -1e-8];
  return Float32Array.from({ length: n }, (_, i) => {
    if (i < all.length) return all[i];
    const u = 2 * rng.next() - 1;
    return i % 3 === 0 ? 110 * u : i % 3 === 1 ? 2 * u : Math.sign(rng.next() - 0.4) * Math.exp(88 * u);
  });
}
/** The distance of neighbouring float32 numbers at `y`. */
const unitAt = (y: number): number => 2 ** Math.max(-149, Math.floor(Math.log2(Math.abs(Math.fround(y)))) - 23);

test.each(Object.entries(functions))(
  '%s within a few units in the last place',
  (_, [inTensors, inNumbers, units = 2]) => {
    const x = arguments_(60_000);
    const program = (t: tf.Tensor) => ({ y: inTensors(t) });
    const plan = buildPlan(onPlainEngine(() => record(program, [tf.tensor1d(x)], new Map(), { isStrict: true })));
    expect(plan.steps.map((step) => step.isVector)).toEqual([true]);
    plan.inputs[0]?.set(x);
    plan.run();
    const y = plan.outputs.get('y') as Float32Array;
    let worst = 0;
    x.forEach((argument, i) => {
      const wanted = inNumbers(argument);
      const rounded = Math.fround(wanted);
      // Below the normal numbers, nothing is owed but smallness.
      if (Math.abs(rounded) < 2 ** -126 && rounded !== 0) expect(Math.abs(y[i])).toBeLessThan(2 ** -126);
      else if (!Number.isFinite(rounded) || rounded === 0) expect(y[i] + 0, `at ${argument}`).toBe(rounded + 0);
      else worst = Math.max(worst, Math.abs(y[i] - wanted) / unitAt(wanted));
    });
    expect(worst).toBeLessThan(units);
  },
);

const any = (...shape: number[]): Input => ({ shape });
const nests: Readonly<Record<string, readonly [Program, ...Input[]]>> = {
  'neighbours, a number of them that four does not divide': [(x) => tf.sigmoid(x).mul(x), any(103, 5)],
  'a row that is repeated': [(x, w) => tf.tanh(x.mul(w)).add(w), any(50, 23), any(23)],
  'a column that is repeated': [(x, w) => tf.softplus(x.sub(w)), any(50, 23), any(50, 1)],
  'transposed operands': [(x) => tf.transpose(x).exp().mul(2), any(50, 23)],
  'reversed rows': [(x) => tf.reverse(x, 1).exp(), any(23, 50)],
  'comparisons and choices': [
    (x, y) => tf.where(tf.logicalOr(tf.greater(x, y), tf.lessEqual(x, -1)), tf.maximum(x, 0.3), tf.minimum(y, x)),
    any(30, 20),
    any(30, 20),
  ],
  'signs, steps and roundings': [
    (x) =>
      tf
        .sign(x)
        .add(tf.round(x.mul(3)))
        .add(tf.step(x))
        .add(tf.floor(x))
        .add(tf.ceil(x))
        .mul(x),
    any(700),
  ],
  'whole numbers': [(x) => tf.cast(tf.cast(x.mul(5), 'int32'), 'float32').mul(x), any(700)],
  'sum of all': [(x) => tf.sum(tf.exp(x)), any(997)],
  'a long sum': [(x) => tf.sum(x.square()), any(20_003)],
  'sum of rows': [(x) => tf.sum(tf.exp(x), 1), any(31, 37)],
  'sum of columns': [(x) => tf.sum(x, 0), any(31, 37)],
  'sums around the middle': [(x) => tf.sum(x.mul(2), [0, 2]).add(tf.sum(x.exp(), 1).sum()), any(9, 10, 11)],
  'largest and smallest': [(x) => tf.max(x.mul(3), 1).sub(tf.min(x, 1)), any(31, 37)],
  'a product of entries': [(x) => tf.prod(tf.add(1, tf.mul(x, 0.01)), 1), any(31, 37)],
  softmax: [(x) => tf.softmax(x).mul(x), any(40, 10)],
  'softmax of few': [(x) => tf.softmax(x).mul(x), any(200, 3)],
  ...Object.fromEntries(
    [
      [13, 29, 37],
      [1, 40, 40],
      [40, 1, 40],
      [40, 40, 1],
      [7, 5, 103],
      [64, 32, 16],
    ].flatMap(([n, k, m]) =>
      [false, true].flatMap((a) =>
        [false, true].map((b) => [
          `product of [${n}, ${k}]${a ? ' transposed' : ''} and [${k}, ${m}]${b ? ' transposed' : ''}`,
          [
            (x: tf.Tensor, y: tf.Tensor) => tf.matMul(x, y, a, b),
            any(...(a ? [k, n] : [n, k])),
            any(...(b ? [m, k] : [k, m])),
          ] as const,
        ]),
      ),
    ),
  ),
  'product of batches': [(x, y) => tf.matMul(x, y), any(3, 9, 11), any(1, 11, 10)],
};

describe('nests of loops', () => {
  it.each(Object.entries(nests))('%s', (_, [program, ...inputs]) => expectPlanned(program, inputs));

  it('every other entry', () =>
    expectPlanned((x) => tf.stridedSlice(x, [0, 1], [40, 50], [2, 3]).exp(), [any(40, 50)], false));

  it('are WebAssembly', () => {
    const kinds = Object.values(nests).map(([program, ...inputs]) =>
      planOf(
        program,
        inputs.map(({ shape }) => tf.ones(shape)),
      ).steps.some((step) => step.isVector),
    );
    expect(kinds.filter((isVector) => !isVector)).toEqual([]);
  });
});
