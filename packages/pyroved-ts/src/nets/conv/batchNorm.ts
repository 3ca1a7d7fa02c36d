/** Batch normalisation: by the mean and variance of the batch during training, by their running averages otherwise. */
import * as tf from '@tensorflow/tfjs';
import type { Specs, Weights } from '../layers.js';

/** Momentum of the running averages, and the constant added to a variance, as in PyTorch. */
const MOMENTUM = 0.1;
const EPSILON = 1e-5;

/** NAME.weight, NAME.bias, NAME.running_mean and NAME.running_var, each [channels]; the last two have no gradient. */
export const batchNormSpec = (name: string, channels: number): Specs => ({
  [`${name}.weight`]: { init: () => tf.ones([channels]) },
  [`${name}.bias`]: { init: () => tf.zeros([channels]) },
  [`${name}.running_mean`]: { init: () => tf.zeros([channels]) },
  [`${name}.running_var`]: { init: () => tf.ones([channels]) },
});

/** Whether gradients are being computed, which means training. */
export const isLearning = (): boolean => tf.engine().state.gradientDepth > 0;

/**
 * x [rows, height, width, channels], each channel with mean 0 and variance 1, times a weight, plus a bias.
 * @see `torch.nn.BatchNorm2d`
 */
export function batchNorm(weights: Weights, name: string, x: tf.Tensor4D): tf.Tensor4D {
  const channels = x.shape[3];
  const flat = tf.reshape(x, [x.size / channels, channels]);
  const [runningMean, runningVar] = [weights[`${name}.running_mean`], weights[`${name}.running_var`]];
  const learns = isLearning();
  const mean = learns ? tf.mean(flat, 0) : runningMean;
  const centred = tf.sub(flat, mean);
  const variance = learns ? tf.mean(tf.square(centred), 0) : runningVar;
  if (learns) {
    const count = flat.shape[0];
    keepAverage(runningMean, mean);
    keepAverage(runningVar, tf.mul(variance, count / Math.max(1, count - 1)));
  }
  const scale = tf.div(weights[`${name}.weight`], tf.sqrt(tf.add(variance, EPSILON)));
  return tf.reshape(tf.add(tf.mul(centred, scale), weights[`${name}.bias`]), x.shape);
}

/**
 * Updates a running average by the value of the batch, if that is finite. Has no effect if a program has replaced the
 * parameter.
 */
function keepAverage(running: tf.Tensor, now: tf.Tensor): void {
  if (!(running instanceof tf.Variable)) return;
  const moved = tf.add(tf.mul(running, 1 - MOMENTUM), tf.mul(now, MOMENTUM));
  running.assign(tf.where(tf.isFinite(moved), moved, running));
}
