/** `deterministic` and `factor`: a named value in the trace, and a term of the log-probability. */
import * as tf from '@tensorflow/tfjs';
import { Delta } from '../distributions/delta.js';
import { type TensorLike, toTensor } from '../distributions/distribution.js';
import { Unit } from '../distributions/unit.js';
import { rejectUnknownKeys } from '../errors.js';
import { sendSample } from './sampleMessage.js';

/**
 * Records `value` under `name` and returns it. Source: `pyro.deterministic`.
 * @example
 * const [a, b] = [sample('a', halfNormal(1)), sample('b', halfNormal(1))];
 * const ratio = deterministic('ratio', a.div(b));
 * @param eventDim number of rightmost dimensions that belong to one value; all of them by default
 */
export function deterministic(name: string, value: TensorLike, eventDim?: number): tf.Tensor {
  const tensor = toTensor(value);
  const fn = new Delta(tensor, { eventDim: eventDim ?? tensor.rank }).mask(false);
  return sendSample(name, fn, tensor, { isDeterministic: true });
}

export interface FactorOptions {
  /** In a guide: whether the factor comes from reparameterised draws (a pathwise gradient), or not (a score function). */
  hasRsample?: boolean;
}

/**
 * Adds `logFactor` (batch shaped) to the log-probability of the program. In a guide it is part of log q, say for draws that were made by hand, and
 * `hasRsample` must say how they were made. Source: `pyro.factor`.
 * @example factor('prefer small', sample('w', normal(0, 1)).square().neg());
 */
export function factor(name: string, logFactor: TensorLike, options: FactorOptions = {}): void {
  rejectUnknownKeys('factor', options, ['hasRsample']);
  const { hasRsample } = options;
  const fn = new Unit(toTensor(logFactor), hasRsample);
  sendSample(name, fn, tf.zeros(fn.shape()), hasRsample === undefined ? {} : { isAuxiliary: true });
}
