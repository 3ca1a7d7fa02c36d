/** The options that all models share, with their defaults and checks. */
import { sizeOf } from '@pyro-ts/engine/internal';
import type { Activation, SpatialDecoderOptions } from '@pyro-ts/spatial-decoder';
import { activations, wrongSelection } from '@pyro-ts/spatial-decoder/internal';
import { OptionError } from 'pyro-ts';
import { formatShape, rejectUnknownKeys } from 'pyro-ts/internal';
import type { DecoderSlot, EncoderSlot } from '../nets/index.js';
import {
  type Constraint,
  checkOptions,
  integer,
  layerWidths,
  type OptionTable,
  oneOf,
  positiveInteger,
  type WithDefaults,
  withDefaults,
} from '../options.js';
import type { Invariance, PosePriors } from '../priors/index.js';
import { checkWeights, isTooLarge } from '../sizes.js';
import type { Likelihood, LikelihoodName, LikelihoodOptions } from './likelihood.js';

/** Options of all models. */
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

const isShape = (shape: unknown): boolean =>
  Array.isArray(shape) && shape.length >= 1 && shape.length <= 2 && shape.every(positiveInteger.isValid);

/** [height, width] or [length]. */
export const dataShape: Constraint<readonly number[]> = {
  must: (shape) => (isShape(shape) ? 'of at most 16 million points' : '[height, width] or [length]'),
  isValid: (shape) => isShape(shape) && !isTooLarge(shape),
};

/** The options of all models. Those without a constraint are checked by what they describe: priors, networks, likelihood. */
export const modelTable = {
  shape: { required: true, ...dataShape },
  channels: { default: 1, ...positiveInteger },
  latentDim: { default: 2, ...positiveInteger },
  invariances: { default: [] as readonly Invariance[] },
  hiddenEncoder: { default: [128, 128] as readonly number[], ...layerWidths },
  hiddenDecoder: { default: [128, 128] as readonly number[], ...layerWidths },
  activation: { default: 'tanh' as Activation, ...oneOf(activations) },
  likelihood: { default: 'bernoulli' as LikelihoodName | Likelihood },
  pixels: {},
  seed: { default: 1 as number | string },
  kernel: {},
  encoder: {},
  decoder: {},
  anglePrior: {},
  angleGuide: {},
  angleBins: {},
  exactBins: {},
  shiftPrior: {},
  scalePrior: {},
  shearPrior: {},
  decoderSigma: {},
  sigmoidOutput: {},
} satisfies OptionTable<ModelOptions>;

/** The options of all models with their defaults. */
export type ResolvedOptions = WithDefaults<ModelOptions, typeof modelTable>;

/**
 * The options of all models with their defaults.
 * @param own further options of a kind of model, which are returned unchanged
 * @throws {OptionError} when an option is invalid; the message names the model, the option and its valid values.
 */
export function resolveModel(owner: string, options: ModelOptions, own: object): ResolvedOptions {
  rejectUnknownKeys(owner, options, Object.keys({ ...modelTable, ...own }));
  checkOptions(owner, options, modelTable);
  const all = withDefaults(options, modelTable);
  const { shape, channels, latentDim, pixels } = all;
  const points = sizeOf(shape);
  const values = channels * points;
  if (!all.encoder) checkWeights(owner, 'hiddenEncoder', [values, ...all.hiddenEncoder, 2 * latentDim]);
  // The spatial decoder has no layer with the width of the image.
  const outputs = all.invariances?.length > 0 ? channels : values;
  if (!all.decoder) checkWeights(owner, 'hiddenDecoder', [latentDim, ...all.hiddenDecoder, outputs]);
  if (pixels !== undefined && !integer(1, points).isValid(pixels)) {
    throw new OptionError(
      `${owner}: pixels must be an integer from 1 to ${points}, the number of pixels of an image of shape ${formatShape(shape)}; got ${pixels}.`,
    );
  }
  const wrong = wrongSelection(all.kernel);
  if (wrong !== undefined) throw new OptionError(`${owner}: ${wrong}`);
  return all;
}
