/** `mask`: switches off the log-probabilities of some entries of the sites inside. */
import { broadcastShapes, expandTo } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { formatShape, ShapeError } from '../errors.js';
import type { Message } from '../runtime/messages.js';
import { handlerFactory } from '../runtime/program.js';
import { Handler } from '../runtime/stack.js';

export type Mask = tf.Tensor | boolean;

/** Both masks at once. */
export function combineMasks(a: Mask | undefined, b: Mask): Mask {
  if (a === undefined || a === true) return b;
  if (b === true) return a;
  if (a === false || b === false) return false;
  const shape = broadcastShapes(a.shape, b.shape);
  if (!shape)
    throw new ShapeError(
      `masks of shapes ${formatShape(a.shape)} and ${formatShape(b.shape)} do not broadcast together.`,
    );
  return tf.logicalAnd(expandTo(tf.cast(a, 'bool'), shape), expandTo(tf.cast(b, 'bool'), shape));
}

/** Combines its mask with that of every site. */
export class MaskHandler extends Handler {
  constructor(readonly value: Mask) {
    super();
  }

  override process(message: Message): void {
    message.mask = combineMasks(message.mask, this.value);
  }
}

/**
 * Log-probabilities inside count only where `mask` (bool, broadcast against the batch shapes) is true. Source: `pyro.poutine.mask`.
 * @example
 * const isKnown = tf.tensor1d([true, true, false], 'bool');
 * plate('data', 3, () => mask.with(isKnown, () => sample('y', normal(0, 1), { obs: [0.3, 1.2, 0] })));
 */
export const mask = handlerFactory((value: Mask) => new MaskHandler(value));
