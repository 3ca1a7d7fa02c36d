/** `scan`: a chain of any length as one sample site. */
import type * as tf from '@tensorflow/tfjs';
import type { Distribution, TensorLike } from '../distributions/distribution.js';
import { Chain } from '../distributions/hmm/chain.js';
import { OptionError, rejectUnknownKeys } from '../errors.js';
import { sample } from './sample.js';

export interface ScanOptions<Carry> {
  /** The number of steps, 1 or more. */
  length: number;
  /** What the first step gets. */
  init: Carry;
  /** What the next step gets, from what this one got and its value. */
  next: (carry: Carry, value: tf.Tensor, t: number) => Carry;
  /** The observed sequence [..., length, ...event]. */
  obs?: TensorLike;
}

/**
 * A sequence whose steps depend on what came before, as one site: handlers, autoguides and the ELBO see one value [..., length, ...event], however
 * long the chain is, and its log-probability is the sum over the steps. `step` gives the distribution of step t (from 0); it computes, and holds no
 * sites. Steps that are to be enumerated are sites of their own: use `markov`, or `discreteHMM`.
 * @throws {OptionError} when length is no positive integer
 * @throws {ShapeError} when a step has another event shape than the first
 * @see `numpyro.contrib.control_flow.scan`, whose body may hold several sites; here each chain has one
 * @example
 * // AR(1): x_t is normal around 0.9 x_{t-1}.
 * const x = scan('x', (previous: tf.Tensor) => normal(previous.mul(0.9), 0.5), {
 *   length: 100,
 *   init: tf.scalar(0),
 *   next: (_, value) => value,
 * });
 */
export function scan<Carry>(
  name: string,
  step: (carry: Carry, t: number) => Distribution,
  options: ScanOptions<Carry>,
): tf.Tensor {
  rejectUnknownKeys(`scan of site "${name}"`, options, ['length', 'init', 'next', 'obs']);
  const { length, init, next, obs } = options;
  if (!(Number.isInteger(length) && length >= 1))
    throw new OptionError(`scan: length of site "${name}" must be an integer of 1 or more; got ${length}.`, name);
  return sample(name, new Chain({ length, init, step, next }), obs === undefined ? {} : { obs });
}
