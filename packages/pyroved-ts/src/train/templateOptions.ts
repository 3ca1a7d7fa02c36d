/** The options of training a template model, with their defaults. */
import { OptionError } from 'pyro-ts';
import type { KnownPoseTrainerOptions } from './knownPoses.js';

export interface TemplateTrainerOptions extends KnownPoseTrainerOptions {
  /** Steps that learn pictures, field and recognition together, after those of recognition alone; divided evenly among the epochs. @default 400 */
  readonly templateSteps?: number;
  /**
   * Steps of recognition as in a model without templates, taken only if the evidence does not recognise labelled images when the joint steps would begin.
   * @default as many as a model without templates takes; 0 if `recognitionSteps` is given
   */
  readonly fallbackSteps?: number;
}

/** What a template model trains with by default. */
export const templateDefaults = {
  epochs: 8,
  batchSize: 48,
  posedBatch: 32,
  dropout: 0,
  templateSteps: 400,
} as const satisfies TemplateTrainerOptions;

export const templateKeys = ['templateSteps', 'fallbackSteps'] as const;

/** Steps of recognition before the joint ones: with those, as many as a model without templates takes. */
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
