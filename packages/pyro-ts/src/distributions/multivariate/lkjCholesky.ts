/** The LKJ distribution of correlation matrices, by their Cholesky factors. */
import type { Shape } from '@pyro-ts/engine';
import { elementwise, host, readBroadcast, sizeOf } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { OptionError } from '../../errors.js';
import type { RandomStream } from '../../random.js';
import { type Constraint, corrCholesky, positive } from '../constraints.js';
import { Distribution, expandedShape, type TensorLike, toTensor } from '../distribution.js';
import { nextBeta } from '../draws.js';

/**
 * Cholesky factors L of [dim, dim] correlation matrices, of density in proportion to det(L L')^(concentration - 1): uniform over correlation matrices at
 * concentration 1, near the identity above. Source: torch.distributions.LKJCholesky; Lewandowski, Kurowicka and Joe 2009.
 * @example new LKJCholesky(3, 2).sample(new RandomStream(1), [10]) // of shape [10, 3, 3]
 */
export class LKJCholesky extends Distribution {
  override readonly support = corrCholesky;
  readonly concentration: tf.Tensor;

  constructor(
    readonly dim: number,
    concentration: TensorLike,
    batchShape?: Shape,
  ) {
    if (!Number.isInteger(dim) || dim < 2) {
      throw new OptionError(`LKJCholesky: dim is the number of variables, an integer of at least 2; got ${dim}.`);
    }
    const given = toTensor(concentration);
    super(batchShape ?? given.shape, [dim, dim]);
    this.concentration = given;
  }
  override get parameters(): Record<string, tf.Tensor> {
    return { concentration: this.concentration };
  }
  override get argConstraints(): Record<string, Constraint> {
    return { concentration: positive };
  }

  protected logDensity(value: tf.Tensor): tf.Tensor {
    const { dim, concentration } = this;
    // The diagonal entry of the i-th row (from 0) has the power dim - 1 - i + 2 (concentration - 1); that of the first row is 1.
    const powers = tf.tensor1d(Array.from({ length: dim }, (_, i) => (i === 0 ? 0 : dim - 1 - i)));
    const logDiagonal = tf.log(tf.sum(tf.mul(value, tf.eye(dim)), -1));
    const byRow = tf.sum(tf.mul(logDiagonal, powers), -1);
    const rest = tf.sum(tf.slice(logDiagonal, startOf(logDiagonal.rank), sizeWithoutFirst(logDiagonal.shape)), -1);
    const shaped = tf.mul(tf.mul(tf.sub(concentration, 1), 2), rest);
    return tf.sub(tf.add(byRow, shaped), this.logNormaliser());
  }
  /** log of the integral over all factors, from that over each row (Lewandowski et al., theorem 5). */
  private logNormaliser(): tf.Tensor {
    const dims = this.dim - 1;
    const rows = Array.from({ length: dims }, (_, j) => j);
    const shift = (c: number): number => c + dims / 2;
    return elementwise(
      [this.concentration],
      (c) =>
        rows.reduce((sum, j) => sum + host.lgamma(shift(c) - (j + 1) / 2) - host.lgamma(shift(c)), 0) +
        ((dims * (dims + 1)) / 4) * Math.log(Math.PI),
      [(c) => rows.reduce((sum, j) => sum + host.digamma(shift(c) - (j + 1) / 2) - host.digamma(shift(c)), 0)],
    );
  }
  expand(batchShape: Shape): LKJCholesky {
    return new LKJCholesky(this.dim, this.concentration, expandedShape(this, batchShape));
  }
  /** Row by row: a squared length below the diagonal from a beta distribution, in a uniform direction (the onion method). */
  protected override drawSample(rng: RandomStream, sampleShape: Shape): tf.Tensor {
    const { dim } = this;
    const batch = [...sampleShape, ...this.batchShape];
    const concentrations = readBroadcast(this.concentration, batch);
    const out = new Float32Array(sizeOf(batch) * dim * dim);
    concentrations.forEach((concentration, which) => {
      for (let i = 0; i < dim; i++) {
        const row = out.subarray((which * dim + i) * dim, (which * dim + i + 1) * dim);
        if (i === 0) row[0] = 1;
        else fillRow(row, i, nextBeta(rng, i / 2, concentration + (dim - 1 - i) / 2), rng);
      }
    });
    return tf.tensor(out, this.shape(sampleShape));
  }
}

/** Row `i`: `below` of its squared length in a uniform direction below the diagonal, `rest` on the diagonal. */
function fillRow(row: Float32Array, i: number, [below, rest]: [number, number], rng: RandomStream): void {
  let length = 0;
  for (let j = 0; j < i; j++) {
    row[j] = rng.nextNormal();
    length += row[j] ** 2;
  }
  const scale = Math.sqrt(below / length);
  for (let j = 0; j < i; j++) row[j] *= scale;
  // An entry that underflows would lie outside of the support.
  row[i] = Math.max(Math.sqrt(rest), 2 ** -126);
}

const startOf = (rank: number): number[] => [...new Array<number>(rank - 1).fill(0), 1];
const sizeWithoutFirst = (shape: Shape): number[] => [...shape.slice(0, -1), shape[shape.length - 1] - 1];

/**
 * A prior of correlations: `scaleTril = L` times standard deviations makes a covariance for `multivariateNormal`.
 * @param dim number of variables
 * @example
 * const L = sample('L', lkjCholesky(3, 2)); // [3, 3]
 * tf.matMul(L, L, false, true); // a correlation matrix
 */
export const lkjCholesky = (dim: number, concentration: TensorLike = 1): LKJCholesky =>
  new LKJCholesky(dim, concentration);
