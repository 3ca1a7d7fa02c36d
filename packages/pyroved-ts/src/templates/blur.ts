/** Gaussian blur of images and pictures as two matrix products, so that gradients flow through it. */
import * as tf from '@tensorflow/tfjs';

/** Below this many pixels a blur is none. */
const LEAST = 0.3;

/**
 * Pictures [..., height, width] under a Gaussian blur of standard deviation `pixels`; beyond the border the edge's values continue. The same tensor
 * where the deviation is below 0.3 pixels.
 */
export function blurred(pictures: tf.Tensor, pixels: number): tf.Tensor {
  if (pixels < LEAST) return pictures;
  const [height, width] = pictures.shape.slice(-2);
  const rows = tf.reshape(pictures, [-1, width]);
  const across = tf.matMul(rows, blurMatrix(width, pixels), false, true);
  const columns = tf.reshape(tf.transpose(tf.reshape(across, [-1, height, width]), [0, 2, 1]), [-1, height]);
  const down = tf.matMul(columns, blurMatrix(height, pixels), false, true);
  return tf.reshape(tf.transpose(tf.reshape(down, [-1, width, height]), [0, 2, 1]), pictures.shape);
}

/** [size, size]: row i holds the weights with which the pixels of a line enter pixel i of the blurred line. */
function blurMatrix(size: number, deviation: number): tf.Tensor2D {
  const radius = Math.floor(3 * deviation) + 1;
  const weights = Array.from({ length: 2 * radius + 1 }, (_, k) => Math.exp(-0.5 * ((k - radius) / deviation) ** 2));
  const total = weights.reduce((a, b) => a + b, 0);
  const matrix = new Float32Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let k = -radius; k <= radius; k++) {
      const from = Math.min(Math.max(i + k, 0), size - 1);
      matrix[i * size + from] += weights[k + radius] / total;
    }
  }
  return tf.tensor2d(matrix, [size, size]);
}
