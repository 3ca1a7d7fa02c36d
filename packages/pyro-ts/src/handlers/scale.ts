/** `scale`: weighs the log-probabilities of the sites inside. */
import * as tf from '@tensorflow/tfjs';
import { OptionError } from '../errors.js';
import type { Message } from '../runtime/messages.js';
import { handlerFactory } from '../runtime/program.js';
import { Handler } from '../runtime/stack.js';

/** Multiplies the scale of every site. A factor of 0 is legal here (a KL warm-up starts there), unlike in Pyro. */
export class ScaleHandler extends Handler {
  constructor(readonly factor: number | tf.Tensor) {
    super();
    if (typeof factor === 'number' && !(factor >= 0 && Number.isFinite(factor))) {
      throw new OptionError(`scale: the factor must be a finite number of at least 0, not ${factor}.`);
    }
  }

  override process(message: Message): void {
    message.scale =
      typeof message.scale === 'number' && typeof this.factor === 'number'
        ? message.scale * this.factor
        : tf.mul(message.scale, this.factor);
  }
}

/**
 * Multiplies all log-probabilities inside by `factor` (a number, or a tensor that broadcasts against the batch shapes). Source: `pyro.poutine.scale`.
 * @example scale.with(0.5, () => sample('z', normal(0, 1)));
 */
export const scale = handlerFactory((factor: number | tf.Tensor) => new ScaleHandler(factor));
