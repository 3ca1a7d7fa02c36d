/** The distribution of a whole sequence whose steps depend on what came before, computed step by step. */
import { broadcastShapes, expandTo } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { ShapeError } from '../../errors.js';
import type { RandomStream } from '../../random.js';
import { type Constraint, independent } from '../constraints.js';
import { Distribution } from '../distribution.js';

/** How a sequence goes on: the distribution of step `t` given what is carried, and what is carried on. */
export interface ChainSteps<Carry> {
  readonly length: number;
  readonly init: Carry;
  step(carry: Carry, t: number): Distribution;
  next(carry: Carry, value: tf.Tensor, t: number): Carry;
}

/** Sequences [batch, T, event] of a chain. Every step has the event shape and the support of the first. */
export class Chain<Carry> extends Distribution {
  readonly first: Distribution;

  constructor(
    readonly steps: ChainSteps<Carry>,
    batchShape?: readonly number[],
  ) {
    const first = steps.step(steps.init, 0);
    super(batchShape ?? first.batchShape, [steps.length, ...first.eventShape]);
    this.first = first;
  }

  override get name(): string {
    return `chain of ${this.first.name}`;
  }
  override get support(): Constraint {
    return independent(this.first.support, 1);
  }
  override get hasRsample(): boolean {
    return this.first.hasRsample;
  }

  override validateParameters(site?: string, mask?: tf.Tensor | boolean): void {
    this.first.validateParameters(site, mask);
  }

  protected logDensity(value: tf.Tensor): tf.Tensor {
    const values = tf.unstack(value, value.rank - this.eventShape.length);
    let { init: carry } = this.steps;
    const terms = values.map((x, t) => {
      const term = this.stepAt(carry, t).logProb(x);
      carry = this.steps.next(carry, x, t);
      return term;
    });
    const shape = broadcastShapes(...terms.map((term) => term.shape)) ?? [];
    return tf.sum(tf.stack(terms.map((term) => expandTo(term, shape))), 0);
  }

  expand(batchShape: readonly number[]): Chain<Carry> {
    return new Chain(this.steps, batchShape);
  }

  protected override drawSample(rng: RandomStream, sampleShape: readonly number[]): tf.Tensor {
    return this.draws(sampleShape, (fn) => fn.sample(rng));
  }
  protected override drawRsample(rng: RandomStream, sampleShape: readonly number[]): tf.Tensor {
    return this.hasRsample ? this.draws(sampleShape, (fn) => fn.rsample(rng)) : super.drawRsample(rng, sampleShape);
  }

  private draws(sampleShape: readonly number[], draw: (fn: Distribution) => tf.Tensor): tf.Tensor {
    const shape = [...sampleShape, ...this.batchShape];
    let { init: carry } = this.steps;
    const values = Array.from({ length: this.steps.length }, (_, t) => {
      const x = draw(this.stepAt(carry, t).expand(shape));
      carry = this.steps.next(carry, x, t);
      return x;
    });
    return tf.stack(values, shape.length);
  }

  private stepAt(carry: Carry, t: number): Distribution {
    const fn = this.steps.step(carry, t);
    const [, ...event] = this.eventShape;
    if (fn.eventShape.length === event.length && fn.eventShape.every((n, i) => n === event[i])) return fn;
    throw new ShapeError(
      `scan: step ${t} has eventShape [${fn.eventShape}], and the first one [${event}]. All steps have one event shape; take dimensions into ` +
        'the event with toEvent(n).',
    );
  }
}
