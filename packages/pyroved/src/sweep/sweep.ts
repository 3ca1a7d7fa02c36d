/** Sweeps: many trainings with varied options and seeds in worker processes, compared by one figure. */
import { randomUUID } from 'node:crypto';
import os from 'node:os';
import path from 'node:path';
import { OptionError } from 'pyro-ts';
import type { QueueAddress } from '../queue/address.js';
import { Distribution, type DistributionCalls } from '../queue/distribution.js';
import { type Pin, pinOf } from '../queue/pin.js';
import type { RunHooks } from '../runs/hooks.js';
import { type Machine, type MachineRecord, machineAgain, recordOf, startMachine } from '../runs/machine.js';
import { checkTrainSettings } from '../runs/settings.js';
import type { SharedStore } from '../shared/store.js';
import { contentHash } from '../sources/contentHash.js';
import { lockOf, RunFolder, StudyFolder } from '../storage/index.js';
import { planIn } from '../studies/plan.js';
import { seedList } from '../studies/seeds.js';
import { spreadOf } from '../studies/statistics.js';
import { type Halving, halvingOf, rungs } from './halving.js';
import { checkLimits, HourMeter, type Limits, TrialBudget } from './limits.js';
import type { Job } from './messages.js';
import { compareBy, figuresAt, metricOf, type SweepMetric } from './metric.js';
import { type PoolOptions, runJobs } from './pool.js';
import { resultOf, type SweepResult, sweepCsv, type TrialResult } from './result.js';
import { sweepReport } from './sweepReport.js';
import type { Outcome } from './trainingProcess.js';
import { type Configuration, type Trial, trialsOf } from './trial.js';

export interface SweepRequest extends Machine, Limits {
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
  /** Have the trials trained by workers on any number of machines. @default by processes of this machine */
  readonly queue?: SweepQueue;
  /** Replace an existing run or study. @default false */
  readonly overwrite?: boolean;
}

/** See `Distribution`. */
export interface SweepQueue {
  readonly address: QueueAddress;
  readonly store: SharedStore;
  /** Whether workers with other code, Node, engine, kernel or instruction set may train trials; the numbers then depend on which one did. @default false */
  readonly allowMixed?: boolean;
}

export interface SweepOutcome {
  readonly folder: StudyFolder;
  /** Absent if the sweep was stopped before its end. */
  readonly result?: SweepResult;
  readonly stopped: boolean;
}

/** Options of a sweep that may change when it is resumed. */
export type SweepMachine = Machine & Limits & Pick<SweepRequest, 'workers' | 'queue'>;

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
  const { folder, configurations, seeds = 1, metric, overwrite = false, halving: given, ...how } = request;
  const { workers, queue, maxHours, maxTrials, ...machine } = how;
  checkConfigurations(configurations);
  const list = seedList(seeds);
  const halving = given && halvingOf(given);
  checkHow(how);
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
  checkDistinct(configurations, trials);
  const plan: Plan = {
    configurations,
    trials,
    machine: record,
    ...(metric && { metric }),
    ...(halving && { halving }),
  };
  const parts = trials.map(({ id }) => partOf(id));
  const study = StudyFolder.create(folder, { kind: 'sweep', parts, plan }, { overwrite });
  using _lock = lockOf(study);
  return await work(study, plan, how, hooks);
}

/** Continues a sweep that was stopped or killed; trials that failed are tried again. */
export async function resumeSweep(folder: string, how: SweepMachine = {}, hooks: RunHooks = {}): Promise<SweepOutcome> {
  checkHow(how);
  const study = StudyFolder.open(folder, 'sweep');
  const plan = planIn<Plan>(study, ['configurations', 'trials', 'machine']);
  using _lock = lockOf(study);
  return await work(study, plan, how, hooks);
}

/** A sweep at work: its locked folder, and how its trials are trained. */
interface SweepAtWork {
  readonly study: StudyFolder;
  readonly plan: Plan;
  readonly machine: Machine;
  readonly hooks: RunHooks;
  /** Trains jobs, in their order. */
  readonly train: (jobs: readonly Job[], calls: TrainCalls) => Promise<Outcome[]>;
  readonly budget: TrialBudget;
  /** Whether trials may be trained with different code or kernels. */
  readonly isMixed: boolean;
}

type TrainCalls = Pick<DistributionCalls, 'logs' | 'signal' | 'onEnd' | 'say'> & Pick<PoolOptions, 'onDeath'>;

async function work(study: StudyFolder, plan: Plan, how: SweepMachine, hooks: RunHooks): Promise<SweepOutcome> {
  const { configurations, trials } = plan;
  const { workers = defaultWorkers(trials.length), queue, maxHours, maxTrials, ...own } = how;
  const threads = own.threads ?? Math.max(1, Math.floor(os.availableParallelism() / workers));
  const machine = { ...machineAgain(plan.machine, own), threads };
  using meter = new HourMeter(maxHours);
  await using distribution = queue && (await distributionOf(study, plan, queue));
  hooks.say?.(
    queue
      ? `${trials.length} trials for the workers of ${queue.address.shown} with the storage ${queue.store.name}.`
      : `${trials.length} trials, ${count(workers, 'worker')} with ${count(threads, 'thread')} each.`,
  );
  const budget = new TrialBudget(maxTrials);
  const at: SweepAtWork = {
    ...{ study, plan, machine, hooks, budget, isMixed: queue?.allowMixed === true },
    train: (jobs, calls) =>
      distribution ? distribution.train(jobs, { ...calls, meter }) : runJobs(jobs, { ...calls, meter, workers }),
  };
  const ordered = await trainInOrder(at);
  if (!ordered) {
    if (meter.signal.aborted) hooks.say?.(`Stopped after ${maxHours} hours of all workers together.`);
    else if (budget.isUsedUp) hooks.say?.(`Stopped after ${count(maxTrials ?? 0, 'trial')}.`);
    return { folder: study, stopped: true };
  }
  await distribution?.finish();
  const result = resultOf(metricFor(plan, ordered), configurations, ordered);
  study.writeResults(result, sweepCsv(result, configurations));
  const { html, pictures } = sweepReport({ result, configurations, machine: plan.machine, path: study.path });
  study.writeReport(html, pictures);
  return { folder: study, result, stopped: false };
}

/** The results of all trials, in their order; undefined if the sweep was stopped before. */
async function trainInOrder(at: SweepAtWork): Promise<TrialResult[] | undefined> {
  const { plan, hooks } = at;
  const { configurations, trials, halving } = plan;
  const results = new Map<string, TrialResult>();
  const left = () => trials.filter(({ id }) => !results.has(id));
  for (const until of halving ? rungs(configurations.length, halving) : []) {
    const reached = await trainAll(at, left(), until);
    if (!reached) return undefined;
    const kept = bestOf(reached, metricFor(plan, reached), Math.ceil(countOf(reached) / (halving as Halving).factor));
    for (const one of reached) if (one.state === 'failed' || !kept.has(one.configuration)) results.set(one.id, one);
    hooks.say?.(`After epoch ${until}: ${kept.size} of ${count(configurations.length, 'configuration')} go on.`);
  }
  const ended = await trainAll(at, left());
  if (!ended) return undefined;
  for (const one of ended) results.set(one.id, one);
  return trials.map(({ id }) => results.get(id) as TrialResult);
}

/** Trains all of them up to `until`, or to the end; undefined if the sweep was stopped before. Those that did not get to the end count as dropped. */
async function trainAll(at: SweepAtWork, trials: readonly Trial[], until?: number): Promise<TrialResult[] | undefined> {
  const { study, plan, machine, hooks, budget, isMixed, train } = at;
  const { signal, say } = hooks;
  const jobs = trials.map(
    ({ id, configuration, seed }): Job => ({
      ...{ id, seed, machine, folder: study.part(partOf(id)), settings: plan.configurations[configuration].settings },
      ...(until !== undefined && { until }),
    }),
  );
  const pins = new Map<number, Pin>();
  const resultAt = (index: number, outcome: Outcome): TrialResult => {
    const { id, configuration, seed } = trials[index];
    const pin = pins.get(index);
    const trial = { id, configuration, seed, ...(isMixed && pin && { pin }) };
    if (outcome.is === 'failed') return { ...trial, state: 'failed', figures: {}, message: outcome.message };
    const figures = figuresAt(RunFolder.open(jobs[index].folder), until);
    return until === undefined
      ? { ...trial, state: 'finished', figures }
      : { ...trial, state: 'dropped', epoch: until, figures };
  };
  const chosen = budget.take(jobs);
  const trained = await train(
    chosen.map((index) => jobs[index]),
    {
      logs: study.file('logs'),
      ...(signal && { signal }),
      ...(say && { say }),
      onDeath: (k, how) =>
        say?.(`${trialName(plan, trials[chosen[k]])}: its process ended ${how}; the trial is continued.`),
      onEnd: (k, outcome, pin) => {
        const index = chosen[k];
        if (pin) pins.set(index, pin);
        if (outcome.is !== 'stopped')
          say?.(`${trialName(plan, trials[index])}: ${resultText(study, resultAt(index, outcome))}`);
      },
    },
  );
  if (chosen.length < jobs.length || trained.some(({ is }) => is === 'stopped')) return undefined;
  return trained.map((outcome, index) => resultAt(index, outcome));
}

/** The queue of a sweep, whose name stays the same when the sweep is resumed. */
async function distributionOf(study: StudyFolder, plan: Plan, queue: SweepQueue): Promise<Distribution> {
  const { address, store, allowMixed = false } = queue;
  const { id } = study.queueRecord() ?? { id: randomUUID() };
  study.writeQueueRecord({ id, queue: address.shown, storage: store.name });
  return await Distribution.open({ address, store, id, allowMixed, pin: pinOf(plan.machine) });
}

const metricFor = ({ metric }: Plan, results: readonly TrialResult[]): SweepMetric =>
  metricOf(
    metric,
    results.filter(({ state }) => state !== 'failed').map(({ figures }) => figures),
  );

const countOf = (trials: readonly TrialResult[]): number =>
  new Set(trials.map(({ configuration }) => configuration)).size;

/** The configurations with the best means of the metric. */
function bestOf(results: readonly TrialResult[], metric: SweepMetric, most: number): Set<number> {
  const sums = new Map<number, number[]>();
  for (const { configuration, figures } of results)
    sums.set(configuration, [...(sums.get(configuration) ?? []), figures[metric] ?? Number.NaN]);
  const better = compareBy(metric);
  const sorted = [...sums].sort(([, a], [, b]) => better(spreadOf(a).mean, spreadOf(b).mean));
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
export const defaultWorkers = (trials = Number.POSITIVE_INFINITY): number =>
  Math.max(1, Math.min(trials, os.availableParallelism(), Math.floor(os.freemem() / MEMORY)));

function checkConfigurations(configurations: readonly Configuration[]): void {
  if (configurations.length === 0) throw new OptionError('A sweep requires at least one configuration.');
  const names = Object.keys(configurations[0].values).join(', ');
  const other = configurations.find(({ values }) => Object.keys(values).join(', ') !== names);
  if (other)
    throw new OptionError(
      `The configurations of a sweep must vary the same options; got ${names} and ${Object.keys(other.values).join(', ')}.`,
    );
  for (const { settings } of configurations) checkTrainSettings(settings.train ?? {});
}

/** Rejects values that differ in writing only, such as 0.1 and 1e-1. */
function checkDistinct(configurations: readonly Configuration[], trials: readonly Trial[]): void {
  const first = new Map<string, Trial>();
  for (const trial of trials) {
    const other = first.get(trial.id);
    if (other) {
      const [a, b] = [other, trial].map(({ configuration }) => JSON.stringify(configurations[configuration].values));
      throw new OptionError(`Two configurations of the sweep are the same: ${a} and ${b}.`);
    }
    first.set(trial.id, trial);
  }
}

function checkHow({ workers, maxHours, maxTrials }: SweepMachine): void {
  checkLimits({ ...(maxHours !== undefined && { maxHours }), ...(maxTrials !== undefined && { maxTrials }) });
  if (workers !== undefined && !(Number.isInteger(workers) && workers >= 1))
    throw new OptionError(`workers must be an integer of at least 1; got ${workers}.`);
}

/** "latent-dim 3, seed 1" */
function trialName({ configurations }: Plan, { configuration, seed }: Trial): string {
  const values = Object.entries(configurations[configuration].values).map(([name, value]) => `${name} ${value}`);
  return [...values, `seed ${seed}`].join(', ');
}

/** "accuracy 0.9875, loss 271.3" */
function resultText(study: StudyFolder, { id, figures, message }: TrialResult): string {
  if (message !== undefined) return `failed: ${message} Log: ${path.join(study.file('logs'), `${id}.log`)}`;
  return Object.entries(figures)
    .map(([name, value]) => `${name} ${value.toPrecision(4)}`)
    .join(', ');
}

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;
