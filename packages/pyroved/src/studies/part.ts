/** One run of a study, started or resumed, on images shared by the whole study. */
import type { EpochRecord } from 'pyroved-ts';
import type { ModelSettings, TrainSettings } from '../kinds/index.js';
import type { RunHooks } from '../runs/hooks.js';
import type { StartedMachine } from '../runs/machine.js';
import { type Finish, runToEnd } from '../runs/runToEnd.js';
import { settingsOf } from '../runs/train.js';
import type { Fold } from '../sources/fold.js';
import type { TrainingSets } from '../sources/sets.js';
import type { Source } from '../sources/source.js';
import { type JsonObject, lockOf, RunFolder } from '../storage/index.js';

export interface Part {
  readonly folder: string;
  readonly source: Source;
  readonly sets: TrainingSets;
  readonly model: ModelSettings;
  readonly train: TrainSettings;
  readonly seed: number;
  readonly fold?: Fold;
  readonly machine: StartedMachine;
  readonly hooks: RunHooks;
  /** Stop after this epoch, counted from 1. @default the last epoch */
  readonly until?: number;
  readonly finish: Finish;
}

export interface PartResult {
  readonly run: RunFolder;
  /** The summary written by `finish`; absent if the run is not finished. */
  readonly summary?: JsonObject;
  readonly history: readonly EpochRecord[];
}

/** Trains a part up to `until`. A finished part is not changed. If `hooks.signal` is aborted, training stops earlier. */
export async function trainPart(part: Part): Promise<PartResult> {
  const { folder, sets, machine, hooks, until, finish } = part;
  const exists = RunFolder.isIn(folder);
  const run = exists ? RunFolder.open(folder) : RunFolder.create(folder, settingsOf(part));
  using _lock = lockOf(run);
  if (run.hasSummary()) return { run, summary: run.readSummary(), history: historyOf(run) };
  const request = { run, sets, machine, hooks, finish, resume: exists };
  const { history, summary } = await runToEnd({ ...request, ...(until !== undefined && { until }) });
  return { run, history, ...(summary && { summary: run.readSummary() }) };
}

/** The history of a finished run. */
function historyOf(run: RunFolder): readonly EpochRecord[] {
  const { history } = run.loadCheckpoint().checkpoint.state as { history?: unknown };
  return Array.isArray(history) ? (history as EpochRecord[]) : [];
}

/**
 * The hooks for the parts of a study. The first part that trains makes the estimate for the whole study: for itself, for the parts `beside` it, which
 * have progressed as far, and for those that come `after`.
 */
export function hooksOfParts(hooks: RunHooks): (after: number, beside?: number) => RunHooks {
  const { onEstimate, ...rest } = hooks;
  let isReported = false;
  return (after, beside = 0) => {
    if (!onEstimate || isReported) return rest;
    return {
      ...rest,
      onEstimate: (estimate, steps, whole) => {
        isReported = true;
        onEstimate(estimate, steps * (1 + beside) + whole * after, whole);
      },
    };
  };
}
