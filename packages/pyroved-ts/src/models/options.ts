/** The options that all models share, their defaults, and the checks that name what is wrong. */
import { sizeOf } from '@pyro-ts/engine/internal';
import type { Activation, SpatialDecoderOptions } from '@pyro-ts/spatial-decoder';
import { activations, wrongSelection } from '@pyro-ts/spatial-decoder/internal';
import { OptionError } from 'pyro-ts';
import { didYouMean, formatShape, refuseUnknownKeys } from 'pyro-ts/internal';
import { defined } from '../defined.js';
import type { DecoderSlot, EncoderSlot } from '../nets/index.js';
import type { Invariance, PosePriors } from '../priors/index.js';
import { checkWeights, isTooLarge } from '../sizes.js';
import type { Likelihood, LikelihoodName, LikelihoodOptions } from './likelihood.js';

export interface ModelOptions extends PosePriors, LikelihoodOptions {
  /** [height, width] of an image, [length] of a signal. */
  readonly shape: readonly number[];
  /** Channels of an image; 1. */
  readonly channels?: number;
  /** Number of content latents, those of the pose apart; 2. */
  readonly latentDim?: number;
  /** Which of rotation "r", translation "t", scale "s" and shear "h" are taken out of the content; none. A signal has "t" alone. */
  readonly invariances?: readonly Invariance[];
  /** Widths of the encoder's hidden layers; [128, 128]. */
  readonly hiddenEncoder?: readonly number[];
  /** Widths of the decoder's hidden layers; [128, 128]. The spatial decoder has a coordinate layer of the first width before them. */
  readonly hiddenDecoder?: readonly number[];
  /** After each hidden layer; "tanh". */
  readonly activation?: Activation;
  /** "bernoulli". */
  readonly likelihood?: LikelihoodName | Likelihood;
  /** Number of pixels decoded per step, a new random subset each step. @default all pixels */
  readonly pixels?: number;
  /** Of the binned angle guide: sum this many of the likeliest bins and one weighted draw of the rest. @default all bins */
  readonly exactBins?: number;
  /** Decides the first weights; 1. */
  readonly seed?: number | string;
  /** What computes the spatial decoder, as `selectKernel` returns it. @default plain tensor operations */
  readonly kernel?: SpatialDecoderOptions['kernel'];
  /** In place of the fully connected encoder: `convNet({ ... })`, a custom network or a `tf.LayersModel`. */
  readonly encoder?: EncoderSlot;
  /**
   * In place of the decoder, likewise; of a model with invariances, a net that uses the transform. "template": one picture per class, moved by a smooth
   * field; of the semi-supervised model with recognition. See `TemplateSSIVAE`.
   */
  readonly decoder?: DecoderSlot | 'template';
}

export const modelOptionKeys: readonly (keyof ModelOptions)[] = [
  'shape',
  'channels',
  'latentDim',
  'invariances',
  'hiddenEncoder',
  'hiddenDecoder',
  'activation',
  'likelihood',
  'pixels',
  'seed',
  'kernel',
  'encoder',
  'decoder',
  'anglePrior',
  'angleGuide',
  'angleBins',
  'exactBins',
  'shiftPrior',
  'scalePrior',
  'shearPrior',
  'decoderSigma',
  'sigmoidOutput',
];

const defaults = {
  channels: 1,
  latentDim: 2,
  invariances: [] as readonly Invariance[],
  hiddenEncoder: [128, 128] as readonly number[],
  hiddenDecoder: [128, 128] as readonly number[],
  activation: 'tanh' as Activation,
  likelihood: 'bernoulli' as LikelihoodName | Likelihood,
  seed: 1 as number | string,
};

export type ResolvedOptions = ModelOptions & Required<Pick<ModelOptions, keyof typeof defaults>>;

/** The options with their defaults. @throws {OptionError} that names the model, the option and what it may be. */
export function resolveOptions(owner: string, options: ModelOptions, keys: readonly string[]): ResolvedOptions {
  refuseUnknownKeys(owner, options, keys);
  const all = { ...defaults, ...defined(options) } as ResolvedOptions;
  const { shape, channels, latentDim, activation, pixels } = all;
  checkShape(owner, 'shape', shape);
  checkCount(owner, 'channels', channels);
  checkCount(owner, 'latentDim', latentDim);
  checkWidths(owner, 'hiddenEncoder', all.hiddenEncoder);
  checkWidths(owner, 'hiddenDecoder', all.hiddenDecoder);
  const values = channels * sizeOf(shape);
  if (!all.encoder) checkWeights(owner, 'hiddenEncoder', [values, ...all.hiddenEncoder, 2 * latentDim]);
  // The spatial decoder has no layer as wide as the image.
  if (!all.decoder)
    checkWeights(owner, 'hiddenDecoder', [
      latentDim,
      ...all.hiddenDecoder,
      all.invariances?.length > 0 ? channels : values,
    ]);
  if (!activations.includes(activation)) {
    throw new OptionError(
      `${owner}: there is no activation "${activation}".${didYouMean(String(activation), activations)}`,
    );
  }
  if (pixels !== undefined && (!isCount(pixels) || pixels > sizeOf(shape))) {
    const most = sizeOf(shape);
    throw new OptionError(
      `${owner}: pixels is a whole number from 1 to the ${most} of an image of shape ${formatShape(shape)}, not ${pixels}.`,
    );
  }
  const wrong = wrongSelection(all.kernel);
  if (wrong !== undefined) throw new OptionError(`${owner}: ${wrong}`);
  return all;
}

const isCount = (n: unknown): boolean => Number.isInteger(n) && (n as number) > 0;

/** Refuses what is no [height, width] and no [length]. */
export function checkShape(owner: string, option: string, shape: readonly number[]): void {
  if (Array.isArray(shape) && shape.length >= 1 && shape.length <= 2 && shape.every(isCount)) {
    if (isTooLarge(shape))
      throw new OptionError(`${owner}: ${option} [${shape.join(', ')}] has more than 16 million points.`);
    return;
  }
  throw new OptionError(`${owner}: ${option} is [height, width] or [length], not ${JSON.stringify(shape)}.`);
}

/** Refuses what is no whole number of at least 1. */
export function checkCount(owner: string, option: string, n: number): void {
  if (!isCount(n)) throw new OptionError(`${owner}: ${option} is a whole number of at least 1, not ${n}.`);
}

/** Refuses an empty list of layers and widths that are no whole numbers. */
export function checkWidths(owner: string, option: string, widths: readonly number[]): void {
  if (Array.isArray(widths) && widths.length > 0 && widths.every(isCount)) return;
  throw new OptionError(`${owner}: ${option} is a list of widths such as [128, 128], not ${JSON.stringify(widths)}.`);
}
