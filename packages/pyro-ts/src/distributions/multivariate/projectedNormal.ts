/** The projected normal distribution: directions on the circle or the sphere, and unit quaternions. */
import type { Shape } from '@pyro-ts/engine';
import { expandTo, logRadialIntegral } from '@pyro-ts/engine/internal';
import type * as tf from '@tensorflow/tfjs';
import { formatShape, ShapeError } from '../../errors.js';
import type { RandomStream } from '../../random.js';
import { realVector, sphere } from '../constraints.js';
import { Distribution, expandedShape, type TensorLike, toTensor } from '../distribution.js';
import { normalize } from '../transforms/vectors.js';

/**
 * The direction v of a draw from N(concentration, I) in 2, 3 or 4 dimensions. The direction of `concentration` is the mean direction, its length
 * says how concentrated the draws are; 0 is uniform. Source: pyro.distributions.ProjectedNormal; density after Hernandez-Stumpfhauser,
 * Breidt and van der Woerd (2017), here exact in the tail too.
 */
export class ProjectedNormal extends Distribution {
  override readonly support = sphere;
  /** [..., 2], [..., 3] or [..., 4]. */
  readonly concentration: tf.Tensor;
  private readonly radialPower: 1 | 2 | 3;

  constructor(concentration: TensorLike, batchShape?: Shape) {
    const c = toTensor(concentration);
    const dim = c.shape[c.rank - 1];
    if (dim !== 2 && dim !== 3 && dim !== 4) {
      throw new ShapeError(
        `ProjectedNormal: concentration must have a last dimension of 2 (a circle), 3 (a sphere) or 4 (quaternions); its shape is ${formatShape(c.shape)}.`,
      );
    }
    super(batchShape ?? c.shape.slice(0, -1), [dim]);
    this.concentration = c;
    this.radialPower = dim === 2 ? 1 : dim === 3 ? 2 : 3;
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
    return logRadialIntegral(along.squeeze([-1]), this.radialPower)
      .sub(across.mul(0.5))
      .sub((dim / 2) * Math.log(2 * Math.PI));
  }
  expand(batchShape: Shape): ProjectedNormal {
    return new ProjectedNormal(this.concentration, expandedShape(this, batchShape));
  }
  protected override drawRsample(rng: RandomStream, sampleShape: Shape): tf.Tensor {
    return normalize(rng.normal(this.shape(sampleShape)).add(this.concentration));
  }
  /** The mean direction, of length 1 (as Pyro's `mean`); the first axis where the concentration is 0. */
  override mean(): tf.Tensor {
    return expandTo(normalize(this.concentration), this.shape());
  }
}

/**
 * Unit vectors around the direction of `concentration` [..., 2], [..., 3] or [..., 4]; of any direction alike where it is 0.
 * @throws {ShapeError} for another last dimension
 * @example
 * const v = sample('angle', projectedNormal(encoder(x))); // [batch, 2]: cosine and sine
 * projectedNormal([0, 0]) // uniform on the circle
 */
export const projectedNormal = (concentration: TensorLike): ProjectedNormal => new ProjectedNormal(concentration);
