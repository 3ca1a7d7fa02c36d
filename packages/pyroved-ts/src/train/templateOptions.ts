/** The options of `TemplateTrainer`, with their defaults. */
import { checkOptions, integer, type OptionTable, optionNames } from '../options.js';
import type { KnownPoseTrainerOptions } from './knownPoseOptions.js';

/** Options of `TemplateTrainer`. */
export interface TemplateTrainerOptions extends KnownPoseTrainerOptions {
  /**
   * Number of joint steps, which train pictures, field and recognition, after the recognition steps; divided evenly
   * among the epochs.
   * @default 400
   */
  readonly templateSteps?: number;
  /**
   * Steps of recognition as in a model without templates, taken only if the evidence does not recognise labelled images
   * when the joint steps would begin.
   * @default as many as a model without templates takes; 0 if `recognitionSteps` is given
   */
  readonly fallbackSteps?: number;
}

const MOST_STEPS = 1e6;

/** Defaults that differ from those of `KnownPoseTrainer`. */
export const templateDefaults = {
  epochs: 8,
  batchSize: 48,
  posedBatch: 32,
  dropout: 0,
  templateSteps: 400,
} as const satisfies TemplateTrainerOptions;

export const templateTable = {
  templateSteps: { default: templateDefaults.templateSteps, ...integer(1, MOST_STEPS) },
  fallbackSteps: integer(0, MOST_STEPS),
} satisfies OptionTable<Omit<TemplateTrainerOptions, keyof KnownPoseTrainerOptions>>;

/** The names of these options. */
export const templateKeys = optionNames(templateTable);

/** Default number of recognition steps before the joint steps. Together they are as many as without templates. */
export const firstSteps = (numClasses: number): number => 200 + 60 * numClasses;

/** @throws {OptionError} when an option is invalid. */
export const checkTemplateOptions = (options: TemplateTrainerOptions): void => checkOptions('', options, templateTable);
