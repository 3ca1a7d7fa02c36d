/** Upsamples images by 2, by repetition or linear interpolation, and crops them to a given size. */
import { upsample2x } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import type { Upsampling } from './options.js';
import type { Size } from './shapes.js';

/**
 * x [rows, h, w, channels] to [rows, height, width, channels], where height is 2h or 2h - 1 and width likewise (a
 * height of 1 stays). "linear" places the new points a quarter of a pixel from the old ones.
 * @see `torch.nn.functional.interpolate(scale_factor=2)` without `align_corners`
 */
export function upsample(x: tf.Tensor4D, [height, width]: Size, mode: Upsampling): tf.Tensor4D {
  const [rows, h, w, channels] = x.shape;
  const across = upsample2x(tf.reshape(x, [rows * h, w * channels]), channels, width, mode);
  if (height === 1) return tf.reshape(across, [rows, 1, width, channels]);
  const tall = upsample2x(tf.reshape(across, [rows, h * width * channels]), width * channels, height, mode);
  return tf.reshape(tall, [rows, height, width, channels]);
}
