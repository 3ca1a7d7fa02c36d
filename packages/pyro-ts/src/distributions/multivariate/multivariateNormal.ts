/** The multivariate normal distribution, factorised on the host in float64. */
import { cholesky, NotPositiveDefiniteError, type Shape, triangularSolve } from '@pyro-ts/engine';
import { broadcastShapes, expandTo } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { formatShape, ShapeError, SupportError } from '../../errors.js';
import type { RandomStream } from '../../random.js';
import { type Constraint, lowerCholesky, positiveDefinite, realVector } from '../constraints.js';
import { Distribution, expandedShape, type TensorLike, toTensor } from '../distribution.js';
import { oneOf } from '../probs.js';

/** One of the three ways to say how the entries vary together, each [..., D, D]. */
export interface MultivariateNormalOptions {
  /** Lower triangular with a positive diagonal; the covariance is it times its transpose. The cheapest of the three. */
  scaleTril?: TensorLike;
  covariance?: TensorLike;
  /** The inverse of the covariance. */
  precision?: TensorLike;
}

const LOG_2PI = Math.log(2 * Math.PI);

/** Vectors [..., D] of mean `loc`. Source: torch.distributions.MultivariateNormal. */
export class MultivariateNormal extends Distribution {
  override readonly support = realVector;
  readonly loc: tf.Tensor;
  /** Lower triangular [..., D, D], whatever way the covariance was given. */
  readonly scaleTril: tf.Tensor;
  private readonly given: { name: keyof MultivariateNormalOptions; value: tf.Tensor };
  /** Lower triangular; the precision is it times its transpose. Only where the precision was given. */
  readonly precisionTril: tf.Tensor | undefined;

  /** `factors` are those of another distribution with the same matrix. */
  constructor(loc: TensorLike, options: MultivariateNormalOptions, batchShape?: Shape, factors?: Factors) {
    const names: (keyof MultivariateNormalOptions)[] = ['scaleTril', 'covariance', 'precision'];
    const given = oneOf('MultivariateNormal', options, names);
    const mean = toTensor(loc);
    const dim = mean.shape[mean.rank - 1];
    const matrix = given.value.shape;
    const batch = broadcastShapes(mean.shape.slice(0, -1), matrix.slice(0, -2));
    if (mean.rank < 1 || formatShape(matrix.slice(-2)) !== formatShape([dim, dim]) || !batch) {
      throw new ShapeError(
        `MultivariateNormal: loc must be [..., D] and ${given.name} [..., D, D], with batch dimensions that broadcast; they are ` +
          `${formatShape(mean.shape)} and ${formatShape(matrix)}.`,
      );
    }
    super(batchShape ?? batch, [dim]);
    this.loc = mean;
    this.given = given;
    const { scaleTril, precisionTril } = factors ?? factorsOf(given.name, given.value);
    this.scaleTril = scaleTril;
    this.precisionTril = precisionTril;
  }

  override get parameters(): Record<string, tf.Tensor> {
    return { loc: this.loc, [this.given.name]: this.given.value };
  }
  override get argConstraints(): Record<string, Constraint> {
    return { loc: realVector, scaleTril: lowerCholesky, covariance: positiveDefinite, precision: positiveDefinite };
  }
  override get hasRsample(): boolean {
    return true;
  }
  /** log of each entry of the diagonal of `scaleTril`, [..., D]. */
  private get logDiagonal(): tf.Tensor {
    return logDiagonalOf(this.scaleTril);
  }

  protected logDensity(value: tf.Tensor): tf.Tensor {
    const centred = value.sub(this.loc);
    const { precisionTril: l } = this;
    // From the precision's own factor where there is one: through an inverse its gradient would lose its digits far out.
    const z = l
      ? l.mul(centred.expandDims(-1)).sum(-2)
      : triangularSolve(this.scaleTril, centred.expandDims(-1)).squeeze([-1]);
    const halfDistance = z.square().sum(-1).mul(0.5);
    const logVolume = l ? logDiagonalOf(l).neg() : this.logDiagonal;
    return halfDistance
      .add(logVolume.sum(-1))
      .add(0.5 * this.eventShape[0] * LOG_2PI)
      .neg();
  }
  expand(batchShape: Shape): MultivariateNormal {
    const { name, value } = this.given;
    return new MultivariateNormal(this.loc, { [name]: value }, expandedShape(this, batchShape), this);
  }
  protected override drawRsample(rng: RandomStream, sampleShape: Shape): tf.Tensor {
    return rotate(this.scaleTril, rng.normal(this.shape(sampleShape))).add(this.loc);
  }
  override mean(): tf.Tensor {
    return expandTo(this.loc, this.shape());
  }
  /** The diagonal of the covariance. */
  override variance(): tf.Tensor {
    return expandTo(this.scaleTril.square().sum(-1), this.shape());
  }
  /** [..., D, D]. */
  covariance(): tf.Tensor {
    const rows = this.scaleTril.expandDims(-2);
    const columns = this.scaleTril.expandDims(-3);
    const dim = this.eventShape[0];
    return expandTo(rows.mul(columns).sum(-1), [...this.batchShape, dim, dim]);
  }
  override entropy(): tf.Tensor {
    return expandTo(this.logDiagonal.sum(-1).add(0.5 * this.eventShape[0] * (1 + LOG_2PI)), this.batchShape);
  }
}

/** l z for each vector z [..., D]. */
function rotate(l: tf.Tensor, z: tf.Tensor): tf.Tensor {
  if (l.rank > 2) return l.mul(z.expandDims(-2)).sum(-1);
  const dim = l.shape[0];
  return tf.matMul(z.reshape([-1, dim]), l as tf.Tensor2D, false, true).reshape(z.shape);
}

interface Factors {
  readonly scaleTril: tf.Tensor;
  readonly precisionTril?: tf.Tensor | undefined;
}

const logDiagonalOf = (l: tf.Tensor): tf.Tensor =>
  l
    .mul(tf.eye(l.shape[l.rank - 1]))
    .sum(-1)
    .log();

function factorsOf(name: keyof MultivariateNormalOptions, matrix: tf.Tensor): Factors {
  if (name === 'scaleTril') return { scaleTril: matrix };
  try {
    if (name === 'covariance') return { scaleTril: cholesky(matrix) };
    return { scaleTril: factorOfInverse(matrix), precisionTril: cholesky(matrix) };
  } catch (error) {
    if (!(error instanceof NotPositiveDefiniteError)) throw error;
    throw new SupportError(`MultivariateNormal: ${name} must be positive definite, but ${error.message}`, undefined, {
      cause: error,
    });
  }
}

/**
 * The lower triangular factor of the inverse of `precision`: with rows and columns in reverse order its Cholesky factor is upper triangular
 * with respect to the old order, and so its inverse's transpose is lower.
 */
function factorOfInverse(precision: tf.Tensor): tf.Tensor {
  const dim = precision.shape[precision.rank - 1];
  const last = [precision.rank - 2, precision.rank - 1];
  const swap = [...precision.shape.map((_, i) => i).slice(0, -2), last[1], last[0]];
  const upper = tf.reverse(cholesky(tf.reverse(precision, last)), last);
  return triangularSolve(tf.transpose(upper, swap), tf.eye(dim));
}

/**
 * Correlated vectors of mean `loc` [..., D].
 * @example multivariateNormal([0, 0], { covariance: [[2, 0.5], [0.5, 1]] }).sample(rng, [100]);
 */
export const multivariateNormal = (loc: TensorLike, options: MultivariateNormalOptions): MultivariateNormal =>
  new MultivariateNormal(loc, options);
