/** Preprocessing of images before they are passed to a model: part of the configuration of a run. */
import { type OptionTable, oneOf, resolveOptions } from '../../options.js';

/**
 * The background that is subtracted from each image. `plane`: a robust fit of a plane (for signals, a line);
 * `polynomial`: of a polynomial of degree 2; `gaussian`: the image blurred over an eighth of its side, without objects.
 */
export const backgroundNames = ['none', 'plane', 'polynomial', 'gaussian'] as const;
/** How the background is removed; see `Preprocessing`. */
export type BackgroundRemoval = (typeof backgroundNames)[number];

/**
 * How each image is scaled. `rms`: divided by the root mean square of its values; `std`: its mean becomes 0 and its
 * standard deviation 1.
 */
export const standardiseNames = ['none', 'rms', 'std'] as const;
/** How images are scaled; see `Preprocessing`. */
export type Standardisation = (typeof standardiseNames)[number];

/**
 * Applied to each channel of each image separately: the background is removed, then the result is standardised.
 */
export interface Preprocessing {
  readonly background: BackgroundRemoval;
  readonly standardise: Standardisation;
}

/**
 * Leaves images unchanged.
 * @example preprocessed(images, noPreprocessing) // images
 */
export const noPreprocessing: Preprocessing = { background: 'none', standardise: 'none' };

/** Whether images stay unchanged. */
export const isIdentity = ({ background, standardise }: Preprocessing): boolean =>
  background === 'none' && standardise === 'none';

const table = {
  background: { required: true, ...oneOf(backgroundNames) },
  standardise: { required: true, ...oneOf(standardiseNames) },
} satisfies OptionTable<Preprocessing>;

/** @throws {OptionError} when a key or a value is unknown; the message suggests the nearest valid one. */
export function checkPreprocessing(preprocessing: Preprocessing): void {
  resolveOptions('preprocess', preprocessing, table);
}

const backgrounds: Readonly<Record<BackgroundRemoval, string>> = {
  none: '',
  plane: 'plane subtracted',
  polynomial: 'polynomial of degree 2 subtracted',
  gaussian: 'large-scale Gaussian background subtracted',
};

const standardisations: Readonly<Record<Standardisation, string>> = {
  none: '',
  rms: 'divided by the RMS of each image',
  std: 'mean 0 and standard deviation 1 for each image',
};

/** A description such as "plane subtracted, divided by the RMS of each image"; "none" if images stay unchanged. */
export const preprocessingText = ({ background, standardise }: Preprocessing): string =>
  [backgrounds[background], standardisations[standardise]].filter((part) => part !== '').join(', ') || 'none';
