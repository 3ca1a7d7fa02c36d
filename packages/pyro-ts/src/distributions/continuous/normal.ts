/** The normal distribution. */
import type { Shape } from '@pyro-ts/engine';
import { broadcastShapes, normalLogProb, sameShape } from '@pyro-ts/engine/internal';
import type * as tf from '@tensorflow/tfjs';
import type { RandomStream } from '../../random.js';
import { real } from '../constraints.js';
import { expandedShape, type TensorLike, toTensor } from '../distribution.js';
import { LocScaleFamily } from '../family.js';

const halfLog2Pi = 0.5 * Math.log(2 * Math.PI);

/** N(loc, scale^2), entry by entry. Source: torch.distributions.Normal. */
export class Normal extends LocScaleFamily {
  override readonly support = real;

  constructor(loc: TensorLike, scale: TensorLike, batchShape?: Shape) {
    super('Normal', loc, scale, batchShape);
  }

  protected logDensity(value: tf.Tensor): tf.Tensor {
    return normalLogProb(value, this.loc, this.scale);
  }
  override logProbSum(given: TensorLike, n: number): tf.Tensor {
    const value = toTensor(given);
    const shape = broadcastShapes(value.shape, this.loc.shape, this.scale.shape) ?? [];
    const isWhole = sameShape(shape, broadcastShapes(shape, this.batchShape) ?? []) && n <= shape.length;
    return isWhole ? normalLogProb(value, this.loc, this.scale, n) : super.logProbSum(value, n);
  }
  expand(batchShape: Shape): Normal {
    return new Normal(this.loc, this.scale, expandedShape(this, batchShape));
  }
  protected override drawRsample(rng: RandomStream, sampleShape: Shape): tf.Tensor {
    return rng.normal(this.shape(sampleShape)).mul(this.scale).add(this.loc);
  }
  override mean(): tf.Tensor {
    return this.full(this.loc);
  }
  override variance(): tf.Tensor {
    return this.full(this.scale.square());
  }
  override entropy(): tf.Tensor {
    return this.full(this.scale.log().add(0.5 + halfLog2Pi));
  }
}

/**
 * Mean `loc`, standard deviation `scale` (positive), broadcast against each other.
 * @example normal(0, 1).expand([2]).toEvent(1);
 */
export const normal = (loc: TensorLike, scale: TensorLike): Normal => new Normal(loc, scale);
