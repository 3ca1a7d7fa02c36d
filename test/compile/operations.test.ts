/** Each operation that plans have a rule for, alone and with its neighbours, against the engine. */
import { lgamma, logSumExp, stopGradient, take } from '@pyro-ts/engine';
import { rowwise } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, describe, it } from 'vitest';
import { expectPlanned, type Input, type Program } from './planned.js';

beforeEach(() => tf.engine().startScope());
afterEach(() => tf.engine().endScope());

const positive = (z: number) => 0.1 + z * z;
const inside = (z: number) => 0.9 * Math.tanh(z);
const any = (...shape: number[]): Input => ({ shape });
const of = (from: (z: number) => number, ...shape: number[]): Input => ({ shape, from });

const cases: Readonly<Record<string, readonly [Program, ...Input[]]>> = {
  // Of one operand.
  neg: [(x) => tf.neg(x), any(2, 3)],
  abs: [(x) => tf.abs(x), any(2, 3)],
  sign: [(x) => tf.mul(x, tf.sign(x)), any(5)],
  exp: [(x) => tf.exp(x), any(2, 3)],
  expm1: [(x) => tf.expm1(x), any(4)],
  log: [(x) => tf.log(x), of(positive, 2, 3)],
  log1p: [(x) => tf.log1p(x), of(positive, 4)],
  sqrt: [(x) => tf.sqrt(x), of(positive, 4)],
  rsqrt: [(x) => tf.rsqrt(x), of(positive, 4)],
  reciprocal: [(x) => tf.reciprocal(x), of(positive, 4)],
  square: [(x) => tf.square(x), any(4)],
  'floor, ceil, round': [(x) => tf.add(tf.floor(x), tf.add(tf.ceil(x), tf.round(tf.mul(x, 2)))), any(9)],
  trigonometric: [(x) => tf.add(tf.sin(x), tf.mul(tf.cos(x), tf.tan(x))), any(5)],
  'inverse trigonometric': [(x) => tf.add(tf.asin(x), tf.mul(tf.acos(x), tf.atan(x))), of(inside, 5)],
  hyperbolic: [(x) => tf.add(tf.sinh(x), tf.mul(tf.cosh(x), tf.tanh(x))), any(5)],
  'inverse hyperbolic': [(x) => tf.add(tf.asinh(x), tf.atanh(x)), of(inside, 5)],
  sigmoid: [(x) => tf.sigmoid(tf.mul(x, 20)), any(5)],
  softplus: [(x) => tf.softplus(tf.mul(x, 20)), any(5)],
  'relu and its kin': [
    (x) =>
      tf
        .relu(x)
        .add(tf.elu(x))
        .add(tf.leakyRelu(x, 0.1))
        .add(tf.relu6(tf.mul(x, 5))),
    any(7),
  ],
  step: [(x) => tf.mul(x, tf.step(x, 0.5)), any(7)],
  clip: [(x) => tf.clipByValue(x, -0.5, 0.5), any(7)],
  'is finite': [(x) => tf.where(tf.isFinite(tf.log(x)), x, tf.zerosLike(x)), any(7)],
  'rows of minus infinities': [
    (x) => {
      const none = Number.NEGATIVE_INFINITY;
      const possible = [none, none, 0, 0, none, 0];
      return logSumExp(logSumExp(tf.add(x, tf.tensor2d(possible, [3, 2])), 1));
    },
    any(3, 2),
  ],
  'whole numbers': [(x) => tf.cast(tf.cast(tf.mul(x, 3), 'int32'), 'float32').mul(x), any(7)],
  // Of two.
  'arithmetic that broadcasts': [(a, b) => a.add(b).mul(a.sub(b)).div(b.square().add(1)), any(4, 1, 3), any(2, 1)],
  'a scalar': [(a, b) => a.mul(b).add(a), any(2, 3), any()],
  pow: [(a, b) => tf.pow(a, b), of(positive, 2, 3), any(3)],
  'pow of a constant': [(a) => tf.pow(a, 3).add(tf.pow(a, 2)), any(4)],
  'maximum and minimum': [(a, b) => tf.maximum(a, b).sub(tf.minimum(a, 0.3)), any(2, 3), any(3)],
  'squared difference': [(a, b) => tf.squaredDifference(a, b), any(2, 3), any(3)],
  atan2: [(a, b) => tf.atan2(a, b), any(2, 3), any(2, 3)],
  mod: [(a) => tf.mod(a, 0.7), any(6)],
  comparisons: [
    (a, b) => tf.where(tf.logicalOr(tf.greater(a, b), tf.logicalNot(tf.lessEqual(a, 0))), a, tf.mul(b, 2)),
    any(2, 3),
    any(2, 3),
  ],
  'an operand used twice': [
    (a) =>
      tf
        .mul(a, a)
        .add(tf.exp(a))
        .sub(tf.div(a, tf.exp(a))),
    any(2, 3),
  ],
  // Sums.
  'sum of all': [(x) => tf.sum(tf.exp(x)), any(2, 3, 4)],
  'sum over axes': [(x) => tf.sum(x.square(), [0, 2]).add(tf.sum(x, [2, 0], true).squeeze()), any(2, 3, 4)],
  'sum of one': [(x) => tf.sum(x, 1, true), any(3, 1)],
  mean: [(x) => tf.mean(x.exp(), 0), any(4, 3)],
  'max and min': [(x) => tf.max(x, 1).mul(tf.min(x, [0, 1])), any(3, 5)],
  prod: [(x) => tf.prod(x, 1), any(3, 4)],
  logSumExp: [(x) => logSumExp(x, 0), any(3, 4)],
  'tf.logSumExp': [(x) => tf.logSumExp(x, 1), any(3, 4)],
  softmax: [(x) => tf.softmax(x).mul(tf.logSoftmax(x)), any(3, 4)],
  cumsum: [(x) => tf.cumsum(x, 1, true, true).add(tf.cumsum(x.exp(), 0)), any(3, 4)],
  'argMax as a choice': [(x) => tf.oneHot(tf.argMax(x, 1), 4).cast('float32').mul(x), any(3, 4)],
  moments: [(x) => tf.moments(x, 0).variance, any(4, 3)],
  'all and any': [
    (x) =>
      tf.where(tf.all(tf.greater(x, -1), 1, true).logicalOr(tf.any(tf.greater(x, 2), 1, true)), x, tf.zerosLike(x)),
    any(6, 3),
  ],
  // Products.
  matMul: [(a, b) => tf.matMul(a, b), any(3, 4), any(4, 2)],
  'matMul of transposes': [(a, b) => tf.matMul(a, b, true, true), any(4, 3), any(2, 4)],
  'matMul of batches': [(a, b) => tf.matMul(a.exp(), b), any(2, 3, 4), any(1, 4, 2)],
  'matMul with one inner entry': [(a, b) => tf.matMul(a, b), any(3, 1), any(1, 2)],
  'a long product with one inner entry': [(a, b) => tf.matMul(a, b), any(9, 1), any(1, 11)],
  'long sums': [(x) => tf.sum(x.exp(), 1).mul(tf.max(x, 0).slice([0], [9])), any(9, 23)],
  einsum: [(a, b) => tf.einsum('ij,jk->ki', a, b), any(2, 3), any(3, 2)],
  dot: [(a, b) => tf.dot(a, b), any(3), any(3)],
  // Moves.
  transpose: [(x) => tf.transpose(x.exp(), [2, 0, 1]).add(1).log(), any(2, 3, 4)],
  reshape: [(x) => tf.reshape(tf.transpose(x), [2, 6]).mul(tf.reshape(x, [2, 6])), any(3, 4)],
  'reshape of ones': [(x) => tf.expandDims(x, 1).squeeze([1]).reshape([1, 3, 1, 2]).exp().reshape([2, 3]), any(3, 2)],
  slice: [(x) => tf.slice(x, [1, 0], [2, 2]).mul(tf.slice(x.exp(), [0, 1], [2, -1])), any(3, 3)],
  'strided slice': [(x) => tf.stridedSlice(x, [1, 0], [4, 3], [2, 1]), any(4, 3)],
  reverse: [(x) => tf.reverse(x, 1).mul(x), any(2, 3)],
  // Gradients of slices: blocks side by side, and blocks that overlap.
  'slices of one array': [
    (x) =>
      tf
        .slice(x.exp(), [0, 0], [2, 3])
        .sum()
        .add(tf.slice(x, [2, 0], [3, 3]).square().sum()),
    any(5, 3),
  ],
  'overlapping slices': [
    (x) =>
      tf
        .slice(x, [0, 0], [3, 3])
        .square()
        .sum()
        .add(tf.slice(x, [2, 0], [3, 3]).exp().sum()),
    any(5, 3),
  ],
  'a slice of many': [(x) => tf.slice(x, [7, 0], [40, 9]).square(), any(60, 9)],
  pad: [
    (x) =>
      tf.pad(
        x.square(),
        [
          [1, 0],
          [0, 2],
        ],
        0.5,
      ),
    any(2, 3),
  ],
  concat: [(a, b) => tf.concat([a, b.exp(), a], 1), any(2, 3), any(2, 1)],
  stack: [(a, b) => tf.stack([a, b], 1).mul(2), any(2, 3), any(2, 3)],
  unstack: [(x) => tf.unstack(x, 1).reduce((s, part, i) => s.add(part.mul(i + 1))), any(2, 3)],
  split: [(x) => tf.split(x, [1, 2], 1)[1].exp(), any(2, 3)],
  tile: [(x) => tf.tile(x, [2, 3]), any(1, 2)],
  'broadcast to': [(x) => tf.broadcastTo(x, [2, 3]).exp(), any(3)],
  gather: [(x) => tf.gather(x, tf.tensor1d([2, 0, 2], 'int32')), any(3, 2)],
  'gather along the last': [
    (x) =>
      tf.gather(
        x,
        tf.tensor2d(
          [
            [1, 0],
            [1, 1],
          ],
          [2, 2],
          'int32',
        ),
        1,
      ),
    any(3, 2),
  ],
  'take at computed places': [(x, i) => take(x.exp(), tf.abs(tf.round(tf.tanh(i).mul(2)))), any(3, 2), any(4)],
  'oneHot of computed places': [
    (x) => tf.oneHot(tf.cast(tf.abs(tf.mul(x, 1.5)), 'int32'), 3, 2, -1).cast('float32'),
    any(4),
  ],
  'selection by oneHot rows': [
    (x) => tf.sum(tf.mul(tf.cast(tf.oneHot(tf.tensor1d([0, 1, 2], 'int32'), 3), 'float32'), x), -1).exp(),
    any(3),
  ],
  'selection from a table, and of others': [
    (x, y) => {
      const rows = tf.cast(tf.oneHot(tf.tensor2d([[0], [1]], [2, 1], 'int32'), 2), 'float32');
      const one = tf.cast(tf.oneHot(tf.tensor1d([1, 1, 1], 'int32'), 3), 'float32');
      const turned = tf.cast(tf.oneHot(tf.tensor1d([2, 0, 1], 'int32'), 3), 'float32');
      const of = (selecting: tf.Tensor) => tf.sum(tf.mul(y.exp(), selecting), 1);
      return tf
        .sum(tf.mul(tf.expandDims(rows, -1), x), -2)
        .mul(2)
        .reshape([6])
        .add(of(one).sum())
        .sum()
        .add(of(turned));
    },
    any(2, 3),
    any(3, 3),
  ],
  // On the host.
  lgamma: [(x) => lgamma(x).mul(x), of(positive, 4)],
  'rows on the host': [
    (x, y) => rowwise([x, y], (a, b) => a[0] * b[1], [(_, b) => [b[1], 0], (a) => [0, a[0]]]),
    any(3, 2),
    any(2),
  ],
  stopGradient: [(x) => x.mul(stopGradient(x.exp())), any(3)],
  'a constant result': [(x) => tf.zerosLike(x).add(1), any(3)],
  'nothing at all': [(x) => x.exp(), any(0, 3)],
};

describe('a plan computes', () => {
  it.each(Object.keys(cases))('%s', (name) => {
    const [program, ...inputs] = cases[name];
    expectPlanned(
      program,
      inputs,
      !['mod', 'oneHot of computed places', 'nothing at all', 'a constant result'].includes(name),
    );
  });
});
