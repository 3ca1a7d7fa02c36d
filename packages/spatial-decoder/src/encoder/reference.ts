/** The definition of the convolutional encoder: plain TensorFlow.js operations, on any engine, differentiated by TensorFlow.js. */
import { dense } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import type { ConvEncoderWeights } from './inputs.js';
import { type EncoderProblem, EPSILON, type MapSize, mapsOf } from './problem.js';

/** Features [n, F] of images with n * H * W * C numbers. */
export function encoderReference(images: tf.Tensor, weights: ConvEncoderWeights, problem: EncoderProblem): tf.Tensor2D {
  return tf.tidy(() => {
    const maps = mapsOf(problem);
    let x: tf.Tensor = images;
    weights.blocks.forEach(({ filter, gain, bias }, l) => {
      const convolved = convolved2(x, filter, problem.images, maps[l], maps[l + 1]);
      x = tf.relu(tf.add(tf.mul(normalised(convolved, problem.images), gain), bias));
    });
    const flat = tf.reshape(x, [problem.images, weights.dense.weight.shape[0]]);
    return tf.relu(dense(flat, weights.dense.weight, weights.dense.bias)) as tf.Tensor2D;
  });
}

/**
 * A convolution of stride 2 with padding (side - 1) / 2: rows [n * height * width, outputs] of the map `to`. Every tap of the filter reads every second
 * row and column, which are a slice once rows and columns are split by parity. The patches times the filter are one matrix product.
 */
function convolved2(x: tf.Tensor, filter: tf.Tensor4D, images: number, from: MapSize, to: MapSize): tf.Tensor2D {
  const [side, , channels, outputs] = filter.shape;
  const half = (side - 1) / 2;
  // Even sizes that include the last row and column that a tap reads.
  const padded = (size: number, after: number) => 2 * Math.max(Math.ceil((size + half) / 2), after + half);
  const [rows, columns] = [padded(from.height, to.height), padded(from.width, to.width)];
  const around = tf.pad(tf.reshape(x, [images, from.height, from.width, channels]), [
    [0, 0],
    [half, rows - from.height - half],
    [half, columns - from.width - half],
    [0, 0],
  ]);
  // Rank 4, since some operations of tfjs-wasm are wrong at higher ranks: the parity of a column is merged with the channels.
  const byRow = tf.reshape(around, [images * (rows / 2), 2 * (columns / 2), 2 * channels]);
  const byParity = [0, 1].map((parity) =>
    tf.reshape(tf.slice(byRow, [0, parity * (columns / 2), 0], [images * (rows / 2), columns / 2, 2 * channels]), [
      images,
      rows / 2,
      columns / 2,
      2 * channels,
    ]),
  );
  const taps = Array.from({ length: side * side }, (_, k) => {
    const [u, v] = [Math.floor(k / side), k % side];
    const start = [0, Math.floor(u / 2), Math.floor(v / 2), (v % 2) * channels];
    const tap = tf.slice(byParity[u % 2], start, [images, to.height, to.width, channels]);
    return tf.reshape(tap, [images * to.height * to.width, channels]);
  });
  const patches = taps.length === 1 ? taps[0] : tf.concat(taps, 1);
  return dense(patches, tf.reshape(filter, [side * side * channels, outputs])) as tf.Tensor2D;
}

/** Rows [n * points, channels] with mean 0 and variance 1 within each image, over points and channels. */
function normalised(x: tf.Tensor2D, images: number): tf.Tensor2D {
  const byImage = tf.reshape(x, [images, x.size / Math.max(1, images)]);
  const centred = tf.sub(byImage, tf.mean(byImage, 1, true));
  const variance = tf.mean(tf.square(centred), 1, true);
  return tf.reshape(tf.div(centred, tf.sqrt(tf.add(variance, EPSILON))), x.shape) as tf.Tensor2D;
}
