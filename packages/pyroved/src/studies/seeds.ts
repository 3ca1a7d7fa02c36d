/** Trains several seeds of one model and selects the best by the loss on the unlabelled images, without using validation labels. */
import { OptionError } from 'pyro-ts';
import type { EpochRecord } from 'pyroved-ts';
import { trainDefaults } from '../kinds/index.js';
import { finishRun, type RunSummary } from '../runs/finish.js';
import type { RunHooks } from '../runs/hooks.js';
import { loadModel } from '../runs/loadModel.js';
import type { Machine, StartedMachine } from '../runs/machine.js';
import type { RunResult } from '../runs/runToEnd.js';
import { checkTrainSettings } from '../runs/settings.js';
import { settingsOf } from '../runs/train.js';
import type { TrainingSets } from '../sources/sets.js';
import type { RunFolder } from '../storage/index.js';
import { formatPercent, type ReportTable } from '../viz/index.js';
import { hooksOfParts, type PartResult, trainPart } from './part.js';
import { beginStudy, planOf, resumeStudy, type StudyAtWork, type StudyPlan, type StudyRequest } from './plan.js';

export interface SeedsRequest extends StudyRequest {
  /** A number of seeds, or a list: 3 means seeds 1, 2 and 3. They determine weights, order and noise, but not the images. */
  readonly seeds: number | readonly number[];
  /** Train all seeds for this many epochs only, then only the best one to the end. @default all are trained to the end */
  readonly selectAfter?: number;
}

/** The result of one seed. */
export interface SeedRecord {
  readonly seed: number;
  /** The epoch at which the seeds were compared, and its loss. */
  readonly epoch: number;
  readonly loss: number;
  /** Accuracy on validation images, which is not used for the selection. */
  readonly accuracy?: number;
}

export interface SeedsResult extends Omit<RunResult, 'folder'> {
  /** The selected run, in the folder of the study; absent if the study was stopped. */
  readonly folder?: RunFolder;
  readonly chosen?: number;
  readonly seeds: readonly SeedRecord[];
}

interface SeedsPlan extends StudyPlan {
  readonly seeds: readonly number[];
  readonly selectAfter?: number;
}

/** The list of seeds. @throws {OptionError} when it is empty or has duplicates. */
export function seedList(seeds: number | readonly number[]): number[] {
  const list = typeof seeds === 'number' ? Array.from({ length: seeds }, (_, i) => i + 1) : [...seeds];
  if (list.length === 0 || !list.every((seed) => Number.isSafeInteger(seed) && seed >= 0)) {
    throw new OptionError(
      `seeds must be a number of seeds of at least 1, or a list of non-negative integers; got ${JSON.stringify(seeds)}.`,
    );
  }
  const twice = list.find((seed, i) => list.indexOf(seed) !== i);
  if (twice !== undefined) throw new OptionError(`seeds must be distinct; ${twice} occurs twice.`);
  return list;
}

const partOf = (seed: number): string => `seed-${seed}`;

/**
 * Trains every seed in a separate folder and copies the best run to the folder of the study.
 * @example const { folder, chosen } = await trainSeeds({ folder: 'runs/seeds', source: { kind: 'cards' }, seeds: 3, selectAfter: 5 })
 */
export async function trainSeeds(request: SeedsRequest, hooks: RunHooks = {}): Promise<SeedsResult> {
  const { selectAfter } = request;
  const seeds = seedList(request.seeds);
  checkTrainSettings(request.train ?? {});
  const planned = (sets: TrainingSets, machine: StartedMachine) => {
    const plan: SeedsPlan = {
      ...planOf(request, sets, machine),
      seeds,
      ...(selectAfter !== undefined && { selectAfter }),
    };
    const { epochs = trainDefaults.epochs } = plan.train;
    if (selectAfter !== undefined && !(Number.isInteger(selectAfter) && selectAfter >= 1 && selectAfter <= epochs)) {
      throw new OptionError(
        `selectAfter must be an integer between 1 and ${epochs}, the number of epochs; got ${selectAfter}.`,
      );
    }
    settingsOf({ ...plan, sets, machine, seed: seeds[0] });
    return { plan, parts: seeds.map(partOf) };
  };
  return beginStudy('seeds', request, hooks, planned, runSeeds);
}

/**
 * Resumes a selection of seeds that was stopped or killed.
 * @example await resumeSeeds('runs/seeds')
 */
export async function resumeSeeds(folder: string, machine: Machine = {}, hooks: RunHooks = {}): Promise<SeedsResult> {
  return resumeStudy<SeedsPlan, SeedsResult>('seeds', folder, ['seeds'], machine, hooks, runSeeds);
}

type Seeds = StudyAtWork<SeedsPlan>;

async function runSeeds(all: Seeds): Promise<SeedsResult> {
  const { study, plan, hooks } = all;
  const { seeds, selectAfter } = plan;
  const records: SeedRecord[] = [];
  const hooksFor = hooksOfParts(hooks);
  for (const [i, seed] of seeds.entries()) {
    hooks.say?.(`Seed ${seed} (${i + 1} of ${seeds.length})`);
    const { history } = await train(all, seed, hooksFor(seeds.length - 1 - i), selectAfter);
    if (hooks.signal?.aborted) return { seeds: records, history, stopped: true };
    const record = recordOf(seed, history, selectAfter);
    records.push(record);
    hooks.say?.(`${seedLine(record)}.`);
  }
  const best = records.reduce((least, record) => (record.loss < least.loss ? record : least));
  if (seeds.length > 1) hooks.say?.(`Seed ${best.seed} has the lowest loss.`);
  const { run, history } = await train(all, best.seed, hooks);
  if (hooks.signal?.aborted) return { seeds: records, history, stopped: true };
  const copy = run.copyTo(study.path);
  hooks.say?.('Drawing pictures and report.');
  const summary = await present(all, copy, { history, records, chosen: best.seed });
  return { folder: copy, chosen: best.seed, seeds: records, history, summary, stopped: false };
}

const train = (
  { study, plan, sets, machine }: Seeds,
  seed: number,
  hooks: RunHooks,
  until?: number,
): Promise<PartResult> =>
  trainPart({
    ...plan,
    folder: study.part(partOf(seed)),
    sets,
    seed,
    machine,
    hooks,
    ...(until !== undefined && { until }),
    finish: (...ended) => finishRun(...ended, { report: false }),
  });

function recordOf(seed: number, history: readonly EpochRecord[], selectAfter = Number.POSITIVE_INFINITY): SeedRecord {
  const { epoch, loss, evaluation } = history[Math.min(selectAfter, history.length) - 1];
  return { seed, epoch, loss, ...(evaluation?.accuracy !== undefined && { accuracy: evaluation.accuracy }) };
}

const seedLine = ({ seed, epoch, loss, accuracy }: SeedRecord): string =>
  `Seed ${seed}: loss ${loss.toFixed(2)} after epoch ${epoch}${accuracy === undefined ? '' : `, accuracy ${formatPercent(accuracy)}`}`;

/** Writes summary, pictures and report of the selected run, with a table of all seeds. */
async function present(
  { sets, machine }: Seeds,
  run: RunFolder,
  { history, records, chosen }: { history: readonly EpochRecord[]; records: readonly SeedRecord[]; chosen: number },
): Promise<RunSummary> {
  const { model } = await loadModel(run.path, machine.kernel);
  try {
    return await finishRun(run, model, sets, history, { tables: [tableOf(records, chosen)], also: { seeds: records } });
  } finally {
    model.dispose();
  }
}

function tableOf(records: readonly SeedRecord[], chosen: number): ReportTable {
  const withAccuracy = records.some(({ accuracy }) => accuracy !== undefined);
  return {
    title: 'Seeds',
    intro: `Seed ${chosen} was selected because it has the lowest loss on the unlabelled images. The accuracy was not used for the selection.`,
    header: ['seed', 'epoch', 'loss (nats per image)', ...(withAccuracy ? ['accuracy'] : []), ''],
    rows: records.map(({ seed, epoch, loss, accuracy }) => [
      `seed ${seed}`,
      epoch,
      loss.toFixed(2),
      ...(withAccuracy ? [accuracy === undefined ? '–' : formatPercent(accuracy)] : []),
      seed === chosen ? 'selected' : '',
    ]),
  };
}
