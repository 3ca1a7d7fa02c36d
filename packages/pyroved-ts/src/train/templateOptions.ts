/** The options of `TemplateTrainer`, with their defaults. */
import { OptionError } from 'pyro-ts';
import type { KnownPoseTrainerOptions } from './knownPoses.js';

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

/** Default options of `TemplateTrainer`. */
export const templateDefaults = {
  epochs: 8,
  batchSize: 48,
  posedBatch: 32,
  dropout: 0,
  templateSteps: 400,
} as const satisfies TemplateTrainerOptions;

export const templateKeys = ['templateSteps', 'fallbackSteps'] as const;

/** Default number of recognition steps before the joint steps. Together they are as many as without templates. */
export const firstSteps = (numClasses: number): number => 200 + 60 * numClasses;

/** @throws {OptionError} that names the option. */
export function checkTemplateOptions({ templateSteps = 1, fallbackSteps = 0 }: TemplateTrainerOptions): void {
  for (const [name, steps, least] of [
    ['templateSteps', templateSteps, 1],
    ['fallbackSteps', fallbackSteps, 0],
  ] as const) {
    if (!Number.isInteger(steps) || steps < least || steps > MOST_STEPS) {
      throw new OptionError(`${name} must be an integer from ${least} to ${MOST_STEPS}; got ${steps}.`);
    }
  }
}

const MOST_STEPS = 1e6;
