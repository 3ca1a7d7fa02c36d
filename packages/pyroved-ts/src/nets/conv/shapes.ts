/**
 * Conversion between the images of models, [..., channels * points], and those of convolutions,
 * [rows, height, width, channels].
 */
import { sizeOf } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { ShapeError } from 'pyro-ts';
import { formatShape } from 'pyro-ts/internal';

/** Height and width; a signal is an image of height 1. */
export type Size = readonly [height: number, width: number];

export const sizeOfShape = (shape: readonly number[]): Size =>
  shape.length === 1 ? [1, shape[0]] : [shape[0], shape[1]];

/** Reshapes channels-first rows [rows, channels * height * width] to channels last. */
export function channelsLast(x: tf.Tensor, channels: number, [height, width]: Size): tf.Tensor4D {
  const rows = x.size / (channels * height * width);
  if (channels === 1) return tf.reshape(x, [rows, height, width, 1]);
  return tf.transpose(tf.reshape(x, [rows, channels, height, width]), [0, 2, 3, 1]) as tf.Tensor4D;
}

/** The inverse of `channelsLast`: flattens to channels-first rows, as PyTorch does. */
export function flattened(x: tf.Tensor4D): tf.Tensor2D {
  const [rows, height, width, channels] = x.shape;
  const first = channels === 1 || height * width === 1 ? x : tf.transpose(x, [0, 3, 1, 2]);
  return tf.reshape(first, [rows, channels * height * width]);
}

/**
 * Flattens images [..., channels * points] to rows, and returns the leading dimensions.
 * @throws {ShapeError} when the images have another size.
 */
export function imageRows(
  x: tf.Tensor,
  channels: number,
  size: Size,
): { images: tf.Tensor4D; lead: readonly number[] } {
  const expected = channels * sizeOf(size);
  if (x.rank < 2 || x.shape[x.rank - 1] !== expected) {
    throw new ShapeError(
      `A convolutional network for images of ${size.join(' x ')} and ${channels} channel(s) expects [..., ${expected}]; got ${formatShape(x.shape)}.`,
    );
  }
  return { images: channelsLast(x, channels, size), lead: x.shape.slice(0, -1) };
}
