/** Probabilities as logits and back, with the edges 0 and 1 kept finite as torch keeps them in float64. */
import { customGrad, readBroadcast, type Shape } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import { OptionError, refuseUnknownKeys } from '../errors.js';
import { type TensorLike, toTensor } from './distribution.js';

/** Probabilities are taken to lie in [EPS, 1 - EPS]: float64's epsilon, as in torch.distributions.utils.clamp_probs. */
const EPS = 2 ** -52;

/** Either probabilities or logits (for a Bernoulli the log odds, for a categorical unnormalised log-probabilities). */
export interface ProbsOrLogits {
  probs?: TensorLike;
  logits?: TensorLike;
}

/** Whether `x` is an options object rather than a number, (nested) numbers or a tensor. */
export const isOptions = <T extends object>(x: TensorLike | T): x is T =>
  typeof x === 'object' && !(x instanceof tf.Tensor) && !Array.isArray(x) && !ArrayBuffer.isView(x);

/** The one parameter that was given, as a tensor; refuses both, neither and unknown keys. */
export function oneOf<A extends string>(
  family: string,
  options: object,
  names: readonly A[],
  others: readonly string[] = [],
): { name: A; value: tf.Tensor } {
  refuseUnknownKeys(family, options, [...names, ...others]);
  const given = options as Partial<Record<A, TensorLike>>;
  const present = names.filter((name) => given[name] !== undefined);
  if (present.length !== 1) {
    const found = present.length === 0 ? 'none' : present.join(' and ');
    throw new OptionError(`${family}: give exactly one of ${names.join(', ')}; found ${found}.`);
  }
  return { name: present[0], value: toTensor(given[present[0]] as TensorLike) };
}

/** log(p / (1 - p)), within what EPS allows; no gradient at the edges. */
export function logitOf(probs: tf.Tensor): tf.Tensor {
  return customGrad([probs], (p) => {
    const q = tf.sub(1, p);
    return {
      value: tf.sub(tf.log(tf.maximum(p, EPS)), tf.log(tf.maximum(q, EPS))),
      saved: [p],
      grad: (dy, [x]) => {
        const slope = tf.mul(x, tf.sub(1, x));
        const inside = tf.greater(slope, EPS);
        return [tf.where(inside, tf.div(dy, tf.where(inside, slope, tf.onesLike(slope))), tf.zerosLike(dy))];
      },
    };
  });
}

/** log of probabilities over the last dimension, which need not add to one; within what EPS allows, with no gradient at the edges. */
export function logProbsOf(probs: tf.Tensor): tf.Tensor {
  const p = probs.div(probs.sum(-1, true));
  return customGrad([p], (x) => ({
    value: tf.log(tf.maximum(x, EPS)),
    saved: [x],
    grad: (dy, [kept]) => {
      // What the classes other than a certain one hold: float32 rounds 1 - 1e-9 to 1, which is no edge yet.
      const others = tf.sum(tf.where(tf.less(kept, 1), kept, tf.zerosLike(kept)), -1, true);
      const belowOne = tf.logicalOr(tf.less(kept, 1), tf.greater(others, EPS));
      const inside = tf.logicalAnd(tf.greater(kept, EPS), belowOne);
      return [tf.where(inside, tf.div(dy, tf.maximum(kept, EPS)), tf.zerosLike(dy))];
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
