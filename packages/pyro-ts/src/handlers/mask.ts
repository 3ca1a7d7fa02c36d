/** `mask`: switches off the log-probabilities of some entries of the sites inside. */
import { type Mask, MaskHandler } from '../runtime/mask.js';
import { handlerFactory } from '../runtime/program.js';

/**
 * Log-probabilities inside count only where `mask` (bool, broadcast against the batch shapes) is true. Source: `pyro.poutine.mask`.
 * @example
 * const isKnown = tf.tensor1d([true, true, false], 'bool');
 * plate('data', 3, () => mask.with(isKnown, () => sample('y', normal(0, 1), { obs: [0.3, 1.2, 0] })));
 */
export const mask = handlerFactory((value: Mask) => new MaskHandler(value));
