/** The convolutional decoder: a small image from the latents, alternately convolved and upsampled. */
import { take } from '@pyro-ts/engine';
import { sizeOf } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { linearOnParts, linearSpec, sum } from '../layers.js';
import type { DecoderNet } from '../slots.js';
import { block, type Layer, layersSpec, throughLayers } from './layers.js';
import { type ConvOptions, resolveConv } from './options.js';
import { channelsLast, type Size, sizeOfShape } from './shapes.js';

/** Options of `convDecoder`. */
export interface ConvDecoderOptions {
  /** [height, width] or [length], of any size. */
  readonly shape: readonly number[];
  readonly channels: number;
  /** Sizes of the parts of the input: content, then classes. */
  readonly inputs: readonly number[];
  readonly conv?: ConvOptions;
  /** Name in error messages, such as "VED: decoder". */
  readonly owner?: string;
}

/**
 * A convolutional decoder: a linear layer to a small image, then blocks of convolutions with an upsampling by two after
 * each, cropped so that any size is possible. It has no coordinate input and ignores the pose.
 * @throws {OptionError} when an option is invalid.
 * @see pyroVED's `convDecoderNet`, whose output is smaller than the image unless the sizes are multiples of 2^blocks
 * @example const decoder = convDecoder({ shape: [28, 28], channels: 1, inputs: [2] });
 */
export function convDecoder(options: ConvDecoderOptions): DecoderNet {
  const { shape, channels, inputs, conv = {}, owner = 'convDecoder' } = options;
  const resolved = resolveConv(owner, conv, 'decoder');
  const { blocks, upsampling: mode = shape.length === 1 ? 'nearest' : 'linear' } = resolved;
  const sizes = sizesTo(sizeOfShape(shape), blocks.length);
  const width = blocks[0][0];
  const layers = blocks.flatMap((outputs, i): Layer[] => {
    const last = outputs[outputs.length - 1];
    const before = i === 0 ? width : blocks[i - 1][blocks[i - 1].length - 1];
    return [...block(before, outputs, resolved), { kind: 'upsample', size: sizes[i + 1], channels: last, mode }];
  });
  const lastBlock = blocks[blocks.length - 1];
  layers.push({ kind: 'convolution', side: 1, inputs: lastBlock[lastBlock.length - 1], outputs: channels });
  const [start, points] = [sizes[0], sizeOf(shape)];
  return {
    parameters: {
      ...linearSpec('latent2features.fc', sum(inputs), width * sizeOf(start)),
      ...layersSpec('upsampler.layers', layers, shape.length),
    },
    apply(weights, { parts, pixels }) {
      const features = linearOnParts(weights, 'latent2features.fc', parts);
      const images = throughLayers(weights, 'upsampler.layers', layers, channelsLast(features, width, start));
      const output = tf.reshape(images, [...features.shape.slice(0, -1), points, channels]);
      return pixels ? take(output, pixels, -2) : output;
    },
  };
}

/**
 * The sizes from the first one to `size` in `steps` upsamplings: each is half of the next, rounded up. A height of 1 stays
 * 1.
 */
function sizesTo([height, width]: Size, steps: number): Size[] {
  const sizes: Size[] = [[height, width]];
  for (let i = 0; i < steps; i++) {
    const [h, w] = sizes[0];
    sizes.unshift([Math.ceil(h / 2), Math.ceil(w / 2)]);
  }
  return sizes;
}
