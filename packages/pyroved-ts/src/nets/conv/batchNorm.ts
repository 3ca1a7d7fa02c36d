/** Batch normalisation: by the batch's own mean and variance while a net learns, by their running averages when it is asked. */
import * as tf from '@tensorflow/tfjs';
import type { Specs, Weights } from '../layers.js';

/** Share of the newest batch in the running averages, and what is added to a variance; PyTorch's. */
const MOMENTUM = 0.1;
const EPSILON = 1e-5;

/** NAME.weight, NAME.bias, NAME.running_mean and NAME.running_var, each [channels]; the last two are no gradient's business. */
export const batchNormSpec = (name: string, channels: number): Specs => ({
  [`${name}.weight`]: { init: () => tf.ones([channels]) },
  [`${name}.bias`]: { init: () => tf.zeros([channels]) },
  [`${name}.running_mean`]: { init: () => tf.zeros([channels]) },
  [`${name}.running_var`]: { init: () => tf.ones([channels]) },
});

/** Whether gradients are being taken: a net learns then, else it is asked. */
export const isLearning = (): boolean => tf.engine().state.gradientDepth > 0;

/** x [rows, height, width, channels], each channel with mean 0 and variance 1, times a weight, plus a bias. Source: `torch.nn.BatchNorm2d`. */
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

/** Moves a running average towards what the batch says, where that is finite. A program that replaced the parameter keeps its own. */
function keepAverage(running: tf.Tensor, now: tf.Tensor): void {
  if (!(running instanceof tf.Variable)) return;
  const moved = tf.add(tf.mul(running, 1 - MOMENTUM), tf.mul(now, MOMENTUM));
  running.assign(tf.where(tf.isFinite(moved), moved, running));
}
