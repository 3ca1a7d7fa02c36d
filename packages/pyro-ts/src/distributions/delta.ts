/** A point mass. */
import { equal, type Shape } from '@pyro-ts/engine';
import { broadcastShapes, expandTo } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { formatShape, rejectUnknownKeys, ShapeError } from '../errors.js';
import type { RandomStream } from '../random.js';
import { type Constraint, independent, real } from './constraints.js';
import { Distribution, expandedShape, sumRightmost, type TensorLike, toTensor } from './distribution.js';

export interface DeltaOptions {
  /** Number of rightmost dimensions of `v` that make one value. @default 0 */
  eventDim?: number;
  /** Log of the mass at `v`, of shape batchShape. @default 0 */
  logDensity?: TensorLike;
}

/** All mass at `v`. A draw carries the gradient of `v`. Source: pyro.distributions.Delta. */
export class Delta extends Distribution {
  readonly v: tf.Tensor;
  private readonly mass: tf.Tensor;

  constructor(v: TensorLike, options: DeltaOptions = {}, batchShape?: Shape) {
    rejectUnknownKeys('Delta', options, ['eventDim', 'logDensity']);
    const { eventDim = 0, logDensity = 0 } = options;
    const at = toTensor(v);
    const split = at.rank - eventDim;
    if (split < 0) {
      throw new ShapeError(
        `Delta: eventDim is ${eventDim}, but v has shape ${formatShape(at.shape)}. Give a smaller eventDim.`,
      );
    }
    const mass = toTensor(logDensity);
    const batch = broadcastShapes(at.shape.slice(0, split), mass.shape);
    if (!batch) {
      throw new ShapeError(
        `Delta: logDensity of shape ${formatShape(mass.shape)} does not fit v of shape ${formatShape(at.shape)} with eventDim ${eventDim}.`,
      );
    }
    super(batchShape ?? batch, at.shape.slice(split));
    this.v = at;
    this.mass = mass;
  }

  override get support(): Constraint {
    return independent(real, this.eventShape.length);
  }
  override get parameters() {
    return { v: this.v, logDensity: this.mass };
  }
  override get hasRsample(): boolean {
    return true;
  }

  protected logDensity(value: tf.Tensor): tf.Tensor {
    const inside = tf.log(tf.cast(equal(value, this.v), 'float32'));
    return sumRightmost(inside, this.eventShape.length).add(this.mass);
  }
  expand(batchShape: Shape): Delta {
    const options = { eventDim: this.eventShape.length, logDensity: this.mass };
    return new Delta(this.v, options, expandedShape(this, batchShape));
  }
  protected override drawRsample(_rng: RandomStream, sampleShape: Shape): tf.Tensor {
    return expandTo(this.v, this.shape(sampleShape));
  }
  override mean(): tf.Tensor {
    return expandTo(this.v, this.shape());
  }
  override variance(): tf.Tensor {
    return tf.zeros(this.shape());
  }
}

/**
 * All mass at `v`, whose `eventDim` rightmost dimensions make one value.
 * @example const scale = sample('scale', delta(param('scale_map', 1, { constraint: constraints.positive })));
 */
export const delta = (v: TensorLike, options: DeltaOptions = {}): Delta => new Delta(v, options);
