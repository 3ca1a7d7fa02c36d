/** The options that all models share, with their defaults and checks. */
import { sizeOf } from '@pyro-ts/engine/internal';
import type { Activation, SpatialDecoderOptions } from '@pyro-ts/spatial-decoder';
import { activations, wrongSelection } from '@pyro-ts/spatial-decoder/internal';
import { OptionError } from 'pyro-ts';
import { didYouMean, formatShape, rejectUnknownKeys } from 'pyro-ts/internal';
import { defined } from '../defined.js';
import type { DecoderSlot, EncoderSlot } from '../nets/index.js';
import type { Invariance, PosePriors } from '../priors/index.js';
import { checkWeights, isTooLarge } from '../sizes.js';
import type { Likelihood, LikelihoodName, LikelihoodOptions } from './likelihood.js';

export interface ModelOptions extends PosePriors, LikelihoodOptions {
  /** [height, width] of an image, [length] of a signal. */
  readonly shape: readonly number[];
  /** Number of channels of an image. @default 1 */
  readonly channels?: number;
  /** Number of content latents, not counting those of the pose. @default 2 */
  readonly latentDim?: number;
  /**
   * The content is invariant to these: rotation "r", translation "t", scale "s", shear "h". Signals support only "t".
   * @default none
   */
  readonly invariances?: readonly Invariance[];
  /** Widths of the encoder's hidden layers. @default [128, 128] */
  readonly hiddenEncoder?: readonly number[];
  /**
   * Widths of the decoder's hidden layers. The spatial decoder adds a coordinate layer of the first width before them.
   * @default [128, 128]
   */
  readonly hiddenDecoder?: readonly number[];
  /** Activation after each hidden layer. @default 'tanh' */
  readonly activation?: Activation;
  /** Distribution of the pixel values. @default 'bernoulli' */
  readonly likelihood?: LikelihoodName | Likelihood;
  /** Number of pixels decoded per step, a new random subset each step. @default all pixels */
  readonly pixels?: number;
  /**
   * With the binned angle guide: sum over this many of the likeliest bins and one weighted draw from the rest.
   * @default all bins
   */
  readonly exactBins?: number;
  /** Seed of the initial weights. @default 1 */
  readonly seed?: number | string;
  /** Kernel of the spatial decoder, as returned by `selectKernel`. @default plain tensor operations */
  readonly kernel?: SpatialDecoderOptions['kernel'];
  /** Replaces the fully connected encoder: `convNet({ ... })`, a custom network or a `tf.LayersModel`. */
  readonly encoder?: EncoderSlot;
  /**
   * Replaces the decoder, likewise; in a model with invariances, the network must apply the transform. "template": one
   * picture per class, deformed by a smooth field, in the semi-supervised model with recognition; see `TemplateSSIVAE`.
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

/**
 * The options with their defaults.
 * @throws {OptionError} when an option is invalid; the message names the model, the option and its valid values.
 */
export function resolveOptions(owner: string, options: ModelOptions, keys: readonly string[]): ResolvedOptions {
  rejectUnknownKeys(owner, options, keys);
  const all = { ...defaults, ...defined(options) } as ResolvedOptions;
  const { shape, channels, latentDim, activation, pixels } = all;
  checkShape(owner, 'shape', shape);
  checkCount(owner, 'channels', channels);
  checkCount(owner, 'latentDim', latentDim);
  checkWidths(owner, 'hiddenEncoder', all.hiddenEncoder);
  checkWidths(owner, 'hiddenDecoder', all.hiddenDecoder);
  const values = channels * sizeOf(shape);
  if (!all.encoder) checkWeights(owner, 'hiddenEncoder', [values, ...all.hiddenEncoder, 2 * latentDim]);
  // The spatial decoder has no layer with the width of the image.
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
      `${owner}: pixels must be an integer from 1 to ${most}, the number of pixels of an image of shape ${formatShape(shape)}; got ${pixels}.`,
    );
  }
  const wrong = wrongSelection(all.kernel);
  if (wrong !== undefined) throw new OptionError(`${owner}: ${wrong}`);
  return all;
}

const isCount = (n: unknown): boolean => Number.isInteger(n) && (n as number) > 0;

/** @throws {OptionError} when `shape` is neither [height, width] nor [length]. */
export function checkShape(owner: string, option: string, shape: readonly number[]): void {
  if (Array.isArray(shape) && shape.length >= 1 && shape.length <= 2 && shape.every(isCount)) {
    if (isTooLarge(shape))
      throw new OptionError(`${owner}: ${option} [${shape.join(', ')}] has more than 16 million points.`);
    return;
  }
  throw new OptionError(`${owner}: ${option} must be [height, width] or [length]; got ${JSON.stringify(shape)}.`);
}

/** @throws {OptionError} when `n` is not a positive integer. */
export function checkCount(owner: string, option: string, n: number): void {
  if (!isCount(n)) throw new OptionError(`${owner}: ${option} must be an integer of at least 1; got ${n}.`);
}

/** @throws {OptionError} when `widths` is not a non-empty list of positive integers. */
export function checkWidths(owner: string, option: string, widths: readonly number[]): void {
  if (Array.isArray(widths) && widths.length > 0 && widths.every(isCount)) return;
  throw new OptionError(
    `${owner}: ${option} must be a list of widths such as [128, 128]; got ${JSON.stringify(widths)}.`,
  );
}
