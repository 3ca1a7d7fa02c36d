/** What one may choose of a convolutional network. */
import type { Activation } from '@pyro-ts/spatial-decoder';
import { activations } from '@pyro-ts/spatial-decoder/internal';
import { OptionError } from 'pyro-ts';
import { didYouMean, refuseUnknownKeys } from 'pyro-ts/internal';
import { checkWeights } from '../../sizes.js';

export interface ConvOptions {
  /**
   * Channels of the convolutions, block by block: [[32], [64, 64], [128, 128]] for encoders and classifiers, the reverse for decoders. Encoders halve
   * the image between blocks, decoders double it after each.
   */
  readonly blocks?: readonly (readonly number[])[];
  /** Side of the filters, odd; 3. */
  readonly kernelSize?: number;
  /** After each convolution; "leakyRelu". */
  readonly activation?: Activation;
  /** Normalise each channel over the batch, after the activation; false. */
  readonly batchNorm?: boolean;
  /** How decoders double a size; "linear" for images, "nearest" for signals, as in pyroVED. */
  readonly upsampling?: Upsampling;
}

export const upsamplings = ['linear', 'nearest'] as const;
export type Upsampling = (typeof upsamplings)[number];

const keys: readonly (keyof ConvOptions)[] = ['blocks', 'kernelSize', 'activation', 'batchNorm', 'upsampling'];

export type ResolvedConv = Required<Omit<ConvOptions, 'upsampling'>> & Pick<ConvOptions, 'upsampling'>;

const encoderBlocks: readonly (readonly number[])[] = [[32], [64, 64], [128, 128]];

/** The options with their defaults. @throws {OptionError} that names what is wrong; `owner` as in messages: "VED: encoder". */
export function resolveConv(owner: string, options: ConvOptions, role: 'encoder' | 'decoder'): ResolvedConv {
  refuseUnknownKeys(owner, options, keys);
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
      `${owner}: blocks lists the channels of each block, such as [[32], [64, 64]], not ${JSON.stringify(blocks)}.`,
    );
  }
  if (!Number.isInteger(kernelSize) || kernelSize < 1 || kernelSize % 2 === 0) {
    throw new OptionError(`${owner}: kernelSize is an odd whole number such as 3, not ${kernelSize}.`);
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
        : `${owner}: upsampling is "linear" or "nearest", not "${upsampling}".`,
    );
  }
  if (typeof batchNorm !== 'boolean')
    throw new OptionError(`${owner}: batchNorm is true or false, not ${JSON.stringify(batchNorm)}.`);
  return { blocks, kernelSize, activation, batchNorm, ...(upsampling !== undefined && { upsampling }) };
}
