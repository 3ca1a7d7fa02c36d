/** Transforms made of transforms. */
import type { Shape } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import { type Constraint, independent } from '../constraints.js';
import { sumRightmost } from '../distribution.js';
import { IdentityTransform, Transform } from './transform.js';

/**
 * The `parts` one after the other, the first first; none is the identity. Source: torch ComposeTransform.
 * @example new ComposeTransform([new ExpTransform(), new AffineTransform(1, 2)]).forward(tf.scalar(0)) // 3
 */
export class ComposeTransform extends Transform {
  readonly domain: Constraint;
  readonly codomain: Constraint;

  readonly parts: readonly Transform[];

  constructor(given: readonly Transform[]) {
    super();
    const parts = given.length > 0 ? given : [new IdentityTransform()];
    this.parts = parts;
    const first = parts[0];
    const last = parts[parts.length - 1];
    let before = last.codomain.eventDim;
    for (const part of [...parts].reverse()) {
      before = Math.max(before + part.domain.eventDim - part.codomain.eventDim, part.domain.eventDim);
    }
    let after = first.domain.eventDim;
    for (const part of parts) {
      after = Math.max(after + part.codomain.eventDim - part.domain.eventDim, part.codomain.eventDim);
    }
    this.domain = independent(first.domain, before - first.domain.eventDim);
    this.codomain = independent(last.codomain, after - last.codomain.eventDim);
  }

  override get isBijective(): boolean {
    return this.parts.every((part) => part.isBijective);
  }
  override get name(): string {
    return this.parts.map((part) => part.name).join(' then ');
  }
  forward(x: tf.Tensor): tf.Tensor {
    return this.parts.reduce((value, part) => part.forward(value), x);
  }
  inverse(y: tf.Tensor): tf.Tensor {
    return this.parts.reduceRight((value, part) => part.inverse(value), y);
  }
  override logAbsDetJacobian(x: tf.Tensor, y: tf.Tensor): tf.Tensor {
    let eventDim = this.domain.eventDim;
    let before = x;
    const terms = this.parts.map((part, i) => {
      const after = i === this.parts.length - 1 ? y : part.forward(before);
      const term = sumRightmost(part.logAbsDetJacobian(before, after), eventDim - part.domain.eventDim);
      eventDim += part.codomain.eventDim - part.domain.eventDim;
      before = after;
      return term;
    });
    return terms.reduce((sum, term) => tf.add(sum, term));
  }
  override forwardShape(shape: Shape): number[] {
    return this.parts.reduce((s, part) => part.forwardShape(s), [...shape]);
  }
  override inverseShape(shape: Shape): number[] {
    return this.parts.reduceRight((s, part) => part.inverseShape(s), [...shape]);
  }
}

/**
 * `parts` as one transform; a single one stays as it is.
 * @example compose(new ExpTransform(), new AffineTransform(1, 2)).forward(tf.scalar(0)) // 3
 */
export const compose = (...parts: Transform[]): Transform =>
  parts.length === 1 ? parts[0] : new ComposeTransform(parts);

/**
 * `base` with `n` more rightmost dimensions taken as one value, whose Jacobian terms are added. Source: torch IndependentTransform.
 * @example new IndependentTransform(new ExpTransform(), 1).logAbsDetJacobian(tf.tensor1d([1, 2]), tf.exp([1, 2])) // 3
 */
export class IndependentTransform extends Transform {
  readonly domain: Constraint;
  readonly codomain: Constraint;
  constructor(
    readonly base: Transform,
    readonly n: number,
  ) {
    super();
    this.domain = independent(base.domain, n);
    this.codomain = independent(base.codomain, n);
  }
  override get isBijective(): boolean {
    return this.base.isBijective;
  }
  override get name(): string {
    return this.base.name;
  }
  forward(x: tf.Tensor): tf.Tensor {
    return this.base.forward(x);
  }
  inverse(y: tf.Tensor): tf.Tensor {
    return this.base.inverse(y);
  }
  override logAbsDetJacobian(x: tf.Tensor, y: tf.Tensor): tf.Tensor {
    return sumRightmost(this.base.logAbsDetJacobian(x, y), this.n);
  }
  override forwardShape(shape: Shape): number[] {
    return this.base.forwardShape(shape);
  }
  override inverseShape(shape: Shape): number[] {
    return this.base.inverseShape(shape);
  }
}
