/** The host's sums as tensor operations on the gradient tape, one operation for a whole contraction. */
import { customGrad, stopGradient } from '@pyro-ts/engine';
import { isRecording } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { eliminate, type NamedTable, type Tables } from './contract.js';
import type { Dim, NamedTensor } from './namedTensor.js';
import { Table, TableTape } from './tables.js';
import { TensorTable, TensorTables } from './tensorTables.js';

/** What `compute` makes of the tables of `inputs`, as a tensor with a gradient to each input. */
export function computeTables(
  inputs: readonly NamedTensor[],
  compute: <T extends NamedTable>(tape: Tables<T>, tables: readonly T[]) => T,
): NamedTensor {
  if (isRecording()) {
    const { dims, log = tf.scalar(0) } = compute(new TensorTables(), inputs.map(TensorTable.of));
    return { dims, tensor: log };
  }
  let dims: readonly Dim[] = [];
  const tensor = customGrad(
    inputs.map((x) => x.tensor),
    () => {
      const tape = new TableTape();
      const tables = inputs.map(Table.of);
      const result = compute(tape, tables);
      dims = result.dims;
      return {
        value: toTensor(result.log, result.sizes),
        grad: (dy) => {
          result.logGrad = Float64Array.from(dy.dataSync());
          tape.backward();
          return tables.map((t) => toTensor(t.logGrad ?? new Float64Array(t.log.length), t.sizes));
        },
      };
    },
  );
  return { dims, tensor };
}

/**
 * The sum over all outcomes (and over `plates`) of the product of the weights, given by `logWeights`, times the sum of `costs`. Dimensions that
 * are not plates are summed out with the weights. A scalar. Outcomes of weight 0 cost nothing and pass no gradient, even if their cost is
 * infinite.
 */
export function expectedCost(
  logWeights: readonly NamedTensor[],
  costs: readonly NamedTensor[],
  plates: ReadonlySet<Dim>,
): tf.Scalar {
  const inputs = [...logWeights, ...costs];
  const variables = [...new Set(inputs.flatMap((x) => x.dims))].filter((dim) => !plates.has(dim));
  if (isRecording()) {
    const tape = new TensorTables();
    const tables = inputs.map((x, i) => (i < logWeights.length ? TensorTable.of(x) : TensorTable.ofCost(x)));
    const { log = tf.scalar(0), cost = tf.scalar(0) } = tape.sumProduct(eliminate(tape, tables, variables), []);
    const weights = tf.exp(log);
    const isPossible = tf.greater(stopGradient(weights), 0);
    return tf.sum(tf.mul(weights, tf.where(isPossible, tf.add(cost, tf.zerosLike(weights)), tf.zerosLike(weights))));
  }
  return customGrad(
    inputs.map((x) => x.tensor),
    () => {
      const tape = new TableTape();
      const tables = inputs.map((x, i) => (i < logWeights.length ? Table.of(x) : Table.ofCost(x)));
      const total = tape.sumProduct(eliminate(tape, tables, variables), []);
      const weights = total.log.map(Math.exp);
      const cost = total.cost as Float64Array;
      return {
        value: tf.scalar(weights.reduce((sum, w, i) => (w === 0 ? sum : sum + w * cost[i]), 0)),
        grad: (dy) => {
          const upstream = dy.dataSync()[0];
          total.costGrad = weights.map((w) => w * upstream);
          total.logGrad = weights.map((w, i) => (w === 0 ? 0 : w * upstream * cost[i]));
          tape.backward();
          return tables.map((t, i) => {
            const grad = i < logWeights.length ? t.logGrad : t.costGrad;
            return toTensor(grad ?? new Float64Array(t.log.length), t.sizes);
          });
        },
      };
    },
  ) as tf.Scalar;
}

const toTensor = (data: Float64Array, shape: readonly number[]): tf.Tensor =>
  tf.tensor(Float32Array.from(data), shape as number[]);
