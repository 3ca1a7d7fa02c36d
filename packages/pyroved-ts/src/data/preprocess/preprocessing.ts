/** What is done to images before a model sees them: part of a run's configuration, and repeated on new images. */
import { type OptionTable, oneOf, resolveOptions } from '../../options.js';

/**
 * What is subtracted from each image. `plane`: a robust fit of a plane (of a signal: of a line); `polynomial`: of a
 * polynomial of degree 2; `gaussian`: the image itself, blurred over an eighth of its side, objects excluded.
 */
export const backgroundNames = ['none', 'plane', 'polynomial', 'gaussian'] as const;
export type BackgroundRemoval = (typeof backgroundNames)[number];

/**
 * How each image is scaled. `rms`: divided by the root mean square of its values; `std`: its mean becomes 0 and its
 * standard deviation 1.
 */
export const standardiseNames = ['none', 'rms', 'std'] as const;
export type Standardisation = (typeof standardiseNames)[number];

/**
 * Applied to each channel of each image by itself: first the background is removed, then the result is standardised.
 */
export interface Preprocessing {
  readonly background: BackgroundRemoval;
  readonly standardise: Standardisation;
}

export const noPreprocessing: Preprocessing = { background: 'none', standardise: 'none' };

/** Whether images stay as they are. */
export const isIdentity = ({ background, standardise }: Preprocessing): boolean =>
  background === 'none' && standardise === 'none';

const table = {
  background: { required: true, ...oneOf(backgroundNames) },
  standardise: { required: true, ...oneOf(standardiseNames) },
} satisfies OptionTable<Preprocessing>;

/** @throws {OptionError} for unknown keys and values, with the nearest valid one. */
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

/** For people, such as "plane subtracted, divided by the RMS of each image"; "none" where images stay as they are. */
export const preprocessingText = ({ background, standardise }: Preprocessing): string =>
  [backgrounds[background], standardisations[standardise]].filter((part) => part !== '').join(', ') || 'none';
