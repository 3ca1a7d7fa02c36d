/** The normal distribution. */
import { expandTo, type Shape } from '@pyro-ts/engine';
import type * as tf from '@tensorflow/tfjs';
import type { RandomStream } from '../../random.js';
import { positive, real } from '../constraints.js';
import { batchShapeOf, Distribution, expandedShape, type TensorLike, toTensor } from '../distribution.js';

const halfLog2Pi = 0.5 * Math.log(2 * Math.PI);

/** N(loc, scale^2), entry by entry. Source: torch.distributions.Normal. */
export class Normal extends Distribution {
  override readonly support = real;
  readonly loc: tf.Tensor;
  readonly scale: tf.Tensor;

  constructor(loc: TensorLike, scale: TensorLike, batchShape?: Shape) {
    const parameters = { loc: toTensor(loc), scale: toTensor(scale) };
    super(batchShape ?? batchShapeOf('Normal', parameters), []);
    this.loc = parameters.loc;
    this.scale = parameters.scale;
  }

  override get parameters() {
    return { loc: this.loc, scale: this.scale };
  }
  override get argConstraints() {
    return { loc: real, scale: positive };
  }
  override get hasRsample(): boolean {
    return true;
  }

  protected logDensity(value: tf.Tensor): tf.Tensor {
    const z = value.sub(this.loc).div(this.scale);
    return z.square().mul(-0.5).sub(this.scale.log()).sub(halfLog2Pi);
  }
  expand(batchShape: Shape): Normal {
    return new Normal(this.loc, this.scale, expandedShape(this, batchShape));
  }
  override rsample(rng: RandomStream, sampleShape: Shape = []): tf.Tensor {
    return rng.normal(this.shape(sampleShape)).mul(this.scale).add(this.loc);
  }
  override mean(): tf.Tensor {
    return expandTo(this.loc, this.batchShape);
  }
  override variance(): tf.Tensor {
    return expandTo(this.scale.square(), this.batchShape);
  }
  override entropy(): tf.Tensor {
    return expandTo(this.scale.log().add(0.5 + halfLog2Pi), this.batchShape);
  }
}

/**
 * Mean `loc`, standard deviation `scale` (positive), broadcast against each other.
 * @example normal(0, 1).expand([2]).toEvent(1);
 */
export const normal = (loc: TensorLike, scale: TensorLike): Normal => new Normal(loc, scale);
