/** The weights of the convolutional encoder, and checks that name the invalid operand. */
import { describeValue } from '@pyro-ts/engine/internal';
import type * as tf from '@tensorflow/tfjs';
import { rejectUnknownKeys, SpatialDecoderError } from '../errors.js';
import { type EncoderProblem, mapLength, mapsOf } from './problem.js';

/** A convolution of stride 2 without a bias, the normalisation per image after it, and ReLU. */
export interface ConvBlock {
  /** [side, side, in, out], the side odd. */
  readonly filter: tf.Tensor4D;
  /** [out] */
  readonly gain: tf.Tensor1D;
  /** [out] */
  readonly bias: tf.Tensor1D;
}

export interface ConvEncoderWeights {
  /** At least one. */
  readonly blocks: readonly ConvBlock[];
  /** weight [in, F], its inputs in the order height, width, channel of the last map; bias [F]. */
  readonly dense: { readonly weight: tf.Tensor2D; readonly bias: tf.Tensor1D };
}

const fail = (message: string): never => {
  throw new SpatialDecoderError(`convEncoder: ${message}`);
};

/** Checks every operand and returns the sizes. `shape` is the height and width of flat images. */
export function encoderProblemOf(
  images: tf.Tensor,
  weights: ConvEncoderWeights,
  shape: readonly number[] | undefined,
): EncoderProblem {
  rejectUnknownKeys('convEncoder', weights, ['blocks', 'dense'], 'weight');
  const { blocks, dense } = weights;
  if (!Array.isArray(blocks) || blocks.length === 0)
    fail(`blocks is ${describeValue(blocks)}; give a list of at least one { filter, gain, bias }.`);
  blocks.forEach((block, i) => {
    rejectUnknownKeys(`convEncoder: blocks[${i}]`, block, ['filter', 'gain', 'bias'], 'weight');
    expectTensor(`blocks[${i}].filter`, block.filter, '[side, side, in, out]', [4]);
    expectTensor(`blocks[${i}].gain`, block.gain, '[out]', [1]);
    expectTensor(`blocks[${i}].bias`, block.bias, '[out]', [1]);
  });
  rejectUnknownKeys('convEncoder: dense', dense, ['weight', 'bias'], 'weight');
  expectTensor('dense.weight', dense.weight, '[in, F]', [2]);
  expectTensor('dense.bias', dense.bias, '[F]', [1]);
  expectTensor('images', images, '[n, H, W, C] or [n, H * W * C]', [2, 4]);

  const channels = blocks[0].filter.shape[2];
  const [height, width] = sizeOf(images, channels, shape);
  let inputs = channels;
  for (const [i, { filter, gain, bias }] of blocks.entries()) {
    const [side, other, from, to] = filter.shape;
    if (side !== other || side % 2 === 0 || from !== inputs || to === 0)
      fail(
        `blocks[${i}].filter has shape [${filter.shape}], expected [side, side, ${inputs}, out] with an odd side and one output or more.`,
      );
    if (gain.shape[0] !== to) fail(`blocks[${i}].gain has shape [${gain.shape}], expected [${to}]: one per output.`);
    if (bias.shape[0] !== to) fail(`blocks[${i}].bias has shape [${bias.shape}], expected [${to}]: one per output.`);
    inputs = to;
  }
  const sizes = {
    ...{ height, width, channels },
    blocks: blocks.map(({ filter }) => ({ side: filter.shape[0], outputs: filter.shape[3] })),
  };
  const last = mapsOf(sizes)[blocks.length];
  const [from, features] = dense.weight.shape;
  if (from !== mapLength(last) || features === 0)
    fail(
      `dense.weight has shape [${dense.weight.shape}], expected [${mapLength(last)}, F]: ` +
        `images of ${height} x ${width} end as a map of ${last.height} x ${last.width} x ${last.channels}.`,
    );
  if (dense.bias.shape[0] !== features) fail(`dense.bias has shape [${dense.bias.shape}], expected [${features}].`);
  return { ...sizes, images: images.shape[0], features };
}

/** Height and width of the images. */
function sizeOf(images: tf.Tensor, channels: number, shape: readonly number[] | undefined): readonly number[] {
  const given =
    shape === undefined ||
    (Array.isArray(shape) && shape.length === 2 && shape.every((s) => Number.isInteger(s) && s > 0));
  if (!given) fail(`shape is ${Array.isArray(shape) ? `[${shape}]` : describeValue(shape)}; give [height, width].`);
  if (images.rank === 4) {
    const [, height, width, depth] = images.shape;
    if (depth !== channels)
      fail(
        `images have shape [${images.shape}], expected [n, H, W, ${channels}]: blocks[0].filter takes ${channels} channels.`,
      );
    if (height === 0 || width === 0) fail(`images have shape [${images.shape}]; give at least one pixel.`);
    if (shape !== undefined && (shape[0] !== height || shape[1] !== width))
      fail(`images have shape [${images.shape}], but the option shape is [${shape}]. Omit the option.`);
    return [height, width];
  }
  if (shape === undefined)
    return fail(`images have shape [${images.shape}]; pass their height and width as the option shape.`);
  const length = shape[0] * shape[1] * channels;
  if (images.shape[1] !== length)
    fail(`images have shape [${images.shape}], expected [n, ${length}]: ${shape[0]} x ${shape[1]} x ${channels}.`);
  return shape;
}

function expectTensor(name: string, tensor: tf.Tensor, form: string, ranks: readonly number[]): void {
  if (!Array.isArray(tensor?.shape)) fail(`${name} is ${describeValue(tensor)}; expected a tensor ${form}.`);
  if (tensor.isDisposed) fail(`${name} was disposed before the call. Keep it with tf.keep where a tf.tidy ends.`);
  if (!ranks.includes(tensor.rank)) fail(`${name} has shape [${tensor.shape}], expected ${form}.`);
  if (tensor.dtype !== 'float32')
    fail(`${name} is ${tensor.dtype}, expected float32. Cast it with tf.cast(x, 'float32').`);
}
