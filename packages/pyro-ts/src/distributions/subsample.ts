/** The choice of a subsample by a plate. */
import { hostCall } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import type { RandomStream } from '../random.js';
import { nonNegativeInteger } from './constraints.js';
import { Distribution } from './distribution.js';

/** `size` of the integers 0..fullSize-1 in random order, or all of them in order; its log-probability is 0 by convention. */
export class Subsample extends Distribution {
  override readonly support = nonNegativeInteger;

  constructor(
    readonly fullSize: number,
    readonly size: number,
  ) {
    super([], [size]);
  }

  protected logDensity(): tf.Tensor {
    return tf.scalar(0);
  }
  expand(): Subsample {
    return this;
  }
  protected override drawSample(rng: RandomStream): tf.Tensor {
    if (this.size === this.fullSize) return tf.range(0, this.fullSize, 1, 'int32');
    const run = (_: unknown, out: Float32Array | Int32Array) =>
      out.set(rng.permutation(this.fullSize).slice(0, this.size));
    return hostCall({ name: 'subsample', inputs: [], shape: [this.size], dtype: 'int32', run });
  }
}
