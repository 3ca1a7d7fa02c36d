/**
 * The training loop of all trainers: epochs, steps, history, checkpoints, and errors that state the position in the
 * run.
 */
import * as tf from '@tensorflow/tfjs';
import { Adam, NonFiniteError, type SavedTensor, SupportError, type SVI, type SVIOptions } from 'pyro-ts';
import type { Batch } from '../data/index.js';
import type { InvariantVAE, KlWeight, VED } from '../models/index.js';
import { type OptionTable, resolveOptions, withDefaults } from '../options.js';
import { averageRule, WeightAverage } from './average.js';
import type { Checkpoint } from './checkpoint.js';
import { type EarlyStopping, earlyStoppingTable, hasStalled } from './earlyStopping.js';
import { TrainingError } from './errors.js';
import { checkFingerprint, type Fingerprint } from './fingerprint.js';
import { addStep, type EpochRecord, type EpochSums, type Evaluation, meanLoss, noSums } from './history.js';
import {
  type CompileMode,
  clipOf,
  type LoopOptions,
  resolveTrainer,
  type StepProgress,
  type TrainCalls,
  type TrainerOptions,
} from './options.js';
import { scheduleOf } from './schedule.js';
import { loadOptimizer, loadParams, saveOptimizer, saveParams } from './state.js';

/** The part of a saved state other than arrays. */
interface SavedState {
  readonly epoch: number;
  readonly batch: number;
  readonly step: number;
  readonly sums: EpochSums;
  readonly history: readonly EpochRecord[];
  readonly updates: Readonly<Record<string, number>>;
  /** Number of steps in the average of the weights; absent without an average. */
  readonly averaged?: number;
  readonly settings: Fingerprint;
}

/** What a kind of trainer adds to the shared parts. */
export interface TrainerParts {
  /** Name in error messages, such as "UnsupervisedTrainer". */
  readonly owner: string;
  /** The table of its own options. */
  readonly ownTable: object;
  /** Default learning rate. */
  readonly lr: number;
  /** Whether it has labelled images for the validation set of early stopping. @default false */
  readonly labels?: boolean;
}

const callsTable = {
  signal: {},
  onStep: {},
  onEpoch: {},
  checkpoint: {},
  checkpointEvery: { default: 1 },
  pause: {},
} satisfies OptionTable<TrainCalls>;

/** Steps from which on compiling, which takes seconds for large images, pays. */
const REPAID = 200;

/**
 * The training loop of all trainers. The state depends only on the seed, the data and the number of steps.
 * @example
 * const trainer = new UnsupervisedTrainer(vae, { images }, { epochs: 20 });
 * const { stopped } = await trainer.train({ signal, checkpoint: (state) => store(state) });
 */
export abstract class Trainer<M extends InvariantVAE | VED = InvariantVAE> {
  readonly history: EpochRecord[] = [];
  /** Number of finished epochs. */
  epoch = 0;
  /** Total number of steps taken. */
  step = 0;
  /** Epoch and location of the last saved state, for messages. */
  lastCheckpoint: { readonly epoch: number; readonly where?: string } | undefined;
  readonly epochCount: number;
  readonly batchSize: number;
  readonly seed: number | string;
  private readonly compile: CompileMode;
  private isCompiled = false;
  private batch = 0;
  private sums = noSums;
  private readonly lr: (epoch: number) => number;
  private readonly klWeight: (epoch: number) => number;
  private readonly average: WeightAverage | undefined;
  private readonly earlyStopping: EarlyStopping | undefined;
  private readonly clipNorm: number | undefined;

  constructor(
    readonly model: M,
    options: TrainerOptions,
    { owner, ownTable, lr, labels = false }: TrainerParts,
    protected readonly optimizer: Adam = new Adam({ lr: 1 }, clipOf(options)),
  ) {
    const resolved = resolveTrainer(owner, options, ownTable, labels);
    const { epochs, batchSize, seed, klWeight, averageWeights } = resolved;
    this.epochCount = epochs;
    this.batchSize = batchSize;
    this.seed = seed;
    this.compile = resolved.compile;
    this.lr = scheduleOf(resolved.lr ?? lr, { option: 'lr', epochs });
    this.klWeight = scheduleOf(klWeight, { option: 'klWeight', epochs });
    this.clipNorm = resolved.clipNorm;
    this.earlyStopping = resolved.earlyStopping;
    if (averageWeights) this.average = new WeightAverage(model.params, averageRule(averageWeights, epochs));
  }

  /** Whether the last epoch is done, or early stopping has ended the training. */
  get isFinished(): boolean {
    return this.epoch >= this.epochCount || this.stoppedEarly;
  }

  /** Whether early stopping ended the training before its last epoch. */
  get stoppedEarly(): boolean {
    const { earlyStopping, history } = this;
    return earlyStopping !== undefined && this.epoch < this.epochCount && hasStalled(history, earlyStopping);
  }

  /** Number of steps of the first `epochs` epochs. Only the first epoch may differ in length from the others. */
  stepsOf(epochs: number): number {
    return this.batches(0).length + (epochs > 1 ? (epochs - 1) * this.batches(1).length : 0);
  }

  /** Number of steps of the whole run. */
  get totalSteps(): number {
    return this.stepsOf(this.epochCount);
  }

  /** The batches of an epoch (counted from 0), in order. */
  abstract batches(epoch: number): Batch[];
  /** Whether to skip a batch. */
  protected skips(_batch: Batch): boolean {
    return false;
  }
  /**
   * One gradient step. Returns the loss summed over the images of the batch. The tensors that it creates are freed
   * afterwards.
   */
  protected abstract takeStep(batch: Batch, klWeight: KlWeight): number;
  /** A weight that changes from epoch to epoch: for compiled steps a tensor, so that it is no constant of theirs. */
  protected weightOfStep(weight: number): KlWeight {
    return this.isCompiled ? tf.scalar(weight) : weight;
  }
  /** Decides whether steps are compiled, in a training of so many, and returns the option of the trainer's SVIs. */
  protected decideCompile(steps: number): NonNullable<SVIOptions['compile']> {
    const mode = this.compile === 'auto' ? steps >= REPAID && 'quiet' : this.compile;
    this.isCompiled = mode !== false;
    return mode;
  }
  /** Takes a step on a batch of `rows` of the `count` images of a set. Compiling for a batch that is not whole, once an epoch, would not pay. */
  protected stepOn<Args extends unknown[]>(svi: SVI<Args>, rows: number, count: number, ...args: Args): number {
    const isWhole = rows === Math.min(this.batchSize, count);
    return this.compile === 'auto' && !isWhole ? svi.plainStep(...args) : svi.step(...args);
  }

  /** Evaluates the model on the test and validation images, if there are any. Does not change the parameters. */
  abstract evaluate(): Evaluation | undefined;
  /** The settings that must match for a saved state to be continued. */
  protected abstract settings(): Fingerprint;
  /** Sets the position of the objective in its random stream. */
  protected abstract seek(step: number): void;

  /**
   * Trains epoch by epoch, yielding to the event loop after every step. Ends early if `signal` is aborted; a new call
   * continues.
   * @throws {TrainingError} when a loss or a gradient is not finite; the parameters are then those before the step.
   */
  async *epochs({ signal, onStep }: LoopOptions<M> = {}): AsyncGenerator<EpochRecord, void> {
    while (!this.isFinished) {
      const batches = this.batches(this.epoch);
      while (this.batch < batches.length) {
        if (signal?.aborted) return;
        if (this.skips(batches[this.batch])) {
          this.batch++;
          this.step++;
          continue;
        }
        this.trainOn(batches[this.batch]);
        onStep?.(this.progress(batches.length), this.model);
        await otherEvents();
      }
      yield this.finishEpoch();
    }
  }

  /** Trains to the end, or until `signal` is aborted; `stopped` is then true, and the state has been saved. */
  async train(calls: TrainCalls<M> = {}): Promise<{ history: readonly EpochRecord[]; stopped: boolean }> {
    const { onEpoch, checkpoint, checkpointEvery, pause } = resolveOptions('train', calls, callsTable);
    for await (const record of this.epochs(calls)) {
      await onEpoch?.(record, this.model);
      const isDue = record.epoch % checkpointEvery === 0 || this.isFinished;
      if (checkpoint && isDue) this.keep(checkpoint);
      if (!this.isFinished) await pause?.();
    }
    const stopped = !this.isFinished;
    if (stopped && checkpoint) this.keep(checkpoint);
    return { history: this.history, stopped };
  }

  /**
   * The full state, from which training continues as if it had not been interrupted, also within an epoch. If weights
   * are averaged, its parameters are the average.
   */
  state(): Checkpoint {
    return this.withAverage(() => this.savedState());
  }

  private savedState(): Checkpoint {
    const { tensors, updates } = saveOptimizer(this.optimizer);
    const state: SavedState = {
      epoch: this.epoch,
      batch: this.batch,
      step: this.step,
      sums: this.sums,
      history: this.history,
      updates,
      ...(this.average && { averaged: this.average.steps }),
      settings: this.fingerprint(),
    };
    const own = this.average?.save() ?? [];
    const further = this.furtherState();
    return { tensors: new Map([...saveParams(this.model.params), ...tensors, ...own, ...further]), state };
  }

  /** Further arrays of a kind of trainer, by name. */
  protected furtherState(): ReadonlyMap<string, SavedTensor> {
    return new Map();
  }

  /** Loads the arrays of `furtherState` from a checkpoint. */
  protected loadFurtherState(_tensors: ReadonlyMap<string, SavedTensor>): void {}

  /**
   * Restores a saved state.
   * @throws {OptionError} when data or settings differ.
   * @throws {FormatError} when the model differs.
   */
  loadState(checkpoint: Checkpoint): void {
    const saved = checkpoint.state as SavedState;
    checkFingerprint(saved.settings, this.fingerprint());
    loadParams(this.model.params, checkpoint.tensors);
    loadOptimizer(this.optimizer, checkpoint.tensors, saved.updates);
    this.loadFurtherState(checkpoint.tensors);
    this.epoch = saved.epoch;
    this.batch = saved.batch;
    this.step = saved.step;
    this.sums = saved.sums;
    this.history.splice(0, this.history.length, ...saved.history);
    this.lastCheckpoint = { epoch: saved.epoch };
    this.average?.load(checkpoint.tensors, saved.averaged ?? 0);
    if (this.isFinished) this.average?.show();
  }

  /** Calls `body` with the averaged weights in the model, if weights are averaged. */
  private withAverage<T>(body: () => T): T {
    return this.average ? this.average.within(body) : body();
  }

  /** `settings` and those shared by all trainers. */
  private fingerprint(): Fingerprint {
    const { average, earlyStopping, clipNorm } = this;
    return {
      ...this.settings(),
      ...(clipNorm !== undefined && { clipNorm }),
      ...(average && { averageWeights: `${average.rule.decay} from epoch ${average.rule.from}` }),
      ...(earlyStopping && {
        earlyStopping: JSON.stringify(withDefaults(earlyStopping, earlyStoppingTable)),
      }),
    };
  }

  private progress(batches: number): StepProgress {
    const { epoch, epochCount: epochs, step, batch } = this;
    return { epoch: epoch + 1, epochs, step, batch, batches, loss: meanLoss(this.sums, 'unlabelled') };
  }

  private trainOn(batch: Batch): void {
    const started = performance.now();
    this.optimizer.lrFactor = this.lr(this.epoch);
    this.seek(this.step);
    const engine = tf.engine();
    let loss: number;
    engine.startScope();
    try {
      loss = this.takeStep(batch, this.weightOfStep(this.klWeight(this.epoch)));
    } catch (error) {
      throw error instanceof NonFiniteError || error instanceof SupportError ? this.explained(error) : error;
    } finally {
      engine.endScope();
    }
    this.sums = addStep(this.sums, batch, loss, (performance.now() - started) / 1000);
    this.batch++;
    this.step++;
    this.average?.update(this.epoch + 1);
  }

  private finishEpoch(): EpochRecord {
    const labelledLoss = meanLoss(this.sums, 'labelled');
    const recognitionLoss = meanLoss(this.sums, 'recognition');
    const evaluation = this.withAverage(() => this.evaluate());
    const record: EpochRecord = {
      epoch: this.epoch + 1,
      step: this.step,
      loss: meanLoss(this.sums, 'unlabelled') ?? (labelledLoss as number),
      ...(labelledLoss !== undefined && { labelledLoss }),
      ...(recognitionLoss !== undefined && { recognitionLoss }),
      klWeight: this.klWeight(this.epoch),
      lr: this.lr(this.epoch),
      seconds: this.sums.seconds,
      ...(evaluation && { evaluation }),
    };
    this.history.push(record);
    this.epoch++;
    this.batch = 0;
    this.sums = noSums;
    if (this.isFinished) this.average?.show();
    return record;
  }

  private keep(checkpoint: (state: Checkpoint) => string | undefined): void {
    const where = this.withAverage(() => checkpoint(this.state()));
    this.lastCheckpoint = { epoch: this.epoch, ...(where !== undefined && { where }) };
  }

  private explained(error: NonFiniteError | SupportError): TrainingError {
    const position = { epoch: this.epoch + 1, step: this.step + 1 };
    const kept = this.lastCheckpoint;
    const place = kept?.where === undefined ? '' : ` (${kept.where})`;
    const back = kept ? `The last checkpoint is from epoch ${kept.epoch}${place}.` : 'No checkpoint has been saved.';
    return new TrainingError(
      `Training stopped at step ${position.step} (epoch ${position.epoch}): ${error.message} The parameters are unchanged. ${back}`,
      position,
      error.site,
      { cause: error },
    );
  }
}

/** Yields to timers, signals and input. */
const otherEvents = (): Promise<void> =>
  new Promise((resolve) => {
    if (typeof setImmediate === 'function') setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
