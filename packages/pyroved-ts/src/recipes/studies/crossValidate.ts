/** How good a classifier is, from the labelled images alone: each of several parts of them is tested on by a model that was trained on the others. */
import { OptionError } from 'pyro-ts';
import type { JsonObject, StudyFolder } from '../../run/index.js';
import { formatCount, formatPercent, renderReport } from '../../viz/index.js';
import { finishRun } from '../finish.js';
import type { RunHooks } from '../hooks.js';
import type { Machine, StartedMachine } from '../machine.js';
import { checkTrainSettings, trainDefaults } from '../settings.js';
import { foldOf } from '../sources/fold.js';
import type { TrainingSets } from '../sources/sets.js';
import type { Source } from '../sources/source.js';
import { settingsOf } from '../train.js';
import { hooksOfParts, trainPart } from './part.js';
import { beginStudy, planOf, resumeStudy, type StudyAtWork, type StudyPlan, type StudyRequest } from './plan.js';
import { type Spread, spreadOf } from './statistics.js';

export interface CrossValidateRequest extends StudyRequest {
  /** Parts of the labelled images, alike in size and in their shares of each class; 5. */
  readonly folds?: number;
  /** Decides how images are dealt out, and the weights and the noise of every training; 1. */
  readonly seed?: number;
}

/** What the model that did not see a fold says of it. */
export interface FoldResult {
  /** From 1. */
  readonly fold: number;
  readonly images: number;
  readonly accuracy: number;
  /** confusion[true][found]: numbers of images. */
  readonly confusion: readonly (readonly number[])[];
}

export interface CrossValidation {
  readonly classNames: readonly string[];
  readonly folds: readonly FoldResult[];
  /** Share of all labelled images that the models which had not seen them classify rightly. */
  readonly accuracy: number;
  readonly images: number;
  /** Mean and standard deviation of the folds' accuracies. */
  readonly spread: Spread;
  /** The folds' confusions together: every labelled image counts once. */
  readonly confusion: readonly (readonly number[])[];
}

export interface CrossValidateResult {
  readonly folder: StudyFolder;
  /** Absent where it was stopped before its end. */
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
 * Trains a model for each fold, and judges it on that fold. Unlabelled images, if any, are trained on in all of them. Labelled images that the source
 * would hold out take part, unless a share is asked for by name.
 */
export async function crossValidate(request: CrossValidateRequest, hooks: RunHooks = {}): Promise<CrossValidateResult> {
  const { folds = 5, seed = 1 } = request;
  if (!Number.isInteger(folds) || folds < 2) {
    throw new OptionError(`folds is a whole number of at least 2, not ${folds}.`);
  }
  checkTrainSettings({ ...trainDefaults, ...request.train });
  const asked = { ...request, source: withAllLabels(request.source) };
  const planned = (sets: TrainingSets, machine: StartedMachine) => {
    const plan: FoldsPlan = { ...planOf(asked, sets, machine), folds, seed };
    settingsOf({ ...plan, sets: foldOf(sets, { index: 0, of: folds, seed }), machine });
    return { plan, parts: Array.from({ length: folds }, (_, i) => partOf(i + 1)) };
  };
  return beginStudy('folds', asked, hooks, planned, runFolds);
}

/** Goes on with a cross-validation that was stopped or killed. */
export async function resumeCrossValidation(
  folder: string,
  machine: Machine = {},
  hooks: RunHooks = {},
): Promise<CrossValidateResult> {
  return resumeStudy<FoldsPlan, CrossValidateResult>('folds', folder, ['folds', 'seed'], machine, hooks, runFolds);
}

/** Of a user's own images none is held out: the folds take care of that. */
function withAllLabels(source: Source): Source {
  const isOwn = source.kind === 'images' || source.kind === 'array' || source.kind === 'micrographs';
  return isOwn ? { heldOut: 0, ...source } : source;
}

async function runFolds({ study, plan, sets, machine, hooks }: StudyAtWork<FoldsPlan>): Promise<CrossValidateResult> {
  const done: FoldResult[] = [];
  const hooksFor = hooksOfParts(hooks);
  for (let index = 0; index < plan.folds; index++) {
    const fold = index + 1;
    hooks.say?.(`Fold ${fold} of ${plan.folds}`);
    const dealt = { index, of: plan.folds, seed: plan.seed };
    const { summary } = await trainPart({
      ...plan,
      folder: study.part(partOf(fold)),
      sets: foldOf(sets, dealt),
      fold: dealt,
      machine,
      hooks: hooksFor(plan.folds - fold),
      finish: (...ended) => finishRun(...ended, { report: false }),
    });
    if (!summary) return { folder: study, folds: done, stopped: true };
    const result = resultOf(fold, summary);
    done.push(result);
    hooks.say?.(`Fold ${fold}: accuracy ${formatPercent(result.accuracy)} on ${formatCount(result.images)} images.`);
  }
  const result = together(sets.classNames, done);
  study.writeResults(result);
  const { html, pictures } = await reportOf(result, plan, study.path);
  study.writeReport(html, pictures);
  return { folder: study, result, folds: done, stopped: false };
}

/** What the summary of a part says. It was written by this package. */
function resultOf(fold: number, summary: JsonObject): FoldResult {
  const { accuracy, confusion, testImages } = summary as JsonObject & {
    accuracy: number;
    confusion: number[][];
    testImages: number;
  };
  return { fold, images: testImages, accuracy, confusion };
}

function together(classNames: readonly string[], folds: readonly FoldResult[]): CrossValidation {
  const confusion = classNames.map((_, y) =>
    classNames.map((__, k) => folds.reduce((sum, fold) => sum + fold.confusion[y][k], 0)),
  );
  const images = folds.reduce((sum, fold) => sum + fold.images, 0);
  const right = confusion.reduce((sum, row, y) => sum + row[y], 0);
  const spread = spreadOf(folds.map(({ accuracy }) => accuracy));
  return { classNames, folds, accuracy: right / images, images, spread, confusion };
}

function reportOf(
  { classNames, folds, accuracy, images, spread, confusion }: CrossValidation,
  plan: FoldsPlan,
  path: string,
) {
  return renderReport({
    title: `Cross-validation in ${folds.length} folds`,
    subtitle: path,
    accuracy: {
      value: accuracy,
      images,
      measuredOn: 'labelled images, each by a model that had not seen it,',
      chance: 1 / classNames.length,
    },
    facts: [
      {
        title: 'Training',
        rows: [
          ['images', plan.source.kind],
          ['epochs', String(plan.train.epochs)],
          ['seed', String(plan.seed)],
          ['engine', plan.engine],
          ['kernel', plan.kernel],
        ],
      },
    ],
    confusion: { classNames, counts: confusion },
    tables: [
      {
        title: 'Fold by fold',
        intro: `Mean ${formatPercent(spread.mean)}, standard deviation over the folds ${formatPercent(spread.sd)}.`,
        header: ['fold', 'images', 'accuracy'],
        rows: folds.map((fold) => [`fold ${fold.fold}`, fold.images, formatPercent(fold.accuracy)]),
      },
    ],
    notes: [
      {
        text: 'Labelled images tell how good a model is on images like them. Where they lie straight and the unlabelled ones do not, it will do worse on those.',
      },
    ],
  });
}
