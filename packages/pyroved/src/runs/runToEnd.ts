/** Trains one run: restores its state, trains with metrics and checkpoints, and evaluates the result. */
import {
  type Checkpoint,
  type CompileMode,
  classCounts,
  type EpochRecord,
  type InvariantVAE,
  type Model,
  RecognitionSSIVAE,
  type TrainCalls,
  type Trainer,
  type TrainingImages,
  type VED,
} from 'pyroved-ts';
import { shareInterval } from 'pyroved-ts/internal';
import { prepareTraining } from '../kinds/index.js';
import type { TrainingSets } from '../sources/sets.js';
import type { RunFolder, RunOrigin } from '../storage/index.js';
import { estimateTraining, PROBED_RECOGNITION } from './estimate.js';
import { loadStart } from './extend.js';
import type { RunSummary } from './finish.js';
import type { RunHooks } from './hooks.js';
import { earlyWarning } from './learningProblems.js';
import type { StartedMachine } from './machine.js';
import { modelSection, trainSection } from './settings.js';
import { checkpointWithAngles } from './upright.js';
import { type Validation, validationFor } from './validation.js';

export interface RunResult {
  readonly folder: RunFolder;
  /** Absent if the run was stopped before its end. */
  readonly summary?: RunSummary;
  readonly history: readonly EpochRecord[];
  readonly stopped: boolean;
}

/** Evaluates a trained model and writes the results. */
export type Finish = (
  run: RunFolder,
  model: Model,
  sets: TrainingSets,
  history: readonly EpochRecord[],
) => Promise<RunSummary>;

export interface RunRequest {
  readonly run: RunFolder;
  readonly sets: TrainingSets;
  readonly machine: StartedMachine;
  readonly hooks: RunHooks;
  /** Continue from the last checkpoint. */
  readonly resume: boolean;
  /** Whether steps are compiled. @default as the run's configuration says */
  readonly compile?: CompileMode;
  /** Stop after this epoch, counted from 1, as if interrupted. @default the last epoch */
  readonly until?: number;
  readonly finish: Finish;
}

/** Trains a run to its end, or up to `until`. The caller must hold the run's lock. */
export async function runToEnd(request: RunRequest): Promise<RunResult> {
  const { run, sets, machine, hooks, resume, compile, until, finish } = request;
  const { config } = run;
  const settings = { ...trainSection(config), ...(compile !== undefined && { compile }), seed: config.seed };
  const validation = validationFor(config, sets);
  const seen = validation ? { ...sets, test: validation.images } : sets;
  const prepare = (train = settings) => prepareTraining(modelSection(config), seen, train, machine.kernel);
  const { model, trainer } = prepare();
  try {
    if (config.from && !(resume && run.hasCheckpoint())) begin(run, model, trainer, sets);
    const { history, ended } = await trainWithCheckpoints({
      run,
      trainer,
      hooks,
      resume,
      // Only a few steps of the warm-up, which are cheaper than later ones. Compiling would take longer than all of them.
      probe: () =>
        prepare({
          ...{ ...settings, compile: false },
          ...(model instanceof RecognitionSSIVAE ? { recognitionSteps: PROBED_RECOGNITION } : { warmUp: 0 }),
        }),
      ...(until !== undefined && { until }),
      kept: (state) => checkpointWithAngles(state, model, sets.labelled),
      ...(seen.test && { validation: seen.test }),
      warning: (history) => warningOf(history, validation, trainer.epochCount),
    });
    if (!ended) return { folder: run, history, stopped: true };
    const summary = await finish(run, model, sets, history);
    return { folder: run, history, stopped: false, summary };
  } finally {
    model.dispose();
  }
}

/** Loads the weights of the extended run and saves a checkpoint, so that its folder is not needed to resume. */
function begin(run: RunFolder, model: Model, trainer: Trainer, sets: TrainingSets): void {
  loadStart(model, run.config.from as RunOrigin, sets);
  run.saveCheckpoint(checkpointWithAngles(trainer.state(), model, sets.labelled));
}

/** A warning if accuracy and loss so far are those of a run that does not learn. */
function warningOf(
  history: readonly EpochRecord[],
  validation: Validation | undefined,
  epochs: number,
): string | undefined {
  const accuracy = history.at(-1)?.evaluation?.accuracy;
  const { labels } = validation?.images ?? {};
  const counts = labels && classCounts({ labels });
  const measured = validation &&
    counts &&
    accuracy !== undefined && {
      accuracy,
      accuracyInterval: shareInterval(accuracy, validation.distinct),
      chance: Math.max(...counts) / validation.images.count,
    };
  const losses = history.map(({ loss, klWeight }) => ({ loss, klWeight }));
  return earlyWarning({ ...measured, losses }, history.length, epochs);
}

/** A training with its run folder and hooks. */
export interface TrainingRequest<M extends InvariantVAE | VED> extends Pick<RunRequest, 'run' | 'resume' | 'until'> {
  readonly trainer: Trainer<M>;
  readonly hooks: RunHooks<M>;
  /** Creates a model and a trainer like the run's, to measure the time per step. */
  readonly probe: () => { readonly model: M; readonly trainer: Trainer<M> };
  /** The images that are evaluated after each epoch, for the hooks. */
  readonly validation?: TrainingImages;
  /** Transforms a state before it is saved. @default unchanged */
  readonly kept?: (state: Checkpoint) => Checkpoint;
  /** A warning after an epoch if the training does not seem to learn. */
  readonly warning?: (history: readonly EpochRecord[]) => string | undefined;
}

/** Restores the state if requested, estimates the duration, and trains to the end or up to `until`; `ended` tells which. */
export async function trainWithCheckpoints<M extends InvariantVAE | VED>(
  asked: TrainingRequest<M>,
): Promise<{ readonly history: readonly EpochRecord[]; readonly ended: boolean }> {
  const {
    run,
    trainer,
    hooks,
    resume,
    probe,
    until = trainer.epochCount,
    kept = (state) => state,
    warning,
    validation,
  } = asked;
  const last = Math.min(until, trainer.epochCount);
  if (resume) restore(run, trainer, hooks);
  const { history } = trainer;
  if (!trainer.isFinished && trainer.epoch >= last) return { history, ended: false };
  if (!trainer.isFinished && hooks.onEstimate) {
    const estimate = await estimateTraining(
      trainer,
      () => {
        const { model, trainer: tried } = probe();
        return { trainer: tried, discard: () => model.dispose() };
      },
      hooks.signal,
    );
    const whole = trainer.stepsOf(last);
    if (!hooks.signal?.aborted) hooks.onEstimate(estimate, whole - trainer.step, whole);
  }
  const calls = callsOf({ run, trainer, hooks, last, kept, warning, validation });
  const { stopped } = await trainer.train(calls).finally(() => hooks.onEnd?.());
  if (!stopped && trainer.stoppedEarly)
    hooks.say?.(`Stopped early after epoch ${trainer.epoch}: no further improvement.`);
  return { history, ended: !stopped };
}

/** Continues from the last checkpoint of the run, or from the beginning if there is none. */
function restore<M extends InvariantVAE | VED>(
  run: RunFolder,
  trainer: Trainer<M>,
  { say }: Pick<RunHooks, 'say'>,
): void {
  if (!run.hasCheckpoint()) {
    run.metrics.replace([]);
    say?.('The run was stopped before its first checkpoint: starting from the beginning.');
    return;
  }
  const { checkpoint, warning } = run.loadCheckpoint();
  if (warning) say?.(warning);
  trainer.loadState(checkpoint);
  run.metrics.replace(trainer.history.map(metricsOf));
  say?.(`Resuming after step ${trainer.step} (${trainer.epoch} of ${trainer.epochCount} epochs finished).`);
}

interface MonitoredTraining<M extends InvariantVAE | VED> {
  readonly run: RunFolder;
  readonly trainer: Trainer<M>;
  readonly hooks: RunHooks<M>;
  /** The epoch, counted from 1, after which to stop. */
  readonly last: number;
  readonly kept: (state: Checkpoint) => Checkpoint;
  readonly warning: TrainingRequest<M>['warning'];
  readonly validation: TrainingImages | undefined;
}

/** The callbacks of a training: they write metrics and checkpoints and call the caller's hooks. */
function callsOf<M extends InvariantVAE | VED>(request: MonitoredTraining<M>): TrainCalls<M> {
  const { run, trainer, hooks, last, kept, warning, validation } = request;
  const { signal, onStep, onEpoch, pause } = hooks;
  const steps = trainer.stepsOf(last);
  const arrived = new AbortController();
  return {
    signal: signal ? AbortSignal.any([signal, arrived.signal]) : arrived.signal,
    ...(onStep && { onStep: (progress) => onStep({ ...progress, steps }) }),
    ...(pause && { pause }),
    onEpoch: (record, seen) => {
      run.metrics.append(metricsOf(record));
      onEpoch?.(record, seen, validation);
      const warned = warning?.(trainer.history);
      if (warned !== undefined) hooks.say?.(warned);
      if (record.epoch >= last) arrived.abort();
    },
    checkpoint: (state: Checkpoint) => {
      run.saveCheckpoint(kept(state));
      return run.file('checkpoint');
    },
  };
}

/** One line of metrics.jsonl. */
const metricsOf = ({ evaluation, ...record }: EpochRecord) => ({ ...record, ...evaluation });
