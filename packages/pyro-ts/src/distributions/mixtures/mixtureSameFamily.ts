/** A mixture whose components are of one family. */
import { logSumExp, type Shape, stopGradient } from '@pyro-ts/engine';
import { expandTo } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { formatShape, ShapeError } from '../../errors.js';
import type { RandomStream } from '../../random.js';
import type { Constraint } from '../constraints.js';
import type { Categorical } from '../discrete/categorical.js';
import { Distribution, expandedShape } from '../distribution.js';

/**
 * A draw of one of K components, the rightmost batch dimension of `component`, chosen by `mixing`; the choice is summed out of `logProb`.
 * Source: torch.distributions.MixtureSameFamily.
 */
export class MixtureSameFamily extends Distribution {
  readonly mixing: Categorical;
  readonly component: Distribution;

  constructor(mixing: Categorical, component: Distribution, batchShape?: Shape) {
    const k = component.batchShape[component.batchShape.length - 1];
    if (k !== mixing.numClasses) {
      throw new ShapeError(
        `MixtureSameFamily: the rightmost batch dimension of the component must hold the ${mixing.numClasses} classes of the mixing distribution; ` +
          `${component.name} has batchShape ${formatShape(component.batchShape)}.`,
      );
    }
    const batch = batchShape ?? component.batchShape.slice(0, -1);
    super(batch, component.eventShape);
    this.mixing = mixing.expand(batch);
    this.component = component.expand([...batch, k]);
  }

  override get support(): Constraint {
    return this.component.support;
  }
  override get parameters(): Record<string, tf.Tensor> {
    return { ...this.component.parameters, ...prefixed('mixing', this.mixing.parameters) };
  }
  override get argConstraints(): Record<string, Constraint> {
    return { ...this.component.argConstraints, ...prefixed('mixing', this.mixing.argConstraints) };
  }

  protected logDensity(value: tf.Tensor): tf.Tensor {
    const byComponent = this.component.logProb(value.expandDims(-1 - this.eventShape.length));
    return logSumExp(byComponent.add(this.mixing.logits), -1);
  }
  expand(batchShape: Shape): MixtureSameFamily {
    return new MixtureSameFamily(this.mixing, this.component, expandedShape(this, batchShape));
  }
  protected override drawSample(rng: RandomStream, sampleShape: Shape): tf.Tensor {
    return tf.tidy(() => {
      const choice = tf.cast(this.mixing.sample(rng, sampleShape), 'int32');
      const chosen = tf.cast(tf.oneHot(choice, this.mixing.numClasses), 'float32');
      const draws = stopGradient(this.component.sample(rng, sampleShape));
      return overComponents(draws.mul(this.alongComponents(chosen)), this.eventShape.length);
    });
  }
  override mean(): tf.Tensor {
    return this.weighted(this.component.mean());
  }
  override variance(): tf.Tensor {
    const away = this.component.mean().sub(this.mean().expandDims(-1 - this.eventShape.length));
    return this.weighted(this.component.variance().add(away.square()));
  }

  /** The mean over the components of `x` [batch, K, event]. */
  private weighted(x: tf.Tensor): tf.Tensor {
    const weights = this.alongComponents(this.mixing.probs);
    return expandTo(overComponents(x.mul(weights), this.eventShape.length), this.shape());
  }
  /** `x` [..., K] with a dimension of size 1 for each event dimension. */
  private alongComponents(x: tf.Tensor): tf.Tensor {
    return x.reshape([...x.shape, ...this.eventShape.map(() => 1)]);
  }
}

const overComponents = (x: tf.Tensor, eventRank: number): tf.Tensor => x.sum(-1 - eventRank);
const prefixed = <T>(prefix: string, entries: Record<string, T>): Record<string, T> =>
  Object.fromEntries(Object.entries(entries).map(([key, value]) => [`${prefix}.${key}`, value]));

/**
 * A mixture of the components in the rightmost batch dimension of `component`.
 * @example mixtureSameFamily(categorical([0.3, 0.7]), normal([-1, 2], [1, 0.5])).logProb(tf.scalar(0));
 */
export const mixtureSameFamily = (mixing: Categorical, component: Distribution): MixtureSameFamily =>
  new MixtureSameFamily(mixing, component);
