/** The options of the variational encoder-decoder, with their defaults and checks. */
import type { ConvOptions, DecoderSlot, EncoderSlot } from '../nets/index.js';
import { type OptionTable, positiveInteger, resolveOptions, type WithDefaults } from '../options.js';
import type { Likelihood, LikelihoodName, LikelihoodOptions } from './likelihood.js';
import { dataShape } from './options.js';

type Blocks = NonNullable<ConvOptions['blocks']>;

/** Options of a `VED`. */
export interface VEDOptions extends LikelihoodOptions, Omit<ConvOptions, 'blocks'> {
  /** Shape of the inputs: [height, width] of an image, [length] of a spectrum or another signal. */
  readonly inputShape: readonly number[];
  /** @default 1 */
  readonly inputChannels?: number;
  /** Shape of the outputs, independent of that of the inputs. */
  readonly outputShape: readonly number[];
  /** @default 1 */
  readonly outputChannels?: number;
  /** Number of latents. @default 2 */
  readonly latentDim?: number;
  /** Channels of the encoder's convolutions, block by block. @default [[32], [64, 64], [128, 128]] */
  readonly hiddenEncoder?: Blocks;
  /** Channels of the decoder's convolutions, block by block. @default [[128, 128], [64, 64], [32]] */
  readonly hiddenDecoder?: Blocks;
  /** Likelihood of the outputs. @default 'bernoulli' */
  readonly likelihood?: LikelihoodName | Likelihood;
  /** Seed of the initial weights. @default 1 */
  readonly seed?: number | string;
  /** Replaces the convolutional encoder: a custom network or a `tf.LayersModel`. */
  readonly encoder?: EncoderSlot;
  /** Replaces the convolutional decoder, likewise. */
  readonly decoder?: DecoderSlot;
}

/** The options of the networks are checked when these are constructed. */
const table = {
  inputShape: { required: true, ...dataShape },
  inputChannels: { default: 1, ...positiveInteger },
  outputShape: { required: true, ...dataShape },
  outputChannels: { default: 1, ...positiveInteger },
  latentDim: { default: 2, ...positiveInteger },
  hiddenEncoder: {},
  hiddenDecoder: {},
  kernelSize: {},
  activation: {},
  batchNorm: {},
  upsampling: {},
  likelihood: { default: 'bernoulli' as LikelihoodName | Likelihood },
  decoderSigma: {},
  sigmoidOutput: {},
  seed: { default: 1 as number | string },
  encoder: {},
  decoder: {},
} satisfies OptionTable<VEDOptions>;

/** The options as stored in the configuration of a run. */
export type VEDConfig = { readonly kind: 'VED' } & VEDOptions;

/** The options of a `VED` with their defaults. */
export type ResolvedVED = WithDefaults<VEDOptions, typeof table>;

/** The options with their defaults. @throws {OptionError} when an option is invalid. */
export const resolveVED = (options: VEDOptions): ResolvedVED => resolveOptions('VED', options, table);

/** The options of the convolutions of the encoder and the decoder. */
export function convolutionsOf(options: VEDOptions): { readonly encoder: ConvOptions; readonly decoder: ConvOptions } {
  const { hiddenEncoder, hiddenDecoder, kernelSize, activation, batchNorm, upsampling } = options;
  const shared = { kernelSize, activation, batchNorm };
  return {
    encoder: { ...shared, blocks: hiddenEncoder },
    decoder: { ...shared, blocks: hiddenDecoder, upsampling },
  };
}
