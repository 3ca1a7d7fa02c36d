/** Inputs of the operations on deformable templates, and checks that name the invalid operand. */
import { describeValue } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { rejectUnknownKeys, SpatialDecoderError } from '../errors.js';
import type { Kernel } from '../kernel.js';
import { wrongSelection } from '../selection.js';
import type { TemplateProblem } from './problem.js';

/**
 * G pictures of K channels, C content latents, a field of g x g control points, and R rows: a picture at a pose and a
 * content each.
 */
export interface TemplateInputs {
  /** [G, H, W] or [G, K, H, W]. */
  readonly pictures: tf.Tensor3D | tf.Tensor4D;
  /**
   * [C, 2, g, g]: for each content latent the displacement of object coordinates, horizontal (rightwards) then vertical
   * (downwards), at g x g control points that span [-1, 1], corners included. @default no deformation (C = 0)
   */
  readonly field?: tf.Tensor4D;
  /** [R, 3 + C]: angle in radians, horizontal and vertical shift of the object, content. */
  readonly theta: tf.Tensor2D;
  /** [R]: index of each row's picture. */
  readonly picture: Int32Array | readonly number[];
}

/** The images that rows are compared with. */
export interface TemplateComparison extends TemplateInputs {
  /** [n, K * H * W], channels first. */
  readonly images: tf.Tensor2D;
  /** [R]: index of each row's image. */
  readonly image: Int32Array | readonly number[];
}

export interface TemplateOptions {
  /** Indices row * W + column of the pixels that are computed; one may occur several times. @default all */
  readonly pixels?: Int32Array | readonly number[];
  /** A kernel returned by `selectKernel`. @default plain TensorFlow.js operations */
  readonly kernel?: Kernel;
}

/** Checked inputs: every size known, every index within its range. */
export interface TemplateCall {
  readonly problem: TemplateProblem;
  readonly pictures: tf.Tensor;
  readonly field: tf.Tensor;
  readonly theta: tf.Tensor2D;
  readonly picture: Int32Array;
  readonly pixels: Int32Array;
}

const inputNames: readonly string[] = ['pictures', 'field', 'theta', 'picture'];
const comparisonNames: readonly string[] = [...inputNames, 'images', 'image'];

type Fail = (message: string) => never;

/**
 * Checks inputs and options of the operation `name`, which may compare with images (`imagesOf` checks those). Call it
 * within a `tf.tidy`.
 */
export function templateCallOf(
  name: string,
  inputs: TemplateInputs,
  options: TemplateOptions,
  compares = false,
): TemplateCall {
  const fail = failOf(name);
  rejectUnknownKeys(name, inputs, compares ? comparisonNames : inputNames, 'input');
  rejectUnknownKeys(name, options, ['pixels', 'kernel']);
  const wrong = wrongSelection(options.kernel);
  if (wrong !== undefined) fail(wrong);
  const { pictures, theta } = inputs;
  expectTensor(fail, 'pictures', pictures, '[G, H, W] or [G, K, H, W]', [3, 4]);
  expectTensor(fail, 'theta', theta, '[R, 3 + C]', [2]);
  if (inputs.field !== undefined) expectTensor(fail, 'field', inputs.field, '[C, 2, g, g]', [4]);
  const [count, channels, height, width] =
    pictures.rank === 3 ? [pictures.shape[0], 1, ...pictures.shape.slice(1)] : pictures.shape;
  if (pictures.size === 0) fail(`pictures have shape [${pictures.shape}]; give at least one picture with a pixel.`);
  const [contents, axes, grid, other] = inputs.field?.shape ?? [0, 2, 2, 2];
  if (axes !== 2 || grid !== other || grid < 2)
    fail(`field has shape [${inputs.field?.shape}], expected [C, 2, g, g] with g of at least 2.`);
  const [rows, size] = theta.shape;
  if (size !== 3 + contents)
    fail(
      `theta has shape [${theta.shape}], expected [R, ${3 + contents}]: ` +
        `angle, two shifts and ${contents} content latents.`,
    );
  const pixels =
    options.pixels === undefined
      ? Int32Array.from({ length: height * width }, (_, i) => i)
      : indices(fail, 'pixels', options.pixels, height * width);
  return {
    problem: { rows, pictures: count, channels, height, width, contents, grid, pixels: pixels.length },
    pictures,
    field: inputs.field ?? tf.zeros([0, 2, 2, 2]),
    theta,
    picture: indices(fail, 'picture', inputs.picture, count, rows),
    pixels,
  };
}

/** Checks the images of an operation that compares; returns the image of each row. */
export function imagesOf(name: string, { images, image }: TemplateComparison, problem: TemplateProblem): Int32Array {
  const fail = failOf(name);
  const { channels, height, width, rows } = problem;
  expectTensor(fail, 'images', images, '[n, K * H * W]', [2]);
  if (images.shape[1] !== channels * height * width)
    fail(
      `images have shape [${images.shape}], expected [n, ${channels * height * width}]: ` +
        `${channels} x ${height} x ${width}.`,
    );
  return indices(fail, 'image', image, images.shape[0], rows);
}

const failOf =
  (name: string): Fail =>
  (message) => {
    throw new SpatialDecoderError(`${name}: ${message}`);
  };

/** Integers from 0 to `count` - 1; `length` of them, if given. */
function indices(fail: Fail, name: string, values: ArrayLike<number>, count: number, length?: number): Int32Array {
  if (!Array.isArray(values) && !ArrayBuffer.isView(values))
    fail(`${name} is ${describeValue(values)}; expected a list of indices.`);
  if (length !== undefined && values.length !== length)
    fail(`${name} has ${values.length} indices, expected ${length}: one per row of theta.`);
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (!Number.isInteger(value) || value < 0 || value >= count)
      fail(`${name}[${i}] is ${describeValue(value)}, expected an integer from 0 to ${count - 1}.`);
  }
  return values instanceof Int32Array ? values : Int32Array.from(values);
}

function expectTensor(fail: Fail, name: string, tensor: tf.Tensor, form: string, ranks: readonly number[]): void {
  if (!Array.isArray(tensor?.shape)) fail(`${name} is ${describeValue(tensor)}; expected a tensor ${form}.`);
  if (tensor.isDisposed) fail(`${name} was disposed before the call. Keep it with tf.keep where a tf.tidy ends.`);
  if (!ranks.includes(tensor.rank)) fail(`${name} has shape [${tensor.shape}], expected ${form}.`);
  if (tensor.dtype !== 'float32')
    fail(`${name} is ${tensor.dtype}, expected float32. Cast it with tf.cast(x, 'float32').`);
}
