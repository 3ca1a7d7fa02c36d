/** Doubles the size of images, by repeating or by linear interpolation, and cuts to the size that is wanted. */
import * as tf from '@tensorflow/tfjs';
import type { Upsampling } from './options.js';
import type { Size } from './shapes.js';

/**
 * x [rows, h, w, channels] to [rows, height, width, channels], where height is 2h or 2h - 1 and width likewise (a height of 1 stays). "linear" puts
 * the new points a quarter between the old ones. Source: `torch.nn.functional.interpolate(scale_factor=2)` without `align_corners`.
 */
export function upsample(x: tf.Tensor4D, [height, width]: Size, mode: Upsampling): tf.Tensor4D {
  const [rows, h, w, channels] = x.shape;
  // Points along an axis are slices of long rows, which are cheap to copy.
  const wide = doubled(tf.reshape(x, [rows * h, w * channels]), w, channels, mode);
  const across = cut(wide, 2 * w, width, channels);
  if (height === 1) return tf.reshape(across, [rows, 1, width, channels]);
  const tall = doubled(tf.reshape(across, [rows, h * width * channels]), h, width * channels, mode);
  return tf.reshape(cut(tall, 2 * h, height, width * channels), [rows, height, width, channels]);
}

/** Rows of `count` pieces of `size` numbers, to rows of twice as many pieces. */
function doubled(x: tf.Tensor2D, count: number, size: number, mode: Upsampling): tf.Tensor2D {
  const rows = x.shape[0];
  const pieces = (y: tf.Tensor) => tf.reshape(y, [rows * count, 1, size]);
  const [odd, even] = mode === 'linear' && count > 1 ? between(x, count, size) : [x, x];
  return tf.reshape(tf.concat([pieces(odd), pieces(even)], 1), [rows, 2 * count * size]);
}

/** Each piece mixed with the one before it, and with the one after it; the ends with themselves. */
function between(x: tf.Tensor2D, count: number, size: number): [tf.Tensor2D, tf.Tensor2D] {
  const rows = x.shape[0];
  const rest = (count - 1) * size;
  const before = tf.concat([tf.slice(x, [0, 0], [rows, size]), tf.slice(x, [0, 0], [rows, rest])], 1);
  const after = tf.concat([tf.slice(x, [0, size], [rows, rest]), tf.slice(x, [0, rest], [rows, size])], 1);
  const most = tf.mul(x, 0.75);
  return [tf.add(most, tf.mul(before, 0.25)), tf.add(most, tf.mul(after, 0.25))];
}

const cut = (x: tf.Tensor2D, count: number, wanted: number, size: number): tf.Tensor2D =>
  wanted === count ? x : tf.slice(x, [0, 0], [x.shape[0], wanted * size]);
