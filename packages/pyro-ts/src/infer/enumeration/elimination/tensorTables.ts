/**
 * Sums and products of log tables as plain tensor operations on the gradient tape. Slower than on the host where each operation is a call, but all of it
 * can be recorded: compiled programs are made of it.
 */
import { logSumExp, stopGradient } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import type { NamedTable, Tables } from './contract.js';
import type { Dim, NamedTensor } from './namedTensor.js';

/** A table of logarithms, with (in an expectation) the cost that goes with each entry. */
export class TensorTable implements NamedTable {
  constructor(
    readonly dims: readonly Dim[],
    readonly log: tf.Tensor | undefined,
    readonly cost?: tf.Tensor,
  ) {}

  static of = ({ dims, tensor }: NamedTensor): TensorTable => new TensorTable(dims, tensor);
  /** The table of a cost that goes with every outcome alike: weight 1. */
  static ofCost = ({ dims, tensor }: NamedTensor): TensorTable => new TensorTable(dims, undefined, tensor);

  sizeOf(dim: Dim): number {
    const at = this.dims.indexOf(dim);
    const tensor = this.log ?? this.cost;
    return at < 0 || !tensor ? 1 : tensor.shape[at];
  }
}

/** As `TableTape` computes on the host. */
export class TensorTables implements Tables<TensorTable> {
  sumProduct(inputs: readonly TensorTable[], summed: readonly Dim[]): TensorTable {
    const outer = [...new Set(inputs.flatMap((t) => t.dims))].filter((dim) => !summed.includes(dim));
    const all = [...outer, ...summed];
    const size = (dim: Dim) => Math.max(...inputs.map((t) => t.sizeOf(dim)));
    const shape = all.map(size);
    const axes = summed.map((_, i) => outer.length + i);
    const logs = inputs.flatMap(({ dims, log }) => (log ? [aligned(dims, log, all)] : []));
    const costs = inputs.flatMap(({ dims, cost }) => (cost ? [aligned(dims, cost, all)] : []));
    const joint = logs.length === 0 ? undefined : logs.reduce((a, b) => tf.add(a, b));
    if (costs.length === 0) return new TensorTable(outer, this.total(widened(joint, shape), axes));
    const cost = widened(
      costs.reduce((a, b) => tf.add(a, b)),
      shape,
    );
    if (summed.length === 0) return new TensorTable(outer, joint && widened(joint, shape), cost);
    const weights = widened(joint, shape);
    const log = this.total(weights, axes);
    // A total of minus infinity has no outcome with any probability.
    const kept = tf.reshape(log, [...log.shape, ...axes.map(() => 1)]);
    const base = tf.where(tf.greater(stopGradient(kept), Number.NEGATIVE_INFINITY), kept, tf.zerosLike(kept));
    const isPossible = tf.greater(stopGradient(weights), Number.NEGATIVE_INFINITY);
    const zeros = tf.zerosLike(weights);
    // No gradient passes what is impossible, not even a NaN.
    const p = tf.where(isPossible, tf.exp(tf.sub(tf.where(isPossible, weights, zeros), base)), zeros);
    const possibleCost = tf.where(tf.greater(stopGradient(p), 0), cost, zeros);
    return new TensorTable(outer, log, tf.sum(tf.mul(p, possibleCost), axes));
  }

  plateProduct({ dims, log }: TensorTable, plates: readonly Dim[]): TensorTable {
    const axes = plates.flatMap((plate) => (dims.includes(plate) ? [dims.indexOf(plate)] : []));
    const left = dims.filter((dim) => !plates.includes(dim));
    return new TensorTable(left, log && (axes.length === 0 ? log : tf.sum(log, axes)));
  }

  private total(log: tf.Tensor, axes: readonly number[]): tf.Tensor {
    return axes.length === 0 ? log : logSumExp(log, [...axes]);
  }
}

/** `tensor` with its dimensions in the order of `all`, of size 1 where it lacks one. */
function aligned(dims: readonly Dim[], tensor: tf.Tensor, all: readonly Dim[]): tf.Tensor {
  const order = all.flatMap((dim) => (dims.includes(dim) ? [dims.indexOf(dim)] : []));
  const isSorted = order.every((axis, i) => axis === i);
  const moved = isSorted ? tensor : tf.transpose(tensor, order);
  return tf.reshape(
    moved,
    all.map((dim) => (dims.includes(dim) ? tensor.shape[dims.indexOf(dim)] : 1)),
  );
}

/** Broadcast to `shape`; zeros where there is none. */
function widened(x: tf.Tensor | undefined, shape: number[]): tf.Tensor {
  if (x === undefined) return tf.zeros(shape);
  return x.shape.every((n, i) => n === shape[i]) ? x : tf.add(x, tf.zeros(shape));
}
