/** A distribution over nothing, which carries a log factor. */
import type { Shape } from '@pyro-ts/engine';
import { broadcastShapes, expandTo } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import type { RandomStream } from '../random.js';
import { realVector } from './constraints.js';
import { Distribution, expandedShape, type TensorLike, toTensor } from './distribution.js';

/**
 * Its only value is the empty vector (eventShape [0]); its log-probability is `logFactor`, of shape batchShape. What `factor` is made of.
 * Source: pyro.distributions.Unit.
 */
export class Unit extends Distribution {
  override readonly support = realVector;
  readonly logFactor: tf.Tensor;

  /** `reparameterised` says whether the factor's gradient is a pathwise one; see Pyro's `factor(..., has_rsample)`. */
  constructor(
    logFactor: TensorLike,
    private readonly reparameterised = false,
    batchShape?: Shape,
  ) {
    const factor = toTensor(logFactor);
    super(batchShape ?? factor.shape, [0]);
    this.logFactor = factor;
  }

  override get parameters() {
    return { logFactor: this.logFactor };
  }
  override get hasRsample(): boolean {
    return this.reparameterised;
  }

  protected logDensity(value: tf.Tensor): tf.Tensor {
    return expandTo(this.logFactor, broadcastShapes(value.shape.slice(0, -1), this.batchShape) ?? this.batchShape);
  }
  expand(batchShape: Shape): Unit {
    return new Unit(this.logFactor, this.reparameterised, expandedShape(this, batchShape));
  }
  protected override drawSample(_rng: RandomStream, sampleShape: Shape): tf.Tensor {
    return tf.zeros(this.shape(sampleShape));
  }
  protected override drawRsample(rng: RandomStream, sampleShape: Shape): tf.Tensor {
    return this.hasRsample ? this.drawSample(rng, sampleShape) : super.drawRsample(rng, sampleShape);
  }
  override entropy(): tf.Tensor {
    return expandTo(this.logFactor.neg(), this.batchShape);
  }
}

/**
 * A factor of exp(`logFactor`), of shape batchShape.
 * @example sample('penalty', unit(-2), { obs: tf.zeros([0]) }); // what factor('penalty', -2) does
 */
export const unit = (logFactor: TensorLike): Unit => new Unit(logFactor);
