/** The options of all trainers, and those of the training loop. */
import { type ClipOptions, OptionError } from 'pyro-ts';
import { rejectUnknownKeys } from 'pyro-ts/internal';
import type { InvariantVAE } from '../models/index.js';
import { type AverageOptions, averageRule } from './average.js';
import type { Checkpoint } from './checkpoint.js';
import { checkEarlyStopping, type EarlyStopping } from './earlyStopping.js';
import type { Position } from './errors.js';
import type { EpochRecord } from './history.js';
import { type Schedule, scheduleOf } from './schedule.js';

export interface TrainerOptions {
  /** Number of epochs of the whole run. @default 100 */
  readonly epochs?: number;
  /** Number of images per step. @default 64 */
  readonly batchSize?: number;
  /** Adam's learning rate, constant or by epoch. @default depends on the trainer */
  readonly lr?: Schedule;
  /** Weight of the Kullback-Leibler term of the latents, constant or by epoch, at least 0. @default 1 */
  readonly klWeight?: Schedule;
  /** Maximum Euclidean norm of the gradient of each parameter, as in the optimisers of pyro-ts. @default no clipping */
  readonly clipNorm?: number;
  /**
   * Evaluate, save and finish with a running average of the weights; training itself continues with the raw weights.
   * @default none
   */
  readonly averageWeights?: AverageOptions;
  /**
   * Stop when training no longer improves. The weights are those of the last epoch, not of the best.
   * @default train for all epochs
   */
  readonly earlyStopping?: EarlyStopping;
  /** Seed of the order of the images and the noise of every step. @default 1 */
  readonly seed?: number | string;
}

export const trainerOptionKeys: readonly (keyof TrainerOptions)[] = [
  'epochs',
  'batchSize',
  'lr',
  'klWeight',
  'clipNorm',
  'averageWeights',
  'earlyStopping',
  'seed',
];

/**
 * Checks the options that do not depend on data.
 * @param owner name in error messages, such as "UnsupervisedTrainer"
 * @param known the options of the trainer
 * @param labels whether the trainer has labelled images
 * @throws {OptionError} when an option is invalid.
 */
export function checkTrainerOptions(
  owner: string,
  options: TrainerOptions,
  known: readonly string[] = trainerOptionKeys,
  labels = false,
): void {
  rejectUnknownKeys(owner, options, known);
  const { epochs = defaults.epochs, batchSize = defaults.batchSize, clipNorm, averageWeights, earlyStopping } = options;
  checkCount(owner, 'epochs', epochs);
  checkCount(owner, 'batchSize', batchSize);
  for (const option of ['lr', 'klWeight'] as const) {
    const schedule = options[option];
    if (schedule !== undefined) scheduleOf(schedule, { option, epochs });
  }
  if (clipNorm !== undefined && !(clipNorm > 0)) {
    throw new OptionError(`${owner}: clipNorm must be greater than 0; got ${clipNorm}.`);
  }
  if (averageWeights) averageRule(averageWeights, epochs);
  if (earlyStopping) checkEarlyStopping(owner, earlyStopping, labels);
}

/** Default options. */
export const defaults = { epochs: 100, batchSize: 64, klWeight: 1, seed: 1 } as const;

/** Maximum number of epochs and of images of a batch. Schedules are evaluated for all epochs before the first. */
const MOST = 1e5;

function checkCount(owner: string, option: string, n: number): void {
  if (Number.isInteger(n) && n > 0) {
    if (n > MOST) throw new OptionError(`${owner}: ${option} must be at most ${MOST}; got ${n}.`);
    return;
  }
  throw new OptionError(`${owner}: ${option} must be an integer of at least 1; got ${n}.`);
}

/** The gradient clipping options of an optimiser. */
export const clipOf = ({ clipNorm }: TrainerOptions): ClipOptions => (clipNorm === undefined ? {} : { clipNorm });

/** Progress after a step. */
export interface StepProgress extends Position {
  /** Number of epochs of the run. */
  readonly epochs: number;
  /** Number of steps of this epoch: taken, and in total. */
  readonly batch: number;
  readonly batches: number;
  /** Mean loss of the unlabelled images of this epoch so far, in nats per image; undefined before the first. */
  readonly loss: number | undefined;
}

export interface LoopOptions<M = InvariantVAE> {
  /** When aborted, training stops after the current step. A callback may abort it. */
  readonly signal?: AbortSignal;
  /** Called after every step. */
  readonly onStep?: (progress: StepProgress, model: M) => void;
}

export interface TrainCalls<M = InvariantVAE> extends LoopOptions<M> {
  /**
   * Called and awaited after every epoch. The model has the training weights; after the last epoch, their average if
   * there is one.
   */
  readonly onEpoch?: (record: EpochRecord, model: M) => void | Promise<void>;
  /** Called to save the state, after an epoch and when training is stopped. Returns the location, for messages. */
  readonly checkpoint?: (state: Checkpoint) => string | undefined;
  /** Number of epochs between two calls of `checkpoint`. @default 1 */
  readonly checkpointEvery?: number;
  /** Called and awaited between two epochs, after the state is saved. */
  readonly pause?: () => Promise<void>;
}
