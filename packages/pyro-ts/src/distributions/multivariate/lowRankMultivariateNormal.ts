/** The multivariate normal whose covariance is a diagonal and a product of few columns. */
import { cholesky, type Shape, triangularSolve } from '@pyro-ts/engine';
import { broadcastShapes, expandTo } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { formatShape, ShapeError } from '../../errors.js';
import type { RandomStream } from '../../random.js';
import { type Constraint, independent, positive, real, realVector } from '../constraints.js';
import { Distribution, expandedShape, type TensorLike, toTensor } from '../distribution.js';

const LOG_2PI = Math.log(2 * Math.PI);

/**
 * Vectors [..., D] of mean `loc` and covariance W W' + diag(d), for W = `covFactor` [..., D, R] and d = `covDiag` [..., D]: of the order of D R^2 operations
 * where a full covariance takes D^3. Source: torch.distributions.LowRankMultivariateNormal.
 */
export class LowRankMultivariateNormal extends Distribution {
  override readonly support = realVector;
  readonly loc: tf.Tensor;
  readonly covFactor: tf.Tensor;
  readonly covDiag: tf.Tensor;

  constructor(loc: TensorLike, covFactor: TensorLike, covDiag: TensorLike, batchShape?: Shape) {
    const [mean, factor, diagonal] = [toTensor(loc), toTensor(covFactor), toTensor(covDiag)];
    const dim = mean.shape[mean.rank - 1];
    const batch = broadcastShapes(mean.shape.slice(0, -1), factor.shape.slice(0, -2), diagonal.shape.slice(0, -1));
    const fits = mean.rank > 0 && factor.shape[factor.rank - 2] === dim && diagonal.shape[diagonal.rank - 1] === dim;
    if (!fits || !batch) {
      throw new ShapeError(
        'LowRankMultivariateNormal: loc must be [..., D], covFactor [..., D, R] and covDiag [..., D], with batch dimensions that broadcast; they are ' +
          `${formatShape(mean.shape)}, ${formatShape(factor.shape)} and ${formatShape(diagonal.shape)}.`,
      );
    }
    super(batchShape ?? batch, [dim]);
    this.loc = mean;
    this.covFactor = factor;
    this.covDiag = diagonal;
  }
  override get parameters(): Record<string, tf.Tensor> {
    return { loc: this.loc, covFactor: this.covFactor, covDiag: this.covDiag };
  }
  override get argConstraints(): Record<string, Constraint> {
    return { loc: realVector, covFactor: independent(real, 2), covDiag: independent(positive, 1) };
  }
  override get hasRsample(): boolean {
    return true;
  }

  /** W' diag(1 / d) [..., R, D], and the lower triangular factor of I + W' diag(1 / d) W, [..., R, R]. */
  private capacitance(): { weighted: tf.Tensor; factor: tf.Tensor } {
    const columns = swapped(this.covFactor);
    const weighted = tf.div(columns, tf.expandDims(this.covDiag, -2));
    const products = tf.sum(tf.mul(tf.expandDims(weighted, -2), tf.expandDims(columns, -3)), -1);
    return { weighted, factor: cholesky(tf.add(products, tf.eye(columns.shape[columns.rank - 2]))) };
  }

  protected logDensity(value: tf.Tensor): tf.Tensor {
    const centred = tf.sub(value, this.loc);
    const { weighted, factor } = this.capacitance();
    // Woodbury's identity for the distance, the matrix determinant lemma for the volume.
    const seen = tf.sum(tf.mul(weighted, tf.expandDims(centred, -2)), -1);
    const solved = tf.squeeze(triangularSolve(factor, tf.expandDims(seen, -1)), [-1]);
    const plain = tf.sum(tf.div(tf.square(centred), this.covDiag), -1);
    const distance = tf.sub(plain, tf.sum(tf.square(solved), -1));
    return tf.neg(tf.add(tf.mul(0.5, distance), tf.add(this.logVolume(factor), 0.5 * this.eventShape[0] * LOG_2PI)));
  }
  /** Half the log determinant of the covariance. */
  private logVolume(factor: tf.Tensor): tf.Tensor {
    const ofCapacitance = tf.sum(tf.log(tf.sum(tf.mul(factor, tf.eye(factor.shape[factor.rank - 1])), -1)), -1);
    return tf.add(ofCapacitance, tf.mul(0.5, tf.sum(tf.log(this.covDiag), -1)));
  }
  expand(batchShape: Shape): LowRankMultivariateNormal {
    return new LowRankMultivariateNormal(this.loc, this.covFactor, this.covDiag, expandedShape(this, batchShape));
  }
  protected override drawRsample(rng: RandomStream, sampleShape: Shape): tf.Tensor {
    const shape = this.shape(sampleShape);
    const rank = this.covFactor.shape[this.covFactor.rank - 1];
    const few = rng.normal([...shape.slice(0, -1), rank]);
    const shared = tf.sum(tf.mul(this.covFactor, tf.expandDims(few, -2)), -1);
    return tf.add(tf.add(this.loc, shared), tf.mul(tf.sqrt(this.covDiag), rng.normal(shape)));
  }
  override mean(): tf.Tensor {
    return expandTo(this.loc, this.shape());
  }
  /** The diagonal of the covariance. */
  override variance(): tf.Tensor {
    return expandTo(tf.add(tf.sum(tf.square(this.covFactor), -1), this.covDiag), this.shape());
  }
  /** [..., D, D]. */
  covariance(): tf.Tensor {
    const { covFactor } = this;
    const dim = this.eventShape[0];
    const shared = tf.sum(tf.mul(tf.expandDims(covFactor, -2), tf.expandDims(covFactor, -3)), -1);
    const own = tf.mul(tf.expandDims(this.covDiag, -1), tf.eye(dim));
    return expandTo(tf.add(shared, own), [...this.batchShape, dim, dim]);
  }
  override entropy(): tf.Tensor {
    const volume = this.logVolume(this.capacitance().factor);
    return expandTo(tf.add(volume, 0.5 * this.eventShape[0] * (1 + LOG_2PI)), this.batchShape);
  }
}

/** The last two dimensions swapped. */
function swapped(x: tf.Tensor): tf.Tensor {
  const order = x.shape.map((_, i) => i);
  const [a, b] = order.splice(-2);
  return tf.transpose(x, [...order, b, a]);
}

/**
 * Vectors that vary together along few directions, and each entry by itself.
 * @param covFactor [..., D, R]
 * @param covDiag [..., D], the variances that the entries have by themselves
 * @example lowRankMultivariateNormal([0, 0], [[1], [2]], [1, 1]).variance(); // [2, 5]
 */
export const lowRankMultivariateNormal = (
  loc: TensorLike,
  covFactor: TensorLike,
  covDiag: TensorLike,
): LowRankMultivariateNormal => new LowRankMultivariateNormal(loc, covFactor, covDiag);
