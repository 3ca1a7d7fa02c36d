/** What decides a run on pairs, as its configuration keeps it: source, model and training. */
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

/** Whether a run's model was trained on pairs. */
export const isPairsRun = ({ config: { model } }: RunFolder): boolean =>
  typeof model.kind === 'string' && kindNamed(model.kind).data === 'pairs';

/** What is needed of the sections before a model is made; source, model and trainer check the rest. */
const hasSections = (config: RunConfig): config is RunConfig & PairsSections =>
  Array.isArray(config.model.inputShape) &&
  Array.isArray(config.model.outputShape) &&
  typeof config.data.source === 'object';

/** The typed sections of the configuration. @throws {PyrovedError} for a run of another kind of model, and a damaged one. */
export function pairsSections(run: RunFolder): PairsSections {
  if (!isPairsRun(run)) {
    throw new PyrovedError(
      `The model of ${run.path} (${String(run.config.model.kind)}) was not trained on pairs of inputs and outputs, so it predicts none.`,
    );
  }
  if (hasSections(run.config)) return run.config;
  throw new PyrovedError(`The config.json of ${run.path} is damaged. Restore the file, or train the run anew.`);
}
