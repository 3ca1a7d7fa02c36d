/** Probabilities as logits and back, with the edges 0 and 1 kept finite. */
import { customGrad, type Shape } from '@pyro-ts/engine';
import { readBroadcast } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { OptionError, rejectUnknownKeys } from '../errors.js';
import { type TensorLike, toTensor } from './distribution.js';

/**
 * The logarithm of a probability of 0 is that of the smallest number that every engine keeps, about -87.3: finite, so that 0 times it is 0, and
 * below that of any other probability.
 */
export const LEAST = 2 ** -126;
/** The largest float32 below 1. */
const BELOW_ONE = 1 - 2 ** -24;

/** Either probabilities or logits (for a Bernoulli the log odds, for a categorical unnormalised log-probabilities). */
export interface ProbsOrLogits {
  probs?: TensorLike;
  logits?: TensorLike;
}

/** Whether `x` is an options object rather than a number, (nested) numbers or a tensor. */
export const isOptions = <T extends object>(x: TensorLike | T): x is T =>
  typeof x === 'object' && !(x instanceof tf.Tensor) && !Array.isArray(x) && !ArrayBuffer.isView(x);

/** The one parameter that was given, as a tensor; rejects both, neither and unknown keys. */
export function oneOf<A extends string>(
  family: string,
  options: object,
  names: readonly A[],
  others: readonly string[] = [],
): { name: A; value: tf.Tensor } {
  rejectUnknownKeys(family, options, [...names, ...others]);
  const given = options as Partial<Record<A, TensorLike>>;
  const present = names.filter((name) => given[name] !== undefined);
  if (present.length !== 1) {
    const found = present.length === 0 ? 'none' : present.join(' and ');
    throw new OptionError(`${family}: give exactly one of ${names.join(', ')}; found ${found}.`);
  }
  return { name: present[0], value: toTensor(given[present[0]] as TensorLike) };
}

/** log(p / (1 - p)); no gradient at the edges. */
export function logitOf(probs: tf.Tensor): tf.Tensor {
  return customGrad([probs], (p) => {
    // log1p keeps what float32 rounds away from 1 - p.
    const logQ = tf.where(tf.less(p, 1), tf.log1p(tf.neg(tf.minimum(p, BELOW_ONE))), tf.fill(p.shape, Math.log(LEAST)));
    return {
      value: tf.sub(tf.log(tf.maximum(p, LEAST)), logQ),
      saved: [p],
      grad: (dy, [x]) => {
        const slope = tf.mul(x, tf.sub(1, x));
        const inside = tf.greater(slope, LEAST);
        return [tf.where(inside, tf.div(dy, tf.where(inside, slope, tf.onesLike(slope))), tf.zerosLike(dy))];
      },
    };
  });
}

/** log of probabilities over the last dimension, which need not add to one; no gradient at the edges. */
export function logProbsOf(probs: tf.Tensor): tf.Tensor {
  const p = probs.div(probs.sum(-1, true));
  return customGrad([p], (x) => ({
    value: tf.log(tf.maximum(x, LEAST)),
    saved: [x],
    grad: (dy, [kept]) => {
      // What the classes other than a certain one hold: float32 rounds 1 - 1e-9 to 1, which is no edge yet.
      const others = tf.sum(tf.where(tf.less(kept, 1), kept, tf.zerosLike(kept)), -1, true);
      const belowOne = tf.logicalOr(tf.less(kept, 1), tf.greater(others, 0));
      const inside = tf.logicalAnd(tf.greater(kept, LEAST), belowOne);
      return [tf.where(inside, tf.div(dy, tf.maximum(kept, LEAST)), tf.zerosLike(dy))];
    },
  }));
}

/** The probabilities of a distribution, broadcast to `shape`, on the host. */
export function readProbs(distribution: { readonly probs: tf.Tensor }, shape: Shape): tf.TypedArray {
  // The array is read outside: tidy looks through each entry of what it returns.
  const probs = tf.tidy(() => distribution.probs);
  const values = readBroadcast(probs, shape);
  probs.dispose();
  return values;
}
