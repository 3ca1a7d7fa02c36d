/** A linear map of the last dimension, at any rank. */
import * as tf from '@tensorflow/tfjs';

/** x [..., inputs] times weight [inputs, outputs], plus bias [outputs] where given: [..., outputs]. */
export function dense(x: tf.Tensor, weight: tf.Tensor2D, bias?: tf.Tensor1D): tf.Tensor {
  const [inputs, outputs] = weight.shape;
  const product = tf.matMul(tf.reshape(x, [-1, inputs]) as tf.Tensor2D, weight);
  return tf.reshape(bias ? tf.add(product, bias) : product, [...x.shape.slice(0, -1), outputs]);
}
