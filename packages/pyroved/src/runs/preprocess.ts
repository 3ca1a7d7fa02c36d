/** The preprocessing of a run: set by options or chosen from the training images, and applied to all sets. */
import { OptionError } from 'pyro-ts';
import { didYouMean, rejectUnknownKeys } from 'pyro-ts/internal';
import {
  type BackgroundRemoval,
  choosePreprocessing,
  type ModelOptions,
  noPreprocessing,
  type Preprocessing,
  preprocessed,
  type Standardisation,
  type TrainingImages,
} from 'pyroved-ts';
import { backgroundNames, isIdentity, preprocessingText, standardiseNames } from 'pyroved-ts/internal';
import type { TrainingSets } from '../sources/sets.js';

/** `auto`, the default, is chosen from the training images; `none` leaves them unchanged. */
export type PreprocessSetting =
  | 'auto'
  | 'none'
  | {
      /** @default "auto" */
      readonly background?: BackgroundRemoval | 'auto';
      /** @default "auto" */
      readonly standardise?: Standardisation | 'auto';
    };

/** The options that determine the preprocessing of a new run. */
export interface PreprocessRequest {
  readonly setting: PreprocessSetting;
  /** The likelihood, if given. With one for values in [0, 1], `auto` leaves the images unchanged. */
  readonly likelihood?: ModelOptions['likelihood'];
}

/** Checks the options that do not depend on the images. @throws {OptionError} when one is invalid. */
export function checkPreprocess({ setting, likelihood }: PreprocessRequest): void {
  const { background, standardise } = partsOf(setting);
  checkName('background', background, [...backgroundNames, 'auto']);
  checkName('standardise', standardise, [...standardiseNames, 'auto']);
  const requested = [background, standardise].find((name) => name !== 'auto' && name !== 'none');
  if (requested === undefined || !isUnit(likelihood)) return;
  throw new OptionError(
    `Preprocessing "${requested}" gives values outside [0, 1], which the likelihood "${nameOf(likelihood)}" does not support. ` +
      'Use the likelihood "gaussian" or preprocess "none".',
  );
}

function partsOf(setting: PreprocessSetting) {
  if (typeof setting === 'object' && setting !== null) {
    rejectUnknownKeys('preprocess', setting, ['background', 'standardise']);
    const { background = 'auto', standardise = 'auto' } = setting;
    return { background, standardise };
  }
  checkName('preprocess', setting, ['auto', 'none']);
  return { background: setting, standardise: setting };
}

function checkName(option: string, name: string, names: readonly string[]): void {
  if (names.includes(name)) return;
  const list = names.map((known) => `"${known}"`).join(', ');
  throw new OptionError(
    `${option} must be one of ${list}; got ${JSON.stringify(name)}.${didYouMean(String(name), names)}`,
  );
}

const nameOf = (likelihood: ModelOptions['likelihood']): string | undefined =>
  typeof likelihood === 'object' ? likelihood.name : likelihood;

const isUnit = (likelihood: ModelOptions['likelihood']): boolean => nameOf(likelihood)?.includes('bernoulli') === true;

/** The preprocessing for a request, with a message unless the images need none. */
export function resolvePreprocess(
  request: PreprocessRequest,
  sets: TrainingSets,
): { readonly preprocessing: Preprocessing; readonly line?: string } {
  checkPreprocess(request);
  const requested = partsOf(request.setting);
  const isAuto = requested.background === 'auto' || requested.standardise === 'auto';
  const chosen = isAuto ? choosePreprocessing(trainingImages(sets)) : undefined;
  const preprocessing = chosen ? combined(requested, chosen.preprocessing) : (requested as Preprocessing);
  if (isIdentity(preprocessing)) return { preprocessing };
  const reason = chosen && !isIdentity(chosen.preprocessing) ? `, because ${chosen.reason}` : '';
  const text = preprocessingText(preprocessing);
  if (isUnit(request.likelihood)) {
    const name = nameOf(request.likelihood);
    return {
      preprocessing: noPreprocessing,
      line: `Preprocessing: none, because the likelihood "${name}" requires values in [0, 1]. With "gaussian" it would be: ${text}${reason}.`,
    };
  }
  return { preprocessing, line: `Preprocessing: ${text}${reason}.` };
}

function combined(requested: ReturnType<typeof partsOf>, chosen: Preprocessing): Preprocessing {
  const background = requested.background === 'auto' ? chosen.background : requested.background;
  if (requested.standardise !== 'auto') return { background, standardise: requested.standardise };
  if (background !== 'none') return { background, standardise: 'rms' };
  // If the suggested background removal is disabled, subtract the mean instead.
  if (chosen.background !== 'none') return { background, standardise: 'std' };
  return { background, standardise: chosen.standardise };
}

const trainingImages = ({ labelled, unlabelled }: TrainingSets): TrainingImages[] =>
  labelled && labelled !== unlabelled ? [labelled, unlabelled] : [unlabelled];

/** The sets with preprocessed images, and with `preprocessing` set. */
export function preprocessedSets(sets: TrainingSets, preprocessing: Preprocessing): TrainingSets {
  if (isIdentity(preprocessing)) return sets;
  const { unlabelled, labelled, test } = sets;
  const done = preprocessed(unlabelled, preprocessing);
  return {
    ...sets,
    unlabelled: done,
    // Keep a single set if the labelled images also serve as unlabelled ones.
    ...(labelled && { labelled: labelled === unlabelled ? done : preprocessed(labelled, preprocessing) }),
    ...(test && { test: preprocessed(test, preprocessing) }),
    preprocessing,
  };
}
