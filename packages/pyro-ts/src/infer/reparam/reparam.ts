/** What reparameterisations share. */
import type { Shape } from '@pyro-ts/engine';
import type * as tf from '@tensorflow/tfjs';
import { type Distribution, Independent, MaskedDistribution } from '../../distributions/distribution.js';
import { draw, sampleMessage } from '../../primitives/sampleMessage.js';
import { apply } from '../../runtime/stack.js';

/** A distribution without its wrappers: their effect is put back by `wrapped`. */
export interface Bare {
  readonly fn: Distribution;
  readonly batchShape: Shape;
  readonly eventDim: number;
  readonly mask: tf.Tensor | boolean;
}

export function bare(fn: Distribution): Bare {
  if (fn instanceof MaskedDistribution) return { ...bare(fn.base), mask: fn.maskValue };
  const base = fn instanceof Independent ? fn.base : fn;
  return { fn: base, batchShape: base.batchShape, eventDim: fn.eventShape.length, mask: true };
}

/** `fn` with the batch shape, event dimensions and mask that the site's distribution had. */
export function wrapped(fn: Distribution, { batchShape, eventDim, mask }: Bare): Distribution {
  const whole = fn.expand(batchShape);
  const event = whole.toEvent(eventDim - whole.eventShape.length);
  return mask === true ? event : event.mask(mask);
}

/** Sends an auxiliary latent site through all handlers; its value may be known. */
export const auxiliary = (name: string, fn: Distribution, value: tf.Tensor | undefined): tf.Tensor =>
  apply({ ...sampleMessage(name, fn, undefined, {}), value }, draw).value as tf.Tensor;
