/** The sections of a run's configuration: data, model and training. */
import { type ModelConfig, type Normalisation, type Preprocessing, scheduleOf } from 'pyroved-ts';
import { checkKnownPoseOptions, checkSemiSupervisedOptions, checkTemplateOptions, defined } from 'pyroved-ts/internal';

import { type TrainSettings, trainDefaults } from '../kinds/settings.js';
import type { Fold } from '../sources/fold.js';
import type { ImportedSource, Source } from '../sources/source.js';
import { type RunConfig, RunError } from '../storage/index.js';

/** The data section of a run's configuration. */
export interface DataSection {
  readonly source: Source | ImportedSource;
  readonly classNames: readonly string[];
  readonly normalisation?: Normalisation;
  /** Preprocessing of the images. @default none */
  readonly preprocessing?: Preprocessing;
  /** For a template model without labels: the number of classes found among the images. */
  readonly foundClasses?: number;
  /** In a cross-validation: the fold of the labelled images that the run is tested on. */
  readonly fold?: Fold;
}

/** The typed sections of a run's configuration. Only their structure is checked here; sources, models and trainers check their own options. */
export const dataSection = ({ data }: RunConfig): DataSection => checked(data, isDataSection, 'data');
export const modelSection = ({ model }: RunConfig): ModelConfig => checked(model, isModelConfig, 'model');
/** Runs that do not say whether steps are compiled are of a time when they were not. */
export const trainSection = ({ train }: RunConfig): TrainSettings => ({
  compile: false,
  ...checked(train, isTrainSettings, 'train'),
});

function checked<T extends object>(section: object, is: (section: object) => section is T, name: string): T {
  if (is(section)) return section;
  throw new RunError(
    `The section "${name}" of the run's config.json is damaged. Restore the file, or train the run again.`,
  );
}

const hasKind = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'kind' in value && typeof value.kind === 'string';
/** Checks the properties needed before the model is created; the model checks the others. */
function isModelConfig(section: object): section is ModelConfig {
  const { shape, invariances = [], recognition = {} } = section as Record<string, unknown>;
  return (
    hasKind(section) &&
    isList(shape, isCount) &&
    isList(invariances, isText) &&
    typeof recognition === 'object' &&
    recognition !== null
  );
}
const isList = (value: unknown, is: (entry: unknown) => boolean): boolean => Array.isArray(value) && value.every(is);
const isCount = (value: unknown): boolean => Number.isInteger(value) && Number(value) > 0;
const isText = (value: unknown): boolean => typeof value === 'string';
const isRange = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  ['low', 'high'].every((end) => typeof (value as Record<string, unknown>)[end] === 'number');
const isTrainSettings = (section: object): section is TrainSettings => !('seed' in section);
function isDataSection(section: object): section is DataSection {
  const { source, classNames, normalisation } = section as Record<string, unknown>;
  return hasKind(source) && isList(classNames, isText) && (normalisation === undefined || isRange(normalisation));
}

/** Checks the options that do not depend on the images. @throws {OptionError} when one is invalid. */
export function checkTrainSettings({ discreteKlWeight, ...given }: TrainSettings): void {
  const {
    recognitionSteps,
    recognitionBatch,
    recognitionLr,
    posedBatch,
    consistency,
    dropout,
    templateSteps,
    fallbackSteps,
    ...settings
  } = given;
  checkTemplateOptions(defined({ templateSteps, fallbackSteps }));
  checkKnownPoseOptions(
    defined({ recognitionSteps, recognitionBatch, recognitionLr, posedBatch, consistency, dropout }),
  );
  checkSemiSupervisedOptions(settings);
  const { epochs = trainDefaults.epochs } = settings;
  if (discreteKlWeight !== undefined) scheduleOf(discreteKlWeight, { option: 'discreteKlWeight', epochs });
}
