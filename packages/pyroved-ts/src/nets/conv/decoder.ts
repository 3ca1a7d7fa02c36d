/** The convolutional decoder: a few large pixels from the latents, upsampled and convolved until they are the image. */
import { take } from '@pyro-ts/engine';
import { sizeOf } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { linearOnParts, linearSpec, sum } from '../layers.js';
import type { DecoderNet } from '../slots.js';
import { block, type Layer, layersSpec, throughLayers } from './layers.js';
import { type ConvOptions, resolveConv } from './options.js';
import { channelsLast, type Size, sizeOfShape } from './shapes.js';

export interface ConvDecoderOptions {
  /** [height, width] or [length], of any size. */
  readonly shape: readonly number[];
  readonly channels: number;
  /** Sizes of the input's parts: content, then classes. */
  readonly inputs: readonly number[];
  readonly conv?: ConvOptions;
  /** As in messages: "VED: decoder". */
  readonly owner?: string;
}

/**
 * Images of exactly `shape`: each doubling is cut to what is needed, so that no size has to divide by anything. It
 * knows no coordinates and ignores the pose. Source: pyroVED's `convDecoderNet`, which gives fewer points where the
 * size does not divide by 2 to the number of blocks.
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
 * The sizes from the first to `size` in `steps` doublings, each cut to the half rounded up of the next; a height of 1
 * stays.
 */
function sizesTo([height, width]: Size, steps: number): Size[] {
  const sizes: Size[] = [[height, width]];
  for (let i = 0; i < steps; i++) {
    const [h, w] = sizes[0];
    sizes.unshift([Math.ceil(h / 2), Math.ceil(w / 2)]);
  }
  return sizes;
}
