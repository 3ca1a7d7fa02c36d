/** Trains the runs of a plan one after another: finished runs are kept, stopped ones resumed. */
import path from 'node:path';
import { withFilm } from '../films/recorder.js';
import type { RunHooks } from '../runs/hooks.js';
import type { Machine } from '../runs/machine.js';
import { resumeRun, trainRun } from '../runs/train.js';
import { RunFolder } from '../storage/index.js';
import { formatDuration } from '../viz/index.js';
import { folderOfRun, statusIn } from './context.js';
import { type Estimates, estimateRuns } from './estimate.js';
import { type RunSpec, runId } from './plan.js';

export interface TrainingsRequest {
  readonly folder: string;
  /** In the order in which they are trained; several with the same id are one run. */
  readonly specs: readonly RunSpec[];
  readonly machine: Machine;
  /** Called after each run, e.g. to write the report of what exists. */
  readonly onRun?: () => Promise<void>;
}

/** How the runs were trained; a test can replace it. */
export interface Trainers {
  readonly train: typeof trainRun;
  readonly resume: typeof resumeRun;
  readonly estimate: typeof estimateRuns;
}

const trainers: Trainers = { train: trainRun, resume: resumeRun, estimate: estimateRuns };

/** Trains all runs. Returns whether all are finished: an aborted signal stops earlier. */
export async function trainAll(
  { folder, specs, machine, onRun }: TrainingsRequest,
  hooks: RunHooks,
  { train, resume, estimate }: Trainers = trainers,
): Promise<boolean> {
  const distinct = [...new Map(specs.map((spec) => [runId(spec), spec])).values()];
  const statusOf = (spec: RunSpec) => statusIn(folderOfRun(folder, spec));
  const open = distinct.filter((spec) => !statusOf(spec)?.isFinished);
  hooks.say?.(`${distinct.length} runs, ${distinct.length - open.length} of them finished.`);
  if (open.length === 0) return true;
  hooks.say?.('Measuring some steps of each kind of run.');
  const file = path.join(folder, 'estimates.json');
  const estimates = await estimate({
    ...{ specs: open, statusOf, machine, file },
    ...(hooks.signal && { signal: hooks.signal }),
  });
  hooks.say?.(`About ${formatDuration(totalOf(open, estimates))} of training.`);
  const pace = new Pace(estimates);
  for (const [i, spec] of open.entries()) {
    if (hooks.signal?.aborted) return false;
    const left = formatDuration(pace.left(open.slice(i)));
    hooks.say?.(
      `Run ${distinct.length - open.length + i + 1} of ${distinct.length}: ${spec.name} (${left} left of all)`,
    );
    const at = folderOfRun(folder, spec);
    const begun = performance.now();
    const own = ownHooks(hooks, spec, at);
    const result = RunFolder.isIn(at)
      ? await resume(at, machine, own, { report: false })
      : await train({ ...spec.request, ...machine, folder: at, report: false }, own);
    if (result.stopped) return false;
    pace.finished(spec, (performance.now() - begun) / 1000);
    await onRun?.();
  }
  return true;
}

/** The hooks of one run. Its own estimate and messages are omitted, since there is one estimate for all. */
const ownHooks = ({ say: _, onEstimate: __, ...rest }: RunHooks, spec: RunSpec, folder: string): RunHooks =>
  spec.film ? withFilm(rest, folder) : rest;

const totalOf = (specs: readonly RunSpec[], estimates: Estimates): number =>
  specs.reduce((sum, spec) => sum + (estimates.get(runId(spec)) ?? 0), 0);

/** The remaining time, corrected by how long finished runs took against their estimates. */
class Pace {
  #taken = 0;
  #expected = 0;

  constructor(readonly estimates: Estimates) {}

  finished(spec: RunSpec, seconds: number): void {
    this.#taken += seconds;
    this.#expected += this.estimates.get(runId(spec)) ?? seconds;
  }

  left(specs: readonly RunSpec[]): number {
    const factor = this.#expected > 0 ? this.#taken / this.#expected : 1;
    return factor * totalOf(specs, this.estimates);
  }
}
