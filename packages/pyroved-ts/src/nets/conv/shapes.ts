/** Between images as models hold them, [..., channels * points], and as convolutions take them, [rows, height, width, channels]. */
import { sizeOf } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { ShapeError } from 'pyro-ts';
import { formatShape } from 'pyro-ts/internal';

/** Height and width; a signal is an image of height 1. */
export type Size = readonly [height: number, width: number];

export const sizeOfShape = (shape: readonly number[]): Size =>
  shape.length === 1 ? [1, shape[0]] : [shape[0], shape[1]];

/** Channels first in one row, [rows, channels * height * width], to channels last. */
export function channelsLast(x: tf.Tensor, channels: number, [height, width]: Size): tf.Tensor4D {
  const rows = x.size / (channels * height * width);
  if (channels === 1) return tf.reshape(x, [rows, height, width, 1]);
  return tf.transpose(tf.reshape(x, [rows, channels, height, width]), [0, 2, 3, 1]) as tf.Tensor4D;
}

/** The reverse: channels first in one row, as PyTorch flattens them. */
export function flattened(x: tf.Tensor4D): tf.Tensor2D {
  const [rows, height, width, channels] = x.shape;
  const first = channels === 1 || height * width === 1 ? x : tf.transpose(x, [0, 3, 1, 2]);
  return tf.reshape(first, [rows, channels * height * width]);
}

/** The images [..., channels * points] as rows, and the dimensions that they had before. @throws {ShapeError} where they have another size. */
export function imageRows(
  x: tf.Tensor,
  channels: number,
  size: Size,
): { images: tf.Tensor4D; lead: readonly number[] } {
  const expected = channels * sizeOf(size);
  if (x.rank < 2 || x.shape[x.rank - 1] !== expected) {
    throw new ShapeError(
      `A convolutional network for images of ${size.join(' x ')} and ${channels} channel(s) takes [..., ${expected}], not ${formatShape(x.shape)}.`,
    );
  }
  return { images: channelsLast(x, channels, size), lead: x.shape.slice(0, -1) };
}
