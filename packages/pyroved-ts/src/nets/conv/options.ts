/** The options of a convolutional network. */
import type { Activation } from '@pyro-ts/spatial-decoder';
import { activations } from '@pyro-ts/spatial-decoder/internal';
import { OptionError } from 'pyro-ts';
import { didYouMean, rejectUnknownKeys } from 'pyro-ts/internal';
import { checkWeights } from '../../sizes.js';

export interface ConvOptions {
  /**
   * Channels of the convolutions, block by block: [[32], [64, 64], [128, 128]] for encoders and classifiers, the
   * reverse for decoders. Encoders halve the image between blocks, decoders double it after each.
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
export type Upsampling = (typeof upsamplings)[number];

const keys: readonly (keyof ConvOptions)[] = ['blocks', 'kernelSize', 'activation', 'batchNorm', 'upsampling'];

export type ResolvedConv = Required<Omit<ConvOptions, 'upsampling'>> & Pick<ConvOptions, 'upsampling'>;

const encoderBlocks: readonly (readonly number[])[] = [[32], [64, 64], [128, 128]];

/**
 * The options with their defaults. `owner` is the name in error messages, such as "VED: encoder".
 * @throws {OptionError} when an option is invalid.
 */
export function resolveConv(owner: string, options: ConvOptions, role: 'encoder' | 'decoder'): ResolvedConv {
  rejectUnknownKeys(owner, options, keys);
  const {
    blocks = role === 'encoder' ? encoderBlocks : encoderBlocks.toReversed(),
    kernelSize = 3,
    activation = 'leakyRelu',
    batchNorm = false,
    upsampling,
  } = options;
  const isFull = (list: readonly unknown[]) => Array.isArray(list) && list.length > 0;
  if (!isFull(blocks) || !blocks.every((block) => isFull(block) && block.every((n) => Number.isInteger(n) && n > 0))) {
    throw new OptionError(
      `${owner}: blocks must be a list of the channels of each block, such as [[32], [64, 64]]; got ${JSON.stringify(blocks)}.`,
    );
  }
  if (!Number.isInteger(kernelSize) || kernelSize < 1 || kernelSize % 2 === 0) {
    throw new OptionError(`${owner}: kernelSize must be an odd positive integer such as 3; got ${kernelSize}.`);
  }
  const channels = blocks.flat();
  checkWeights(owner, 'blocks', channels, kernelSize ** 2);
  if (!activations.includes(activation)) {
    throw new OptionError(
      `${owner}: there is no activation "${activation}".${didYouMean(String(activation), activations)}`,
    );
  }
  if (upsampling !== undefined && (role === 'encoder' || !upsamplings.includes(upsampling))) {
    throw new OptionError(
      role === 'encoder'
        ? `${owner}: upsampling belongs to decoders. Omit it.`
        : `${owner}: upsampling must be "linear" or "nearest"; got "${upsampling}".`,
    );
  }
  if (typeof batchNorm !== 'boolean')
    throw new OptionError(`${owner}: batchNorm must be true or false; got ${JSON.stringify(batchNorm)}.`);
  return { blocks, kernelSize, activation, batchNorm, ...(upsampling !== undefined && { upsampling }) };
}
