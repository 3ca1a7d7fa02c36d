/** Two distributions side by side, of which a mask says which one holds where. */
import { type Shape, select } from '@pyro-ts/engine';
import { broadcastShapes, expandTo } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { formatShape, ShapeError } from '../../errors.js';
import type { RandomStream } from '../../random.js';
import type { Constraint } from '../constraints.js';
import { Distribution, expandedShape } from '../distribution.js';

/** `component1` where `choice` (bool, broadcast against both batch shapes) is true, else `component0`. Source: pyro.distributions.MaskedMixture. */
export class MaskedMixture extends Distribution {
  readonly component0: Distribution;
  readonly component1: Distribution;

  constructor(
    readonly choice: tf.Tensor,
    component0: Distribution,
    component1: Distribution,
    batchShape?: Shape,
  ) {
    const joint = broadcastShapes(choice.shape, component0.batchShape, component1.batchShape);
    if (!joint || formatShape(component0.eventShape) !== formatShape(component1.eventShape)) {
      const shown = (d: Distribution) =>
        `${d.name} ${formatShape(d.batchShape)} with events ${formatShape(d.eventShape)}`;
      throw new ShapeError(
        `MaskedMixture: the batch shapes must broadcast with the mask ${formatShape(choice.shape)} and the event shapes agree; the components are ` +
          `${shown(component0)} and ${shown(component1)}.`,
      );
    }
    const batch = batchShape ?? joint;
    super(batch, component0.eventShape);
    this.component0 = component0.expand(batch);
    this.component1 = component1.expand(batch);
  }

  override get support(): Constraint {
    const [s0, s1] = [this.component0.support, this.component1.support];
    return {
      kind: 'maskedMixture',
      name: `${s1.name} where the mask is true, ${s0.name} elsewhere`,
      eventDim: s0.eventDim,
      isDiscrete: s0.isDiscrete || s1.isDiscrete,
      // Spelled out, since a choice between bools reads past its memory on the wasm engine.
      check: (x) =>
        tf.tidy(() => {
          const is1 = tf.logicalAnd(this.choice, s1.check(x));
          return tf.logicalOr(is1, tf.logicalAnd(tf.logicalNot(this.choice), s0.check(x)));
        }),
    };
  }
  override get parameters(): Record<string, tf.Tensor> {
    return { ...numbered(0, this.component0.parameters), ...numbered(1, this.component1.parameters) };
  }
  override get argConstraints(): Record<string, Constraint> {
    return { ...numbered(0, this.component0.argConstraints), ...numbered(1, this.component1.argConstraints) };
  }
  override get hasRsample(): boolean {
    return this.component0.hasRsample && this.component1.hasRsample;
  }

  protected logDensity(value: tf.Tensor): tf.Tensor {
    return select(this.choice, this.component1.logProb(value), this.component0.logProb(value));
  }
  expand(batchShape: Shape): MaskedMixture {
    return new MaskedMixture(this.choice, this.component0, this.component1, expandedShape(this, batchShape));
  }
  protected override drawSample(rng: RandomStream, sampleShape: Shape): tf.Tensor {
    return this.choose(this.component1.sample(rng, sampleShape), this.component0.sample(rng, sampleShape));
  }
  protected override drawRsample(rng: RandomStream, sampleShape: Shape): tf.Tensor {
    return this.choose(this.component1.rsample(rng, sampleShape), this.component0.rsample(rng, sampleShape));
  }
  override mean(): tf.Tensor {
    return this.choose(this.component1.mean(), this.component0.mean());
  }
  override variance(): tf.Tensor {
    return this.choose(this.component1.variance(), this.component0.variance());
  }

  /** Of two tensors of shape [..., batch, event], the entries that the mask asks for. */
  private choose(where: tf.Tensor, elsewhere: tf.Tensor): tf.Tensor {
    const mask = this.choice.reshape([...this.choice.shape, ...this.eventShape.map(() => 1)]);
    return expandTo(select(mask, where, elsewhere), where.shape);
  }
}

const numbered = <T>(i: number, entries: Record<string, T>): Record<string, T> =>
  Object.fromEntries(Object.entries(entries).map(([key, value]) => [`component${i}.${key}`, value]));

/**
 * `component1` where `choice` is true, else `component0`.
 * @example maskedMixture(tf.tensor1d([true, false], 'bool'), normal(0, 1), normal(5, 1)).mean(); // [5, 0]
 */
export const maskedMixture = (choice: tf.Tensor, component0: Distribution, component1: Distribution): MaskedMixture =>
  new MaskedMixture(choice, component0, component1);
