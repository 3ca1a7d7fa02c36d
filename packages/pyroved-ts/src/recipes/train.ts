/** A whole run: images, model, training with checkpoints, and at the end the figures, pictures and report in the run's folder. */
import { createRequire } from 'node:module';
import { type EngineChoice, selectEngine } from '@pyro-ts/engine';
import { type SelectedKernel, selectKernel } from '@pyro-ts/spatial-decoder';
import type { Normalisation } from '../data/index.js';
import { listProblems } from '../errors.js';
import type { IVAE, SSIVAE } from '../models/index.js';
import { type Checkpoint, RunFolder } from '../run/index.js';
import type { EpochRecord, StepProgress, Trainer } from '../train/index.js';
import { formatCount } from '../viz/index.js';
import { type Estimate, estimateTraining } from './estimate.js';
import { finishRun, type RunSummary } from './finish.js';
import type { ReportBaseline } from './report.js';
import {
  type DataSection,
  dataSection,
  type ModelSettings,
  modelConfigFor,
  modelSection,
  prepareTraining,
  type TrainSettings,
  trainDefaults,
  trainSection,
} from './settings.js';
import type { TrainingSets } from './sources/sets.js';
import { loadSets, type Source } from './sources/source.js';
import { checkpointWithAngles } from './upright.js';

/** The engine and the kernel of a run; what is left out is chosen for this machine. */
export interface Machine {
  readonly engine?: string;
  readonly kernel?: string;
  readonly threads?: number;
}

export interface TrainRequest extends Machine {
  /** The folder of the run; it must not exist yet, or hold nothing. */
  readonly folder: string;
  readonly source: Source;
  readonly model?: ModelSettings;
  readonly train?: TrainSettings;
  readonly seed?: number;
  /** Replace a run that is there. */
  readonly overwrite?: boolean;
  /** What the report holds the result against. */
  readonly baseline?: ReportBaseline;
}

/** What a step reports, with the number of steps of the whole run. */
export type RunProgress = StepProgress & { readonly steps: number };

/** What a caller may want to see or decide while a run goes on. */
export interface RunHooks {
  /** Stops after the step that runs when it is aborted; the state is kept. */
  readonly signal?: AbortSignal;
  /** A sentence for the person who waits. */
  readonly say?: (line: string) => void;
  /** Called once, before the first step. */
  readonly onEstimate?: (estimate: Estimate, steps: number) => void;
  readonly onStep?: (progress: RunProgress) => void;
  readonly onEpoch?: (record: EpochRecord) => void;
}

export interface RunResult {
  readonly folder: RunFolder;
  /** Absent where the run was stopped before its end. */
  readonly summary?: RunSummary;
  readonly history: readonly EpochRecord[];
  readonly stopped: boolean;
}

/** Trains a model on a source of images into a new run folder. */
export async function trainRun(request: TrainRequest, hooks: RunHooks = {}): Promise<RunResult> {
  const { folder, source, model = {}, seed = 1, overwrite = false, baseline } = request;
  const train = { ...trainDefaults, ...request.train };
  RunFolder.assertFree(folder, { overwrite });
  return withMachine(request, hooks, async (machine) => {
    const sets = await imagesOf(source, hooks);
    const data: DataSection = {
      source,
      classNames: sets.classNames,
      ...(sets.normalisation && { normalisation: sets.normalisation }),
    };
    const settings = {
      model: modelConfigFor(sets, model, seed),
      data,
      train,
      seed,
      engine: machine.engine.name,
      kernel: machine.kernel.name,
      versions: versions(),
    };
    // A model and a trainer that cannot be made are refused before a folder is.
    prepareTraining(settings.model, sets, { ...train, seed }, machine.kernel).model.dispose();
    const run = RunFolder.create(folder, settings, { overwrite });
    return runTo({ run, sets, machine, hooks, resume: false, ...(baseline && { baseline }) });
  });
}

/** Goes on with a run that was stopped, or ends one that was killed, with the same numbers as if it never had been. */
export async function resumeRun(folder: string, machine: Machine = {}, hooks: RunHooks = {}): Promise<RunResult> {
  const run = RunFolder.open(folder);
  run.assertWritable();
  const { engine, kernel } = run.config;
  return withMachine({ engine, kernel, ...definedOf(machine) }, hooks, async (started) => {
    if (started.engine.name !== engine || started.kernel.name !== kernel) {
      hooks.say?.(
        `The run was made with engine ${engine} and kernel ${kernel}; with ${started.engine.name} and ${started.kernel.name} its numbers will differ in the last digits.`,
      );
    }
    const { source, normalisation } = dataSection(run.config);
    const sets = await imagesOf(source, hooks, normalisation);
    return runTo({ run, sets, machine: started, hooks, resume: true });
  });
}

/** Makes or reads the images and says what they are. */
async function imagesOf(source: Source, hooks: RunHooks, normalisation?: Normalisation): Promise<TrainingSets> {
  const sets = await loadSets(source, {
    ...(normalisation && { normalisation }),
    onProgress: readingProgress(hooks),
  });
  tell(sets, hooks);
  return sets;
}

/** A sentence now and then while many files are read. */
function readingProgress({ say }: RunHooks): (done: number, total: number) => void {
  let said = performance.now();
  return (done, total) => {
    if (performance.now() - said < 5000) return;
    said = performance.now();
    say?.(`Read ${formatCount(done)} of ${formatCount(total)} files.`);
  };
}

interface StartedMachine {
  readonly engine: EngineChoice;
  readonly kernel: SelectedKernel;
}

/** Chooses engine and kernel, and frees the kernel at the end of `body`. */
async function withMachine<T>(
  { engine, kernel, threads }: Machine,
  { say }: RunHooks,
  body: (machine: StartedMachine) => Promise<T>,
): Promise<T> {
  const chosen = await selectEngine({ ...(engine !== undefined && { engine }) });
  say?.(chosen.line);
  const decoder = await selectKernel({
    ...(kernel !== undefined && { kernel }),
    ...(threads !== undefined && { threads }),
  });
  say?.(decoder.line);
  try {
    return await body({ engine: chosen, kernel: decoder });
  } finally {
    decoder.dispose();
  }
}

interface Run {
  readonly run: RunFolder;
  readonly sets: TrainingSets;
  readonly machine: StartedMachine;
  readonly hooks: RunHooks;
  readonly resume: boolean;
  readonly baseline?: ReportBaseline;
}

async function runTo({ run, sets, machine, hooks, resume, baseline }: Run): Promise<RunResult> {
  const { config } = run;
  const settings = { ...trainSection(config), seed: config.seed };
  const prepare = (train = settings) => prepareTraining(modelSection(config), sets, train, machine.kernel);
  const { model, trainer } = prepare();
  try {
    if (resume) restore(run, trainer, hooks);
    if (trainer.epoch < trainer.epochCount && hooks.onEstimate) {
      const estimate = await estimateTraining(() => {
        // Steps of the warm-up cost less than those that follow.
        const probe = prepare({ ...settings, warmUp: 0 });
        return { trainer: probe.trainer, discard: () => probe.model.dispose() };
      }, hooks.signal);
      if (!hooks.signal?.aborted) hooks.onEstimate(estimate, trainer.totalSteps - trainer.step);
    }
    const { stopped } = await learn(run, model, trainer, sets, hooks);
    const { history } = trainer;
    if (stopped) return { folder: run, history, stopped };
    hooks.say?.('Drawing the pictures and the report.');
    return { folder: run, history, stopped, summary: await finishRun(run, model, sets, history, baseline) };
  } finally {
    model.dispose();
    sets.close?.();
  }
}

function restore(run: RunFolder, trainer: Trainer, { say }: RunHooks): void {
  if (!run.hasCheckpoint()) {
    run.metrics.keep(() => false);
    say?.('The run was ended before its first checkpoint: it begins anew.');
    return;
  }
  const { checkpoint, warning } = run.loadCheckpoint();
  if (warning) say?.(warning);
  trainer.loadState(checkpoint);
  run.metrics.keep((record) => Number(record.epoch) <= trainer.epoch);
  say?.(`Going on after step ${trainer.step} (epoch ${trainer.epoch} of ${trainer.epochCount} is done).`);
}

function learn(run: RunFolder, model: IVAE | SSIVAE, trainer: Trainer, sets: TrainingSets, hooks: RunHooks) {
  const { signal, onStep, onEpoch } = hooks;
  const steps = trainer.totalSteps;
  return trainer.train({
    ...(signal && { signal }),
    ...(onStep && { onStep: (progress) => onStep({ ...progress, steps }) }),
    onEpoch: (record) => {
      run.metrics.append(metricsOf(record));
      onEpoch?.(record);
    },
    checkpoint: (state: Checkpoint) => {
      run.saveCheckpoint(checkpointWithAngles(state, model, sets.labelled));
      return run.file('checkpoint');
    },
  });
}

/** One line of metrics.jsonl. */
const metricsOf = ({ evaluation, ...record }: EpochRecord) => ({ ...record, ...evaluation });

function tell({ notes, problems, unlabelled, labelled, test }: TrainingSets, { say }: RunHooks): void {
  const parts = [
    ...(unlabelled === labelled ? [] : [`${formatCount(unlabelled.count)} unlabelled`]),
    ...(labelled ? [`${formatCount(labelled.count)} labelled`] : []),
    ...(test ? [`${formatCount(test.count)} to test on`] : []),
  ];
  const { shape, channels } = unlabelled;
  const what = shape.length === 1 ? 'Signals' : 'Images';
  const size = `${shape.join(' x ')} ${shape.length === 1 ? 'values' : 'pixels'}${channels > 1 ? `, ${channels} channels` : ''}`;
  say?.(`${what}: ${parts.join(', ')}; ${size}.`);
  for (const note of notes) say?.(note);
  if (problems.length > 0) {
    say?.(
      `${formatCount(problems.length)} ${problems.length === 1 ? 'was' : 'were'} left out:\n${listProblems(problems)}`,
    );
  }
}

function versions(): Record<string, string> {
  const own = createRequire(import.meta.url)('../../package.json') as { version: string };
  return { 'pyroved-ts': own.version, node: process.versions.node };
}

const definedOf = (machine: Machine): Machine =>
  Object.fromEntries(Object.entries(machine).filter(([, value]) => value !== undefined));
