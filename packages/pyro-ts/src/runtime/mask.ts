/** Masks of sites, and the handler that adds one to every site inside. */
import { broadcastShapes, expandTo } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { formatShape, ShapeError } from '../errors.js';
import type { Message } from './messages.js';
import { Handler } from './stack.js';

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
