/** The projected normal distribution: directions on the circle or the sphere. */
import { customGrad, expandTo, logRadialIntegral, type Shape } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import { formatShape, ShapeError } from '../errors.js';
import type { RandomStream } from '../random.js';
import { realVector, sphere } from './constraints.js';
import { Distribution, expandedShape, type TensorLike, toTensor } from './distribution.js';

/**
 * The direction v of a draw from N(concentration, I) in 2 or 3 dimensions. The direction of `concentration` is the mean direction, its length
 * says how concentrated the draws are; 0 is uniform. Source: pyro.distributions.ProjectedNormal; density after Hernandez-Stumpfhauser,
 * Breidt and van der Woerd (2017), here exact in the tail too.
 */
export class ProjectedNormal extends Distribution {
  override readonly support = sphere;
  /** [..., 2] or [..., 3]. */
  readonly concentration: tf.Tensor;

  constructor(concentration: TensorLike, batchShape?: Shape) {
    const c = toTensor(concentration);
    const dim = c.shape[c.rank - 1];
    if (dim !== 2 && dim !== 3) {
      throw new ShapeError(
        `ProjectedNormal: concentration must have a last dimension of 2 (a circle) or 3 (a sphere); its shape is ${formatShape(c.shape)}.`,
      );
    }
    super(batchShape ?? c.shape.slice(0, -1), [dim]);
    this.concentration = c;
  }

  override get parameters() {
    return { concentration: this.concentration };
  }
  override get argConstraints() {
    return { concentration: realVector };
  }
  override get hasRsample(): boolean {
    return true;
  }

  protected logDensity(value: tf.Tensor): tf.Tensor {
    const dim = this.eventShape[0];
    const along = this.concentration.mul(value).sum(-1, true);
    const across = this.concentration.sub(value.mul(along)).square().sum(-1);
    return logRadialIntegral(along.squeeze([-1]), dim === 2 ? 1 : 2)
      .sub(across.mul(0.5))
      .sub((dim / 2) * Math.log(2 * Math.PI));
  }
  expand(batchShape: Shape): ProjectedNormal {
    return new ProjectedNormal(this.concentration, expandedShape(this, batchShape));
  }
  sample(rng: RandomStream, sampleShape: Shape = []): tf.Tensor {
    return this.rsample(rng, sampleShape);
  }
  override rsample(rng: RandomStream, sampleShape: Shape = []): tf.Tensor {
    return normalize(rng.normal(this.shape(sampleShape)).add(this.concentration));
  }
  /** The mean direction, of length 1 (as Pyro's `mean`); the first axis where the concentration is 0. */
  override mean(): tf.Tensor {
    return expandTo(normalize(this.concentration), this.shape());
  }
}

/** `x` divided by its length over the last dimension. A vector of length 0 becomes the first axis, with gradient 0. */
export function normalize(x: tf.Tensor): tf.Tensor {
  return customGrad([x], (a) => {
    const length = tf.sqrt(tf.sum(tf.square(a), -1, true));
    const isZero = tf.equal(length, 0);
    const inverse = tf.where(isZero, tf.zerosLike(length), tf.div(1, tf.where(isZero, tf.onesLike(length), length)));
    const firstAxis = tf.oneHot(tf.scalar(0, 'int32'), a.shape[a.rank - 1]);
    const value = tf.add(tf.mul(a, inverse), tf.mul(tf.cast(isZero, 'float32'), firstAxis));
    return {
      value,
      saved: [value, inverse],
      grad: (dy, [v, inv]) => [tf.mul(tf.sub(dy, tf.mul(v, tf.sum(tf.mul(dy, v), -1, true))), inv)],
    };
  });
}

/**
 * Unit vectors around the direction of `concentration` [..., 2] or [..., 3].
 * @example const v = sample('angle', projectedNormal(encoder(x))); // [batch, 2]: cosine and sine
 */
export const projectedNormal = (concentration: TensorLike): ProjectedNormal => new ProjectedNormal(concentration);
