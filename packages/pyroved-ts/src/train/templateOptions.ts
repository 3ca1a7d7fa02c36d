/** The options of training a template model, with their defaults. */
import { OptionError } from 'pyro-ts';
import type { KnownPoseTrainerOptions } from './knownPoses.js';

export interface TemplateTrainerOptions extends KnownPoseTrainerOptions {
  /** Steps that learn pictures, field and recognition together, after those of recognition alone; divided evenly among the epochs. @default 400 */
  readonly templateSteps?: number;
}

/** What a template model trains with by default. */
export const templateDefaults = {
  epochs: 8,
  batchSize: 48,
  posedBatch: 32,
  dropout: 0,
  templateSteps: 400,
} as const satisfies TemplateTrainerOptions;

export const templateKeys = ['templateSteps'] as const;

/** Steps of recognition before the joint ones: with those, as many as a model without templates takes. */
export const firstSteps = (numClasses: number): number => 200 + 60 * numClasses;

/** @throws {OptionError} where there are no steps. */
export function checkTemplateSteps(templateSteps: number): void {
  if (Number.isInteger(templateSteps) && templateSteps > 0) return;
  throw new OptionError(`templateSteps must be an integer of at least 1; got ${templateSteps}.`);
}
