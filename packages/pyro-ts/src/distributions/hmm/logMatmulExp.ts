/** Products of matrices of log-weights, and of many of them in a row in a logarithmic number of operations. */
import { logSumExp } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';

/**
 * log(exp(x) exp(y)) for matrices x [..., I, J] and y [..., J, K] of log-weights, -Infinity among them.
 * @returns [..., I, K]
 */
export const logMatmulExp = (x: tf.Tensor, y: tf.Tensor): tf.Tensor =>
  logSumExp(tf.add(tf.expandDims(x, -1), tf.expandDims(y, -3)), -2);

/**
 * The product, in order, of the matrices of log-weights along the third dimension from the right: neighbours are multiplied all at once, which halves
 * their number, until one is left. Source: Särkkä and García-Fernández (2019), "Temporal parallelization of Bayesian smoothers".
 * @param steps [..., T, S, S]
 * @returns [..., S, S]
 */
export function sequentialLogMatmulExp(steps: tf.Tensor): tf.Tensor {
  let all = steps;
  for (let length = timeOf(all); length > 1; length = timeOf(all)) {
    const half = Math.floor(length / 2);
    const [batch, matrix] = [all.shape.slice(0, -3), all.shape.slice(-2)];
    const pairs = tf.reshape(along(all, 0, 2 * half), [...batch, half, 2, ...matrix]);
    const [left, right] = tf.unstack(pairs, pairs.rank - 3);
    const product = logMatmulExp(left, right);
    all = length % 2 === 0 ? product : tf.concat([product, along(all, length - 1, 1)], -3);
  }
  return tf.squeeze(all, [all.rank - 3]);
}

const timeOf = (steps: tf.Tensor): number => steps.shape[steps.rank - 3];

const along = (steps: tf.Tensor, from: number, size: number): tf.Tensor => {
  const shape = [...steps.shape];
  shape[steps.rank - 3] = size;
  return tf.slice(
    steps,
    shape.map((_, i) => (i === steps.rank - 3 ? from : 0)),
    shape,
  );
};
