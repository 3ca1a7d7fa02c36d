/** The options of a convolutional network. */
import type { Activation } from '@pyro-ts/spatial-decoder';
import { activations } from '@pyro-ts/spatial-decoder/internal';
import { OptionError } from 'pyro-ts';
import { type OptionTable, oneOf, positiveInteger, resolveOptions, type WithDefaults } from '../../options.js';
import { checkWeights } from '../../sizes.js';

/** Options of convolutional networks. */
export interface ConvOptions {
  /**
   * Channels of the convolutions, block by block: [[32], [64, 64], [128, 128]] for encoders and classifiers, the
   * reverse for decoders. Encoders downsample the image by 2 between blocks, decoders upsample it by 2 after each.
   */
  readonly blocks?: readonly (readonly number[])[];
  /** Side length of the filters, odd. @default 3 */
  readonly kernelSize?: number;
  /** Activation after each convolution. @default 'leakyRelu' */
  readonly activation?: Activation;
  /** Apply batch normalisation after the activation. @default false */
  readonly batchNorm?: boolean;
  /** Upsampling of decoders. @default 'linear' for images, 'nearest' for signals, as in pyroVED */
  readonly upsampling?: Upsampling;
}

export const upsamplings = ['linear', 'nearest'] as const;
/** How a decoder upsamples: by linear interpolation, or by repetition of the nearest pixel. */
export type Upsampling = (typeof upsamplings)[number];

const isFull = (list: unknown): boolean => Array.isArray(list) && list.length > 0;

const table = {
  blocks: {
    must: 'a list of the channels of each block, such as [[32], [64, 64]]',
    isValid: (blocks) =>
      isFull(blocks) && blocks.every((block) => isFull(block) && block.every(positiveInteger.isValid)),
  },
  kernelSize: {
    default: 3,
    must: 'an odd positive integer such as 3',
    isValid: (side) => positiveInteger.isValid(side) && side % 2 === 1,
  },
  activation: { default: 'leakyRelu' as Activation, ...oneOf(activations) },
  batchNorm: { default: false, must: 'true or false', isValid: (value) => typeof value === 'boolean' },
  upsampling: oneOf(upsamplings),
} satisfies OptionTable<ConvOptions>;

export type ResolvedConv = WithDefaults<ConvOptions, typeof table> & Required<Pick<ConvOptions, 'blocks'>>;

const encoderBlocks: readonly (readonly number[])[] = [[32], [64, 64], [128, 128]];

/**
 * The options with their defaults. `owner` is the name in error messages, such as "VED: encoder".
 * @throws {OptionError} when an option is invalid.
 */
export function resolveConv(owner: string, options: ConvOptions, role: 'encoder' | 'decoder'): ResolvedConv {
  const resolved = resolveOptions(owner, options, table);
  if (role === 'encoder' && resolved.upsampling !== undefined) {
    throw new OptionError(`${owner}: upsampling belongs to decoders. Omit it.`);
  }
  const blocks = resolved.blocks ?? (role === 'encoder' ? encoderBlocks : encoderBlocks.toReversed());
  checkWeights(owner, 'blocks', blocks.flat(), resolved.kernelSize ** 2);
  return { ...resolved, blocks };
}
