/** The definition of correct: the spatial decoder in plain TensorFlow.js operations, on any engine, differentiated by TensorFlow.js. */
import { stopGradient } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import type { Activation, Problem } from './hostKernel.js';
import type { SpatialDecoderInputs } from './inputs.js';

/** Each activation as plain tensor operations. */
export const activationFunctions: Readonly<Record<Activation, (x: tf.Tensor) => tf.Tensor>> = {
  tanh: (x) => tf.tanh(x),
  relu: (x) => tf.relu(x),
  // PyTorch's slope; TensorFlow.js's own default is 0.2.
  leakyRelu: (x) => tf.leakyRelu(x, 0.01),
  softplus: (x) => tf.softplus(x),
  gelu: (x) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1)),
};

/** [R, P, C] = output(act(hidden(... firstAct(sum_d pose[r, h, d] grid[p, d] + code[r, h])))), at rank 3 or less. */
export function decodeReference(
  inputs: SpatialDecoderInputs,
  { activation, firstActivation }: Pick<Problem, 'activation' | 'firstActivation'>,
): tf.Tensor3D {
  return tf.tidy(() => {
    const { pose, code, hidden, output } = inputs;
    const grid = stopGradient(inputs.grid);
    const [pixels, dims] = grid.shape;
    const [rows, width] = code.shape;
    let x: tf.Tensor = tf.reshape(code, [rows, 1, width]);
    for (let d = 0; d < dims; d++) {
      const along = tf.reshape(tf.slice(pose, [0, 0, d], [rows, width, 1]), [rows, 1, width]);
      x = tf.add(x, tf.mul(along, tf.reshape(tf.slice(grid, [0, d], [pixels, 1]), [1, pixels, 1])));
    }
    x = tf.reshape(activationFunctions[firstActivation](x), [rows * pixels, width]);
    for (const { weight, bias } of hidden) {
      x = activationFunctions[activation](tf.add(tf.matMul(x as tf.Tensor2D, weight), bias));
    }
    const channels = output.weight.shape[1];
    return tf.reshape(tf.add(tf.matMul(x as tf.Tensor2D, output.weight), output.bias), [rows, pixels, channels]);
  });
}
