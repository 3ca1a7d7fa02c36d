/** Operands of the spatial decoder, and checks that name the invalid operand. */

import { describeValue } from '@pyro-ts/engine/internal';
import type * as tf from '@tensorflow/tfjs';
import { rejectUnknownKeys, SpatialDecoderError } from './errors.js';
import type { Activation, Problem } from './hostKernel.js';

/** A dense layer: weight [in, out], bias [out]. */
export interface Layer {
  readonly weight: tf.Tensor2D;
  readonly bias: tf.Tensor1D;
}

/** R rows (images times classes), P pixels, d coordinates, H0 the width of the coordinate layer, C channels. */
export interface SpatialDecoderInputs {
  /** Coordinates [P, d]; data, gets no gradient. */
  readonly grid: tf.Tensor2D;
  /** [R, H0, d]: the coordinate layer's weight with each row's pose folded in. */
  readonly pose: tf.Tensor3D;
  /** [R, H0]: the part of the coordinate layer that does not depend on the pixel. */
  readonly code: tf.Tensor2D;
  /** Layers after the coordinate layer, each followed by the activation. */
  readonly hidden: readonly Layer[];
  /** The last layer, [H, C], without activation. */
  readonly output: Layer;
}

const inputNames: readonly (keyof SpatialDecoderInputs)[] = ['grid', 'pose', 'code', 'hidden', 'output'];

/** Checks every operand and returns the sizes; `pixels` is the size of the grid. */
export function problemOf(inputs: SpatialDecoderInputs, activation: Activation, firstActivation: Activation): Problem {
  rejectUnknownKeys('spatialDecoder', inputs, inputNames, 'input');
  const { grid, pose, code, hidden, output } = inputs;
  expectRank('grid', grid, 2, '[P, d]');
  expectRank('pose', pose, 3, '[R, H0, d]');
  expectRank('code', code, 2, '[R, H0]');
  const [pixels, dims] = grid.shape;
  const [rows, width] = code.shape;
  if (dims === 0) fail('grid', grid, '[P, 1] or more', 'Give at least one coordinate a pixel.');
  if (pose.shape[0] !== rows || pose.shape[1] !== width || pose.shape[2] !== dims) {
    fail(
      'pose',
      pose,
      `[${rows}, ${width}, ${dims}]`,
      `It must agree with code [${code.shape}] and grid [${grid.shape}].`,
    );
  }
  if (!Array.isArray(hidden)) {
    throw new SpatialDecoderError(
      `spatialDecoder: hidden is ${describeValue(hidden)}; give a list of layers { weight, bias }, [] for none.`,
    );
  }
  const widths = [width];
  hidden.forEach((layer, i) => {
    widths.push(checkLayer(`hidden[${i}]`, layer, widths[i]));
  });
  const channels = checkLayer('output', output, widths[widths.length - 1]);
  for (const size of [...widths, channels]) {
    if (size === 0)
      throw new SpatialDecoderError('A layer of the spatial decoder has width 0; every width must be 1 or more.');
  }
  return { rows, pixels, dims, channels, widths, firstActivation, activation };
}

function checkLayer(name: string, layer: Layer, width: number): number {
  if (typeof layer !== 'object' || layer === null) {
    throw new SpatialDecoderError(
      `spatialDecoder: ${name} is ${describeValue(layer)}; give a layer { weight [in, out], bias [out] }.`,
    );
  }
  const { weight, bias } = layer;
  expectRank(`${name}.weight`, weight, 2, '[in, out]');
  expectRank(`${name}.bias`, bias, 1, '[out]');
  const [from, to] = weight.shape;
  if (from !== width) {
    fail(`${name}.weight`, weight, `[${width}, ${to}]`, `The layer before it has width ${width}.`);
  }
  if (bias.shape[0] !== to) fail(`${name}.bias`, bias, `[${to}]`, `Its weight is [${weight.shape}].`);
  return to;
}

function expectRank(name: string, tensor: tf.Tensor, rank: number, form: string): void {
  if (!Array.isArray(tensor?.shape))
    throw new SpatialDecoderError(`spatialDecoder: ${name} is no tensor; expected ${form}.`);
  if (tensor.isDisposed) {
    throw new SpatialDecoderError(
      `spatialDecoder: ${name} was disposed of before the call. Create it again, or keep it with tf.keep at the end of a tf.tidy.`,
    );
  }
  if (tensor.rank !== rank) fail(name, tensor, form, 'Reshape it.');
  if (tensor.dtype !== 'float32') {
    throw new SpatialDecoderError(
      `spatialDecoder: ${name} is ${tensor.dtype}, expected float32. Cast it with tf.cast(x, 'float32').`,
    );
  }
}

function fail(name: string, tensor: tf.Tensor, expected: string, mend: string): never {
  throw new SpatialDecoderError(`spatialDecoder: ${name} has shape [${tensor.shape}], expected ${expected}. ${mend}`);
}

/** Pixel indices as integers within the grid; throws an error that names the first invalid one. */
export function checkPixels(pixels: readonly number[] | Int32Array, size: number): Int32Array {
  if (!Array.isArray(pixels) && !ArrayBuffer.isView(pixels)) {
    throw new SpatialDecoderError(
      `spatialDecoder: pixels is ${describeValue(pixels)}; give a list of integers or an Int32Array (of a tensor, its dataSync()).`,
    );
  }
  const mend =
    size === 0
      ? 'the grid has no pixels, so give none'
      : `the grid has ${size} pixels, so give integers from 0 to ${size - 1}`;
  pixels.forEach((p, at) => {
    if (Number.isInteger(p) && p >= 0 && p < size) return;
    throw new SpatialDecoderError(`spatialDecoder: pixels[${at}] is ${describeValue(p)}; ${mend}.`);
  });
  return Int32Array.from(pixels);
}
