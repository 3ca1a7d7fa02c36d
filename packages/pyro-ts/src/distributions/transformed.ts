/** The distribution of a transformed draw. */
import { type Shape, stopGradient } from '@pyro-ts/engine';
import { sameShape } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { PyroError } from '../errors.js';
import type { RandomStream } from '../random.js';
import { type Constraint, independent } from './constraints.js';
import { Distribution, expandedShape, sumRightmost } from './distribution.js';
import { ComposeTransform } from './transforms/compose.js';
import type { Transform } from './transforms/transform.js';

/** A draw with the values on the way to it, from the base's to the last, and the gradient tape that they are on. */
interface Draw {
  values: tf.Tensor[];
  tape: object | undefined;
}

/**
 * The distribution of `transforms[n-1](... transforms[0](x))` for x drawn from `base`. The event is as large as the base's and the transforms'
 * together ask for. Source: torch.distributions.TransformedDistribution.
 * @example new TransformedDistribution(normal(0, 1).expand([3]), [new StickBreakingTransform()]) // a logistic normal on 4 classes
 */
export class TransformedDistribution extends Distribution {
  readonly base: Distribution;
  private readonly whole: ComposeTransform;
  private lastDraw: Draw | undefined;

  constructor(
    base: Distribution,
    readonly transforms: readonly Transform[],
  ) {
    const through = transforms.find((t) => !t.isBijective);
    if (through) {
      throw new PyroError(
        `TransformedDistribution: ${through.name} is not one to one, so a density cannot pass it. Use a one-to-one transform, e.g. ` +
          'StickBreakingTransform in place of SoftmaxTransform.',
      );
    }
    const whole = new ComposeTransform(transforms);
    const shape = whole.forwardShape(base.shape());
    const before = whole.inverseShape(shape);
    const baseRank = Math.max(base.eventShape.length, whole.domain.eventDim);
    const split = shape.length - baseRank - whole.codomain.eventDim + whole.domain.eventDim;
    super(shape.slice(0, split), shape.slice(split));
    const grown = sameShape(before, base.shape())
      ? base
      : base.expand(before.slice(0, before.length - base.eventShape.length));
    this.base = grown.toEvent(baseRank - base.eventShape.length);
    this.whole = whole;
  }

  override get support(): Constraint {
    return independent(this.whole.codomain, this.eventShape.length - this.whole.codomain.eventDim);
  }
  override get parameters(): Record<string, tf.Tensor> {
    return this.base.parameters;
  }
  override get argConstraints(): Record<string, Constraint> {
    return this.base.argConstraints;
  }
  override get hasRsample(): boolean {
    return this.base.hasRsample;
  }

  protected logDensity(value: tf.Tensor): tf.Tensor {
    const values = this.valuesOnTheWay(value);
    let eventDim = this.base.eventShape.length;
    let result = this.base.logProb(values[0]);
    for (const [i, part] of this.whole.parts.entries()) {
      const jacobian = part.logAbsDetJacobian(values[i], values[i + 1]);
      const reduced = sumRightmost(jacobian, eventDim - part.domain.eventDim);
      result = result.sub(reduced);
      eventDim += part.codomain.eventDim - part.domain.eventDim;
    }
    return result;
  }

  /** The values between the base's draw and `value`. Those of a draw made on the same tape are kept: an inverse can be costly or inexact. */
  private valuesOnTheWay(value: tf.Tensor): tf.Tensor[] {
    const draw = this.lastDraw;
    const { parts } = this.whole;
    if (draw?.tape !== undefined && draw.tape === activeTape() && draw.values[parts.length] === value)
      return draw.values;
    const values = [value];
    for (const part of [...parts].reverse()) values.unshift(part.inverse(values[0]));
    return values;
  }

  expand(batchShape: Shape): TransformedDistribution {
    const shape = [...expandedShape(this, batchShape), ...this.eventShape];
    const before = this.whole.inverseShape(shape);
    const grown = this.base.expand(before.slice(0, before.length - this.base.eventShape.length));
    return new TransformedDistribution(grown, this.transforms);
  }
  protected override drawSample(rng: RandomStream, sampleShape: Shape): tf.Tensor {
    return stopGradient(this.whole.forward(this.base.sample(rng, sampleShape)));
  }
  protected override drawRsample(rng: RandomStream, sampleShape: Shape): tf.Tensor {
    const values = [this.base.rsample(rng, sampleShape)];
    for (const part of this.whole.parts) values.push(part.forward(values[values.length - 1]));
    this.lastDraw = { values, tape: activeTape() };
    return values[values.length - 1];
  }
}

/** The gradient tape that records now, as an identity. */
const activeTape = (): object | undefined => tf.engine().state.activeTape;
