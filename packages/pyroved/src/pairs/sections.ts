/** The sections of the configuration of a run on pairs: source, model and training. */
import { type PairedNormalisation, PyrovedError, type VEDConfig } from 'pyroved-ts';
import { kindNamed, type PairsTrainSettings } from '../kinds/index.js';
import type { RunConfig, RunFolder } from '../storage/index.js';
import type { PairsSource } from './source.js';

/** The data section of a run on pairs. */
export interface PairsSection {
  readonly source: PairsSource;
  readonly classNames: readonly [];
  readonly normalisation?: PairedNormalisation;
}

export interface PairsSections {
  readonly model: VEDConfig;
  readonly data: PairsSection;
  readonly train: PairsTrainSettings;
}

/** Whether the model of a run was trained on pairs. */
export const isPairsRun = ({ config: { model } }: RunFolder): boolean =>
  typeof model.kind === 'string' && kindNamed(model.kind).data === 'pairs';

/** Checks the properties needed before the model is created; source, model and trainer check the others. */
const hasSections = (config: RunConfig): config is RunConfig & PairsSections =>
  Array.isArray(config.model.inputShape) &&
  Array.isArray(config.model.outputShape) &&
  typeof config.data.source === 'object';

/** The typed sections of the configuration. @throws {PyrovedError} when the model is of another kind or the configuration is damaged. */
export function pairsSections(run: RunFolder): PairsSections {
  if (!isPairsRun(run)) {
    throw new PyrovedError(
      `The model of ${run.path} (${String(run.config.model.kind)}) was not trained on pairs of inputs and outputs.`,
    );
  }
  if (hasSections(run.config)) return run.config;
  throw new PyrovedError(`The config.json of ${run.path} is damaged. Restore the file, or train the run again.`);
}
