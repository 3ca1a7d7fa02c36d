/** A distribution of numbers with additional zeros. */
import { logSumExp, type Shape, select } from '@pyro-ts/engine';
import { broadcastShapes, expandTo, hostMap } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { formatShape, ShapeError } from '../../errors.js';
import type { RandomStream } from '../../random.js';
import { type Constraint, probability, real } from '../constraints.js';
import { Distribution, expandedShape, type TensorLike } from '../distribution.js';
import { logitOf, oneOf } from '../probs.js';

/** The probability of an additional zero. */
export interface GateOptions {
  gate?: TensorLike;
  gateLogits?: TensorLike;
}

/** 0 with probability `gate`, else a draw of `base` (which may be 0 too). Source: pyro.distributions.ZeroInflatedDistribution. */
export class ZeroInflated extends Distribution {
  readonly gateLogits: tf.Tensor;
  readonly base: Distribution;
  private readonly given: { name: keyof GateOptions; value: tf.Tensor };

  constructor(base: Distribution, options: GateOptions, batchShape?: Shape) {
    const given = oneOf('ZeroInflated', options, ['gate', 'gateLogits'] satisfies (keyof GateOptions)[]);
    const joint = broadcastShapes(base.batchShape, given.value.shape);
    if (!joint || base.eventShape.length > 0) {
      throw new ShapeError(
        `ZeroInflated: the base must be a distribution of numbers whose batchShape broadcasts against ${given.name}; ${base.name} has batchShape ` +
          `${formatShape(base.batchShape)} and eventShape ${formatShape(base.eventShape)}, ${given.name} is ${formatShape(given.value.shape)}.`,
      );
    }
    const batch = batchShape ?? joint;
    super(batch, []);
    this.given = given;
    this.gateLogits = given.name === 'gateLogits' ? given.value : logitOf(given.value);
    this.base = base.expand(batch);
  }

  override get support(): Constraint {
    return this.base.support;
  }
  override get parameters(): Record<string, tf.Tensor> {
    return { ...this.base.parameters, [this.given.name]: this.given.value };
  }
  override get argConstraints(): Record<string, Constraint> {
    return { ...this.base.argConstraints, gate: probability, gateLogits: real };
  }
  override get hasEnumerateSupport(): boolean {
    return this.base.hasEnumerateSupport;
  }

  protected logDensity(value: tf.Tensor): tf.Tensor {
    const ofBase = this.base.logProb(value);
    const open = tf.softplus(this.gateLogits).neg();
    const gated = tf.softplus(this.gateLogits.neg()).neg();
    const isZero = tf.equal(expandTo(value, ofBase.shape), 0);
    const elsewhere = ofBase.add(open);
    return select(isZero, logAddExp(expandTo(gated, elsewhere.shape), elsewhere), elsewhere);
  }
  expand(batchShape: Shape): ZeroInflated {
    return new ZeroInflated(this.base, { [this.given.name]: this.given.value }, expandedShape(this, batchShape));
  }
  protected override drawSample(rng: RandomStream, sampleShape: Shape): tf.Tensor {
    const shape = this.shape(sampleShape);
    const closed = hostMap([this.gateLogits], (l) => (rng.next() < 1 / (1 + Math.exp(-l)) ? 0 : 1), shape);
    return this.base.sample(rng, sampleShape).mul(closed);
  }
  override enumerateSupport(expand = true): tf.Tensor {
    return this.base.enumerateSupport(expand);
  }
  override mean(): tf.Tensor {
    return this.base.mean().mul(tf.sigmoid(this.gateLogits.neg()));
  }
  override variance(): tf.Tensor {
    const mean = this.base.mean();
    const gate = tf.sigmoid(this.gateLogits);
    return this.base.variance().add(mean.square().mul(gate)).mul(tf.sub(1, gate));
  }
}

/** log(exp(a) + exp(b)) for tensors of one shape, not both minus infinity. */
function logAddExp(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  return logSumExp(tf.stack([a, b], -1), -1);
}

/**
 * `base` with additional zeros of probability `gate`, or of `{ gateLogits }`.
 * @example zeroInflated(poisson(3), { gate: 0.2 }).mean(); // 0.8 * 3
 */
export const zeroInflated = (base: Distribution, options: GateOptions): ZeroInflated => new ZeroInflated(base, options);
