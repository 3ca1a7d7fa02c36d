/** Sweeps: many trainings with varied options and seeds in worker processes, compared by one figure. */
import os from 'node:os';
import path from 'node:path';
import { OptionError } from 'pyro-ts';
import type { RunHooks } from '../runs/hooks.js';
import { type Machine, type MachineRecord, machineAgain, recordOf, startMachine } from '../runs/machine.js';
import { contentHash } from '../sources/contentHash.js';
import { type JsonObject, lockOf, RunError, RunFolder, StudyFolder } from '../storage/index.js';
import { seedList } from '../studies/seeds.js';
import { type Halving, halvingOf, rungs } from './halving.js';
import type { Job } from './messages.js';
import { compareBy, figuresAt, metricOf, type SweepMetric } from './metric.js';
import { type Outcome, runJobs } from './pool.js';
import { resultOf, type SweepResult, sweepCsv, type TrialResult } from './result.js';
import { sweepReport } from './sweepReport.js';
import { type Configuration, type Trial, trialsOf } from './trial.js';

export interface SweepRequest extends Machine {
  /** The folder of the sweep; must not exist or be empty. */
  readonly folder: string;
  /** At least one, with the same varied options. */
  readonly configurations: readonly Configuration[];
  /** A number of seeds, or a list: 3 means seeds 1, 2 and 3. @default 1 */
  readonly seeds?: number | readonly number[];
  /** The figure to compare by. @default the first of accuracy, matchedAccuracy and loss that the runs have */
  readonly metric?: SweepMetric;
  /** Successive halving: train all configurations for a few epochs and only the best to the end. @default all are trained to the end */
  readonly halving?: Partial<Halving>;
  /** Number of worker processes. @default as many as there are cores and memory for, one thread each */
  readonly workers?: number;
  /** Replace an existing run or study. @default false */
  readonly overwrite?: boolean;
}

export interface SweepOutcome {
  readonly folder: StudyFolder;
  /** Absent if the sweep was stopped before its end. */
  readonly result?: SweepResult;
  readonly stopped: boolean;
}

/** Options of a sweep that may change when it is resumed. */
export type SweepMachine = Machine & Pick<SweepRequest, 'workers'>;

interface Plan {
  readonly configurations: readonly Configuration[];
  readonly trials: readonly Trial[];
  readonly metric?: SweepMetric;
  readonly halving?: Halving;
  readonly machine: MachineRecord;
}

const partOf = (id: string): string => `trials/${id}`;

/**
 * Trains every configuration with every seed and writes `results.json`, `results.csv` and `report.html`. Each trial has a run folder. The results are the
 * same for any number of workers, also if workers are killed or the sweep is resumed.
 * @throws {OptionError} for options that cannot be used
 * @throws {RunError} when the folder is in use
 */
export async function runSweep(request: SweepRequest, hooks: RunHooks = {}): Promise<SweepOutcome> {
  const { folder, configurations, seeds = 1, metric, workers, overwrite = false, ...machine } = request;
  checkConfigurations(configurations);
  const list = seedList(seeds);
  const halving = request.halving && halvingOf(request.halving);
  checkWorkers(workers);
  StudyFolder.assertFree(folder, { overwrite });
  const record = await recordOfMachine(machine, hooks);
  const hashes = new Map<string, string>();
  const dataOf = ({ settings: { source } }: Configuration): string => {
    const key = JSON.stringify(source);
    const hash = hashes.get(key) ?? contentHash(source);
    hashes.set(key, hash);
    return hash;
  };
  const trials = trialsOf(configurations, list, (one) => ({ data: dataOf(one), machine: record }));
  const plan: Plan = { configurations, trials, machine: record, ...(metric && { metric }), ...(halving && { halving }) };
  const parts = trials.map(({ id }) => partOf(id));
  const study = StudyFolder.create(folder, { kind: 'sweep', parts, plan }, { overwrite });
  using _lock = lockOf(study);
  return await work(study, plan, { ...machine, ...(workers !== undefined && { workers }) }, hooks);
}

/** Continues a sweep that was stopped or killed; trials that failed are tried again. */
export async function resumeSweep(
  folder: string,
  { workers, ...asked }: SweepMachine = {},
  hooks: RunHooks = {},
): Promise<SweepOutcome> {
  checkWorkers(workers);
  const study = StudyFolder.open(folder, 'sweep');
  const plan = planIn(study);
  using _lock = lockOf(study);
  const machine = machineAgain(plan.machine, asked);
  return await work(study, plan, { ...machine, ...(workers !== undefined && { workers }) }, hooks);
}

async function work(study: StudyFolder, plan: Plan, machine: SweepMachine, hooks: RunHooks): Promise<SweepOutcome> {
  const { configurations, trials, halving } = plan;
  const { workers = defaultWorkers(trials.length), ...own } = machine;
  const threads = own.threads ?? Math.max(1, Math.floor(os.availableParallelism() / workers));
  const jobOf = ({ id, configuration, seed }: Trial, until?: number): Job => ({
    ...{ id, seed, folder: study.part(partOf(id)), settings: configurations[configuration].settings },
    machine: { ...machineAgain(plan.machine, own), threads },
    ...(until !== undefined && { until }),
  });
  hooks.say?.(`${trials.length} trials, ${count(workers, 'worker')} with ${count(threads, 'thread')} each.`);
  let done = 0;
  const run = (some: readonly Trial[], until?: number): Promise<Outcome[]> =>
    runJobs(
      some.map((trial) => jobOf(trial, until)),
      {
        workers,
        logs: study.file('logs'),
        ...(hooks.signal && { signal: hooks.signal }),
        onDeath: (job, how) => hooks.say?.(`The worker of trial ${job.id} ended ${how}. The trial is continued.`),
        onEnd: (job, outcome) => {
          if (outcome.is === 'stopped') return;
          const trial = some.find(({ id }) => id === job.id) as Trial;
          if (until === undefined) done++;
          hooks.say?.(`${trialName(plan, trial)}: ${stateText(study, trial, outcome, until)}`);
        },
      },
    );
  const results = new Map<string, TrialResult>();
  const failed = (trial: Trial, message: string): void => {
    results.set(trial.id, { ...trial, state: 'failed', figures: {}, message });
  };
  let alive = trials;
  const metricFor = (figures: readonly TrialResult[]) => metricOf(plan.metric, figures.map((one) => one.figures));
  for (const until of halving ? rungs(configurations.length, halving) : []) {
    const outcomes = await run(alive, until);
    if (hooks.signal?.aborted) return { folder: study, stopped: true };
    const reached = alive.flatMap((trial, i): TrialResult[] => {
      const outcome = outcomes[i];
      if (outcome.is !== 'failed')
        return [{ ...trial, state: 'dropped', epoch: until, figures: figuresAt(folderOf(study, trial), until) }];
      failed(trial, outcome.message);
      return [];
    });
    const kept = bestOf(reached, metricFor(reached), Math.ceil(countOf(alive) / (halving as Halving).factor));
    for (const one of reached) if (!kept.has(one.configuration)) results.set(one.id, one);
    alive = alive.filter(({ configuration }) => kept.has(configuration));
    hooks.say?.(`After epoch ${until}: ${count(kept.size, 'configuration')} of ${configurations.length} go on.`);
  }
  const outcomes = await run(alive);
  if (hooks.signal?.aborted) return { folder: study, stopped: true };
  alive.forEach((trial, i) => {
    const outcome = outcomes[i];
    if (outcome.is === 'failed') failed(trial, outcome.message);
    else results.set(trial.id, { ...trial, state: 'finished', figures: figuresAt(folderOf(study, trial)) });
  });
  const ordered = trials.map(({ id }) => results.get(id) as TrialResult);
  const finished = ordered.filter(({ state }) => state === 'finished');
  const result = resultOf(metricFor(finished), configurations, ordered);
  study.writeResults(result, sweepCsv(result, configurations));
  const { html, pictures } = sweepReport({ result, configurations, machine: plan.machine, path: study.path });
  study.writeReport(html, pictures);
  return { folder: study, result, stopped: false };
}

const folderOf = (study: StudyFolder, { id }: Trial): RunFolder => RunFolder.open(study.part(partOf(id)));

const countOf = (trials: readonly Trial[]): number => new Set(trials.map(({ configuration }) => configuration)).size;

/** The configurations with the best means of the metric. */
function bestOf(results: readonly TrialResult[], metric: SweepMetric, most: number): Set<number> {
  const sums = new Map<number, number[]>();
  for (const { configuration, figures } of results)
    sums.set(configuration, [...(sums.get(configuration) ?? []), figures[metric] ?? Number.NaN]);
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const better = compareBy(metric);
  const sorted = [...sums].sort(([, a], [, b]) => better(mean(a), mean(b)));
  return new Set(sorted.slice(0, most).map(([configuration]) => configuration));
}

/** The engine and kernel that all trials use, chosen once. */
async function recordOfMachine(machine: Machine, { say }: RunHooks): Promise<MachineRecord> {
  using started = await startMachine(machine, say);
  return recordOf(started);
}

/** Bytes that a worker is expected to need. */
const MEMORY = 1e9;

/** As many workers as there are cores, memory and trials for. */
const defaultWorkers = (trials: number): number =>
  Math.max(1, Math.min(trials, os.availableParallelism(), Math.floor(os.freemem() / MEMORY)));

function checkConfigurations(configurations: readonly Configuration[]): void {
  if (configurations.length === 0) throw new OptionError('A sweep requires at least one configuration.');
  const names = Object.keys(configurations[0].values).join(', ');
  const other = configurations.find(({ values }) => Object.keys(values).join(', ') !== names);
  if (other)
    throw new OptionError(
      `The configurations of a sweep must vary the same options; got ${names} and ${Object.keys(other.values).join(', ')}.`,
    );
}

function checkWorkers(workers: number | undefined): void {
  if (workers !== undefined && !(Number.isInteger(workers) && workers >= 1))
    throw new OptionError(`workers must be an integer of at least 1; got ${workers}.`);
}

/** "latent-dim 3, seed 1" */
function trialName({ configurations }: Plan, { configuration, seed }: Trial): string {
  const values = Object.entries(configurations[configuration].values).map(([name, value]) => `${name} ${value}`);
  return [...values, `seed ${seed}`].join(', ');
}

function stateText(study: StudyFolder, trial: Trial, outcome: Outcome, until?: number): string {
  if (outcome.is === 'failed') return `failed: ${outcome.message} Log: ${logOf(study, trial)}`;
  const figures = Object.entries(figuresAt(folderOf(study, trial), until)).map(
    ([name, value]) => `${name} ${value.toPrecision(4)}`,
  );
  return figures.join(', ');
}

const logOf = (study: StudyFolder, { id }: Trial): string => path.join(study.file('logs'), `${id}.log`);

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

/** The stored plan. @throws {RunError} when entries are missing */
function planIn(study: StudyFolder): Plan {
  const missing = ['configurations', 'trials', 'machine'].filter((name) => !(name in study.plan));
  if (missing.length === 0) return study.plan as JsonObject & Plan;
  throw new RunError(`${study.file('study')} is damaged: its plan lacks ${missing.join(', ')}. Start the sweep again.`);
}
