/** Networks applied to several views of an image with the same weights. */
import { resample } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { turnedBack } from '../coordinates/turns.js';
import type { ClassifierNet, Encoded, EncoderNet } from './slots.js';

/** Maps images [B, size] to their views, [B * count, size], ordered by image. */
export interface Views {
  readonly count: number;
  /** Log prior probability that each view is upright, [count]. */
  readonly logPrior: readonly number[];
  of(x: tf.Tensor): tf.Tensor;
}

/** Views of images of `shape` [height, width], rotated back by each of `angles`, with a uniform prior by default. */
export function turnedViews(
  shape: readonly number[],
  channels: number,
  angles: readonly number[],
  logPrior: readonly number[] = angles.map(() => -Math.log(angles.length)),
): Views {
  const map = turnedBack(shape, channels, angles);
  return {
    count: angles.length,
    logPrior,
    of: (x) => tf.reshape(resample(x, map), [x.shape[0] * angles.length, map.from]),
  };
}

/**
 * The outputs of `net` for each view along a new axis: means and spreads [..., B, count, n] if those of `net` are
 * [..., B, n]. The class probabilities are averaged over the views: logits [..., B, K].
 */
export const encoderOfViews = (net: EncoderNet, views: Views): EncoderNet => ({
  parameters: net.parameters,
  apply(weights, [x, ...others]) {
    const [rows] = x.shape;
    const eachView = (part: tf.Tensor): tf.Tensor => {
      const [given, size] = part.shape.slice(-2);
      if (given === 1) return part;
      const lead = part.shape.slice(0, -2);
      const repeated = tf.stack(new Array<tf.Tensor>(views.count).fill(part), -2);
      return tf.reshape(repeated, [...lead, given * views.count, size]);
    };
    const apart = (t: tf.Tensor): tf.Tensor =>
      tf.reshape(t, [...t.shape.slice(0, -2), rows, views.count, t.shape[t.rank - 1]]);
    const { loc, scale, own, discrete } = net.apply(weights, [views.of(x), ...others.map(eachView)]);
    return {
      loc: apart(loc),
      scale: apart(scale),
      own: Object.fromEntries(Object.entries(own).map(([kind, numbers]) => [kind, apart(numbers)])),
      ...(discrete && { discrete: pooled(apart(discrete), views) }),
    };
  },
});

/** Combines the logits [..., count, K] of the views to those of the image, [..., K]. */
const pooled = (logits: tf.Tensor, { logPrior }: Views): tf.Tensor =>
  tf.logSumExp(tf.add(logits, tf.tensor2d([...logPrior], [logPrior.length, 1])), -2);

/**
 * Class logits combined over the views, weighted by their priors, so that the view that shows a class upright
 * determines it.
 */
export const classifierOfViews = (net: ClassifierNet, views: Views): ClassifierNet => ({
  parameters: net.parameters,
  apply(weights, x) {
    const logits = net.apply(weights, views.of(x));
    return pooled(tf.reshape(logits, [x.shape[0], views.count, logits.shape[1] as number]), views);
  },
});

/** The output of an encoder of views for the chosen view of each image. `mode` has one-hot rows [..., B, count]. */
export function inView({ loc, scale, own, discrete }: Encoded, mode: tf.Tensor): Encoded {
  const chosen = tf.expandDims(mode, -1);
  const pick = (t: tf.Tensor): tf.Tensor => tf.sum(tf.mul(t, chosen), -2);
  return {
    loc: pick(loc),
    scale: pick(scale),
    own: Object.fromEntries(Object.entries(own).map(([kind, numbers]) => [kind, pick(numbers)])),
    ...(discrete && { discrete }),
  };
}
