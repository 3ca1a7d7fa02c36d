/** The fused operation: a small network at every pixel of every row, on the selected kernel, with its own gradient. */
import { customGrad } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import { differentiable } from './decodeOnHost.js';
import { oneOf, rejectUnknownKeys, SpatialDecoderError } from './errors.js';
import { type Activation, activations, type Problem } from './hostKernel.js';
import { checkPixels, problemOf, type SpatialDecoderInputs } from './inputs.js';
import type { Kernel } from './kernel.js';
import { referenceKernel } from './referenceKernel.js';
import { wrongSelection } from './selection.js';

export interface SpatialDecoderOptions {
  /** After each hidden layer: tanh, relu, leakyRelu (slope 0.01), softplus or gelu (exact). @default 'tanh' */
  readonly activation?: Activation;
  /** After the coordinate layer. @default 'tanh', as in pyroVED for every other activation */
  readonly firstActivation?: Activation;
  /** Indices into the grid: only these pixels are evaluated, in this order. @default all */
  readonly pixels?: readonly number[] | Int32Array;
  /** A kernel returned by `selectKernel`. @default plain TensorFlow.js operations */
  readonly kernel?: Kernel;
}

const optionNames: readonly (keyof SpatialDecoderOptions)[] = ['activation', 'firstActivation', 'pixels', 'kernel'];

/**
 * The network `coordinates -> C outputs` of every row at every pixel: [R, P, C] (or [R, pixels.length, C]), before any likelihood.
 * The pre-activation of the coordinate layer is `sum_d pose[r, h, d] * grid[p, d] + code[r, h]`, so rotation, shift, scale and any other affine pose of
 * row r are folded into `pose` and `code`.
 * It has gradients with respect to pose, code, and all weights and biases, but not the grid. Kernels have no second derivatives.
 * @throws {SpatialDecoderError} when the shapes of operands do not match.
 * @see the coordinate decoder of Bepler et al. 2019 (spatial-VAE), pyroVED's `sDecoderNet`
 * @example
 * const layer = (inputs: number, outputs: number) => ({ weight: tf.randomNormal([inputs, outputs]), bias: tf.zeros([outputs]) });
 * const grid = tf.randomUniform([784, 2], -1, 1);
 * const pose = tf.randomNormal([16, 64, 2]); // 16 images, 64 units in the coordinate layer
 * const inputs = { grid, pose, code: tf.zeros([16, 64]), hidden: [layer(64, 64)], output: layer(64, 1) };
 * spatialDecoder(inputs, { kernel: await selectKernel() }); // [16, 784, 1]
 */
export function spatialDecoder(inputs: SpatialDecoderInputs, options: SpatialDecoderOptions = {}): tf.Tensor3D {
  rejectUnknownKeys('spatialDecoder', options, optionNames);
  const wrong = wrongSelection(options.kernel);
  if (wrong !== undefined) throw new SpatialDecoderError(`spatialDecoder: ${wrong}`);
  const activation = oneOf('spatialDecoder: activation', options.activation ?? 'tanh', activations);
  const firstActivation = oneOf('spatialDecoder: firstActivation', options.firstActivation ?? 'tanh', activations);
  const whole = problemOf(inputs, activation, firstActivation);
  return tf.tidy(() => {
    const { pixels, kernel = referenceKernel } = options;
    const grid = pixels === undefined ? inputs.grid : gridAt(inputs.grid, checkPixels(pixels, whole.pixels));
    const problem = { ...whole, pixels: grid.shape[0] };
    const operands = { ...inputs, grid };
    if (problem.rows === 0 || problem.pixels === 0) return empty(operands, problem);
    return kernel.decode(operands, problem);
  });
}

/** The chosen points of the grid. On the wasm engine, gathering no points gives a wrong shape. */
const gridAt = (grid: tf.Tensor2D, pixels: Int32Array): tf.Tensor2D =>
  pixels.length === 0 ? tf.zeros([0, grid.shape[1]]) : tf.gather(grid, tf.tensor1d(pixels, 'int32'));

/** No rows or no pixels: nothing to compute, and every gradient is zero. */
function empty(inputs: SpatialDecoderInputs, { rows, pixels, channels }: Problem): tf.Tensor3D {
  return customGrad(differentiable(inputs), (...tensors) => {
    const shapes = tensors.map((t) => t.shape);
    return { value: tf.zeros([rows, pixels, channels]), grad: () => shapes.map((s) => tf.zeros(s)) };
  }) as tf.Tensor3D;
}
