/** What a transform of values is: a differentiable map with its inverse and the log determinant of its Jacobian. */
import type { Shape } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import { PyroError } from '../../errors.js';
import { type Constraint, real } from '../constraints.js';

/**
 * A map from `domain` to `codomain`. The event dimensions of the two constraints say which rightmost dimensions make one value.
 * Source: torch.distributions.transforms.Transform.
 */
export abstract class Transform {
  abstract readonly domain: Constraint;
  abstract readonly codomain: Constraint;

  /** Whether the map is one to one, so that it may transform a density. */
  get isBijective(): boolean {
    return true;
  }
  get name(): string {
    return this.constructor.name;
  }

  abstract forward(x: tf.Tensor): tf.Tensor;
  /** The x that `forward` sends to `y`; where several do, one of them. */
  abstract inverse(y: tf.Tensor): tf.Tensor;
  /** log |det dy/dx| at `x` and `y = forward(x)`; the shape of x without the event dimensions of the domain. */
  logAbsDetJacobian(_x: tf.Tensor, _y: tf.Tensor): tf.Tensor {
    throw new PyroError(
      `${this.name} is not one to one, so it has no Jacobian determinant. Use bijectTo(constraint) for one that has.`,
    );
  }

  /** Shape of `forward(x)` for x of this shape. */
  forwardShape(shape: Shape): number[] {
    return [...shape];
  }
  /** Shape of `inverse(y)` for y of this shape. */
  inverseShape(shape: Shape): number[] {
    return [...shape];
  }

  /** The map the other way round. */
  get inv(): Transform {
    return new InverseTransform(this);
  }
}

/**
 * A transform run backwards.
 * @example new ExpTransform().inv.forward(tf.scalar(1)) // 0
 */
export class InverseTransform extends Transform {
  constructor(readonly base: Transform) {
    super();
  }
  get domain(): Constraint {
    return this.base.codomain;
  }
  get codomain(): Constraint {
    return this.base.domain;
  }
  override get isBijective(): boolean {
    return this.base.isBijective;
  }
  override get name(): string {
    return `${this.base.name}.inv`;
  }
  override get inv(): Transform {
    return this.base;
  }
  forward(x: tf.Tensor): tf.Tensor {
    return this.base.inverse(x);
  }
  inverse(y: tf.Tensor): tf.Tensor {
    return this.base.forward(y);
  }
  override logAbsDetJacobian(x: tf.Tensor, y: tf.Tensor): tf.Tensor {
    return this.base.logAbsDetJacobian(y, x).neg();
  }
  override forwardShape(shape: Shape): number[] {
    return this.base.inverseShape(shape);
  }
  override inverseShape(shape: Shape): number[] {
    return this.base.forwardShape(shape);
  }
}

/**
 * y = x.
 * @example transformTo(constraints.real).forward(tf.scalar(3)) // 3
 */
export class IdentityTransform extends Transform {
  readonly codomain: Constraint;
  constructor(readonly domain: Constraint = real) {
    super();
    this.codomain = domain;
  }
  forward(x: tf.Tensor): tf.Tensor {
    return x.clone();
  }
  inverse(y: tf.Tensor): tf.Tensor {
    return y.clone();
  }
  override logAbsDetJacobian(x: tf.Tensor): tf.Tensor {
    return tf.zeros(x.shape.slice(0, x.rank - this.domain.eventDim));
  }
}
