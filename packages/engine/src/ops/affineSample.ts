/** Pictures resampled under an affine map of each row's own, with bilinear interpolation. */

import type * as tf from '@tensorflow/tfjs';
import { OperandError } from '../errors.js';
import { isRecording } from '../recording/hostCalls.js';
import { type PackedCall, packedCall } from '../recording/packedCall.js';
import { peek, tensorFrom } from '../wasm/memory.js';
import { sizeOf } from './shapes.js';

/** Where each row reads: the value at pixel p is that of the picture at pixel position p matrix + offset. */
export interface PixelMap {
  /** [rows, 2, 2] for images (row, column), [rows, 1, 1] for signals. */
  readonly matrix: tf.Tensor;
  /** [rows, 2] or [rows, 1], in pixels. */
  readonly offset: tf.Tensor;
}

/**
 * Pictures [count, channels * points] read through one map for each of `rows` results; result i reads picture i % count, so that several maps of a
 * batch can be stacked. Beyond the border the edge's values continue.
 *
 * The result is a constant for the gradient, as a comparison's is: nothing flows back to the pictures or the maps.
 * @param shape [height, width] of an image, [length] of a signal
 * @returns [rows, channels * points]
 * @throws {OperandError} for sizes that do not fit together.
 * @example
 * const identity = { matrix: tf.tensor3d([[[1, 0], [0, 1]]]), offset: tf.tensor2d([[0, 1]]) };
 * affineSample(tf.tensor2d([[1, 2, 3, 4]]), [2, 2], 1, identity) // [[2, 2, 4, 4]]: one column further to the right
 */
export function affineSample(x: tf.Tensor, shape: readonly number[], channels: number, map: PixelMap): tf.Tensor {
  const points = sizeOf(shape);
  const dims = shape.length;
  const rows = map.offset.shape[0];
  const [count, size] = x.shape;
  const fits =
    x.rank === 2 &&
    size === channels * points &&
    count > 0 &&
    rows % count === 0 &&
    map.offset.size === rows * dims &&
    map.matrix.size === rows * dims * dims;
  if (!fits) {
    throw new OperandError(
      `affineSample: x [${x.shape}] must be [count, ${channels * points}], matrix [${map.matrix.shape}] and offset [${map.offset.shape}] ` +
        `[rows, ${dims}, ${dims}] and [rows, ${dims}], where rows is a multiple of count.`,
    );
  }
  const read = dims === 2 ? readImages : readSignals;
  const fill = ([pictures, matrix, offset]: readonly Float32Array[], values: Float32Array) =>
    read(pictures, values, { shape, channels, count, matrix, offset });
  if (isRecording()) {
    const inputs = [x, map.matrix, map.offset];
    const run: PackedCall['run'] = (numbers, [values]) => fill(numbers, values);
    return packedCall({ name: 'affineSample', inputs, shapes: [[rows, size]], run })[0];
  }
  return tensorFrom([rows, size], (values) => fill([peek(x), peek(map.matrix), peek(map.offset)], values));
}

interface Reading {
  readonly shape: readonly number[];
  readonly channels: number;
  readonly count: number;
  readonly matrix: Float32Array;
  readonly offset: Float32Array;
}

type Read = (source: Float32Array, target: Float32Array, reading: Reading) => void;

const readImages: Read = (source, target, { shape: [height, width], channels, count, matrix, offset }) => {
  const points = height * width;
  const [lastRow, lastColumn] = [height - 1, width - 1];
  let t = 0;
  for (let i = 0; 2 * i < offset.length; i++) {
    const [rowByRow, columnByRow, rowByColumn, columnByColumn] = matrix.subarray(4 * i, 4 * i + 4);
    for (let channel = 0; channel < channels; channel++) {
      const first = ((i % count) * channels + channel) * points;
      for (let row = 0; row < height; row++) {
        let r = offset[2 * i] + row * rowByRow;
        let c = offset[2 * i + 1] + row * columnByRow;
        for (let column = 0; column < width; column++, t++, r += rowByColumn, c += columnByColumn) {
          const y = r < 0 ? 0 : r > lastRow ? lastRow : r;
          const x = c < 0 ? 0 : c > lastColumn ? lastColumn : c;
          const top = Math.min(y | 0, Math.max(lastRow - 1, 0));
          const left = Math.min(x | 0, Math.max(lastColumn - 1, 0));
          const [down, across] = [y - top, x - left];
          const at = first + top * width + left;
          const below = lastRow > 0 ? at + width : at;
          const right = lastColumn > 0 ? 1 : 0;
          const upper = source[at] + across * (source[at + right] - source[at]);
          const lower = source[below] + across * (source[below + right] - source[below]);
          target[t] = upper + down * (lower - upper);
        }
      }
    }
  }
};

const readSignals: Read = (source, target, { shape: [length], channels, count, matrix, offset }) => {
  const last = length - 1;
  let t = 0;
  for (let i = 0; i < offset.length; i++) {
    for (let channel = 0; channel < channels; channel++) {
      const first = ((i % count) * channels + channel) * length;
      for (let p = 0; p < length; p++, t++) {
        const at = Math.min(Math.max(offset[i] + p * matrix[i], 0), last);
        const left = Math.min(Math.floor(at), Math.max(last - 1, 0));
        const right = Math.min(left + 1, last);
        target[t] = source[first + left] + (at - left) * (source[first + right] - source[first + left]);
      }
    }
  }
};
