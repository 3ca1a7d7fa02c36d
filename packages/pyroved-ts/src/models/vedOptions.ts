/** The options of the variational encoder-decoder, their defaults, and the checks that name what is wrong. */
import { refuseUnknownKeys } from 'pyro-ts/internal';
import { defined } from '../defined.js';
import type { ConvOptions, DecoderSlot, EncoderSlot } from '../nets/index.js';
import type { Likelihood, LikelihoodName, LikelihoodOptions } from './likelihood.js';
import { checkCount, checkShape } from './options.js';

type Blocks = NonNullable<ConvOptions['blocks']>;

export interface VEDOptions extends LikelihoodOptions, Omit<ConvOptions, 'blocks'> {
  /** What is given: [height, width] of an image, [length] of a spectrum or another signal. */
  readonly inputShape: readonly number[];
  /** 1. */
  readonly inputChannels?: number;
  /** What is predicted, likewise; of any size. */
  readonly outputShape: readonly number[];
  /** 1. */
  readonly outputChannels?: number;
  /** Number of latents; 2. */
  readonly latentDim?: number;
  /** Channels of the encoder's convolutions, block by block; [[32], [64, 64], [128, 128]]. */
  readonly hiddenEncoder?: Blocks;
  /** Channels of the decoder's; [[128, 128], [64, 64], [32]]. */
  readonly hiddenDecoder?: Blocks;
  /** Of the outputs; "bernoulli". */
  readonly likelihood?: LikelihoodName | Likelihood;
  /** Decides the first weights; 1. */
  readonly seed?: number | string;
  /** In place of the convolutional encoder: a custom network or a `tf.LayersModel`. */
  readonly encoder?: EncoderSlot;
  /** In place of the convolutional decoder, likewise. */
  readonly decoder?: DecoderSlot;
}

const keys: readonly (keyof VEDOptions)[] = [
  'inputShape',
  'inputChannels',
  'outputShape',
  'outputChannels',
  'latentDim',
  'hiddenEncoder',
  'hiddenDecoder',
  'kernelSize',
  'activation',
  'batchNorm',
  'upsampling',
  'likelihood',
  'decoderSigma',
  'sigmoidOutput',
  'seed',
  'encoder',
  'decoder',
];

const defaults = {
  inputChannels: 1,
  outputChannels: 1,
  latentDim: 2,
  likelihood: 'bernoulli' as LikelihoodName | Likelihood,
  seed: 1 as number | string,
};

/** The options as a run's configuration keeps them. */
export type VEDConfig = { readonly kind: 'VED' } & VEDOptions;

export type ResolvedVED = VEDOptions & Required<Pick<VEDOptions, keyof typeof defaults>>;

/** The options with their defaults; those of the networks are checked where they are made. @throws {OptionError} that names the option. */
export function resolveVED(options: VEDOptions): ResolvedVED {
  refuseUnknownKeys('VED', options, keys);
  const all = { ...defaults, ...defined(options) } as ResolvedVED;
  checkShape('VED', 'inputShape', all.inputShape);
  checkShape('VED', 'outputShape', all.outputShape);
  checkCount('VED', 'inputChannels', all.inputChannels);
  checkCount('VED', 'outputChannels', all.outputChannels);
  checkCount('VED', 'latentDim', all.latentDim);
  return all;
}

/** What the options say of the encoder's convolutions, and of the decoder's. */
export function convolutionsOf(options: VEDOptions): { readonly encoder: ConvOptions; readonly decoder: ConvOptions } {
  const { hiddenEncoder, hiddenDecoder, kernelSize, activation, batchNorm, upsampling } = options;
  const shared = { kernelSize, activation, batchNorm };
  return {
    encoder: { ...shared, blocks: hiddenEncoder },
    decoder: { ...shared, blocks: hiddenDecoder, upsampling },
  };
}
