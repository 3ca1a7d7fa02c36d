/** Cross-validation on the labelled images: each fold is tested with a model trained on the other folds. */
import { OptionError } from 'pyro-ts';
import { PyrovedError } from 'pyroved-ts';
import { kindOf, modelConfigFor } from '../kinds/index.js';
import { finishRun } from '../runs/finish.js';
import type { RunHooks } from '../runs/hooks.js';
import type { Machine, StartedMachine } from '../runs/machine.js';
import { checkTrainSettings } from '../runs/settings.js';
import { settingsOf } from '../runs/train.js';
import { type Fold, foldOf } from '../sources/fold.js';

import type { TrainingSets } from '../sources/sets.js';
import type { Source } from '../sources/source.js';
import type { StudyFolder } from '../storage/index.js';
import { type CrossValidation, type FoldResult, foldResultOf, foldText, together } from './folds.js';
import { foldsReport } from './foldsReport.js';
import { hooksOfParts, trainPart } from './part.js';
import { beginStudy, planOf, resumeStudy, type StudyAtWork, type StudyPlan, type StudyRequest } from './plan.js';

export interface CrossValidateRequest extends StudyRequest {
  /** Number of folds, which have similar sizes and class frequencies. @default 5 */
  readonly folds?: number;
  /** Determines the folds, and the weights and the noise of every training. @default 1 */
  readonly seed?: number;
}

export interface CrossValidateResult {
  readonly folder: StudyFolder;
  /** Absent if it was stopped before its end. */
  readonly result?: CrossValidation;
  readonly folds: readonly FoldResult[];
  readonly stopped: boolean;
}

interface FoldsPlan extends StudyPlan {
  readonly folds: number;
  readonly seed: number;
}

const partOf = (fold: number): string => `fold-${fold}`;

/**
 * Trains a model for each fold, an ssiVAE (classes) or an ssRegIVAE (quantities), and evaluates it on that fold. Unlabelled images, if any, are used in
 * every training. No labelled images are set aside for validation, unless the source has a `validationFraction`.
 * @example await crossValidate({ folder: 'runs/folds', source: { kind: 'images', labelled: 'examples' }, folds: 5 })
 */
export async function crossValidate(request: CrossValidateRequest, hooks: RunHooks = {}): Promise<CrossValidateResult> {
  const { folds = 5, seed = 1 } = request;
  if (!Number.isInteger(folds) || folds < 2) {
    throw new OptionError(`folds must be an integer of at least 2; got ${folds}.`);
  }
  checkTrainSettings(request.train ?? {});
  const asked = { ...request, source: withAllLabels(request.source) };
  const planned = (sets: TrainingSets, machine: StartedMachine) => {
    const plan: FoldsPlan = { ...planOf(asked, sets, machine), folds, seed };
    const first = foldOf(sets, foldFor(plan, 0));
    const { name: kind, usesLabels } = kindOf(modelConfigFor(first, plan.model, seed));
    if (!usesLabels) {
      throw new PyrovedError(
        `The ${kind} is not trained on labels and cannot be cross-validated. Use an ssiVAE (classes) or an ssRegIVAE (quantities).`,
      );
    }
    settingsOf({ ...plan, sets: first, machine });
    return { plan, parts: Array.from({ length: folds }, (_, i) => partOf(i + 1)) };
  };
  return beginStudy('folds', asked, hooks, planned, runFolds);
}

/** The fold, split by groups if the source has `splitBy`. */
function foldFor({ folds, seed, source }: FoldsPlan, index: number): Fold {
  const splitBy = 'splitBy' in source ? source.splitBy : undefined;
  const table = source.kind === 'images' ? source.labels : undefined;
  return {
    ...{ index, of: folds, seed },
    ...(splitBy !== undefined && { splitBy, ...(table !== undefined && { table }) }),
  };
}

/**
 * Resumes a cross-validation that was stopped or killed.
 * @example await resumeCrossValidation('runs/folds')
 */
export async function resumeCrossValidation(
  folder: string,
  machine: Machine = {},
  hooks: RunHooks = {},
): Promise<CrossValidateResult> {
  return resumeStudy<FoldsPlan, CrossValidateResult>('folds', folder, ['folds', 'seed'], machine, hooks, runFolds);
}

/** Disables the validation split of a user's own images, which the folds replace. */
function withAllLabels(source: Source): Source {
  const isOwn = source.kind === 'images' || source.kind === 'array' || source.kind === 'micrographs';
  return isOwn ? { validationFraction: 0, ...source } : source;
}

async function runFolds({ study, plan, sets, machine, hooks }: StudyAtWork<FoldsPlan>): Promise<CrossValidateResult> {
  const done: FoldResult[] = [];
  const hooksFor = hooksOfParts(hooks);
  for (let index = 0; index < plan.folds; index++) {
    const fold = index + 1;
    hooks.say?.(`Fold ${fold} of ${plan.folds}`);
    const split = foldFor(plan, index);
    const { summary } = await trainPart({
      ...plan,
      folder: study.part(partOf(fold)),
      sets: foldOf(sets, split),
      fold: split,
      machine,
      hooks: hooksFor(plan.folds - fold),
      finish: (...ended) => finishRun(...ended, { report: false }),
    });
    if (!summary) return { folder: study, folds: done, stopped: true };
    const result = foldResultOf(fold, summary);
    done.push(result);
    hooks.say?.(foldText(result));
  }
  const result = together(sets, done);
  study.writeResults(result);
  const { html, pictures } = foldsReport(result, plan, study.path);
  study.writeReport(html, pictures);
  return { folder: study, result, folds: done, stopped: false };
}
