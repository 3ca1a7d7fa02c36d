/** What all trainers can be told, and what a call of a trainer's loop can be given. */
import { type ClipOptions, OptionError } from 'pyro-ts';
import { refuseUnknownKeys } from 'pyro-ts/internal';
import type { InvariantVAE } from '../models/index.js';
import { type AverageOptions, averageRule } from './average.js';
import type { Checkpoint } from './checkpoint.js';
import { checkEarlyStopping, type EarlyStopping } from './earlyStopping.js';
import type { Position } from './errors.js';
import type { EpochRecord } from './history.js';
import { type Schedule, scheduleOf } from './schedule.js';

export interface TrainerOptions {
  /** How many epochs the whole run has; 100. */
  readonly epochs?: number;
  /** Images a step; 64. */
  readonly batchSize?: number;
  /** Adam's learning rate, constant or by epoch. */
  readonly lr?: Schedule;
  /** Weight of the latents' Kullback-Leibler term, constant or by epoch; 1. May start at 0. */
  readonly klWeight?: Schedule;
  /** The gradient of each parameter is scaled down to this Euclidean norm where it is longer, as pyro-ts's optimisers do. @default no bound */
  readonly clipNorm?: number;
  /** Evaluate, keep and end with a running average of the weights; training itself continues with the weights. @default none */
  readonly averageWeights?: AverageOptions;
  /** End where nothing becomes better. The weights are those of the last epoch, not of the best. @default all epochs */
  readonly earlyStopping?: EarlyStopping;
  /** Decides the order of the images and the noise of every step; 1. */
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
 * Checks all that can be checked without data.
 * @param owner as in messages: "UnsupervisedTrainer"
 * @param known the options of the trainer
 * @param labels whether it has labelled images
 * @throws {OptionError} that names the option.
 */
export function checkTrainerOptions(
  owner: string,
  options: TrainerOptions,
  known: readonly string[] = trainerOptionKeys,
  labels = false,
): void {
  refuseUnknownKeys(owner, options, known);
  const { epochs = defaults.epochs, batchSize = defaults.batchSize, clipNorm, averageWeights, earlyStopping } = options;
  checkCount(owner, 'epochs', epochs);
  checkCount(owner, 'batchSize', batchSize);
  for (const option of ['lr', 'klWeight'] as const) {
    const schedule = options[option];
    if (schedule !== undefined) scheduleOf(schedule, { option, epochs });
  }
  if (clipNorm !== undefined && !(clipNorm > 0)) {
    throw new OptionError(`${owner}: clipNorm is a number above 0, not ${clipNorm}.`);
  }
  if (averageWeights) averageRule(averageWeights, epochs);
  if (earlyStopping) checkEarlyStopping(owner, earlyStopping, labels);
}

/** What is taken where nothing is given. */
export const defaults = { epochs: 100, batchSize: 64, klWeight: 1, seed: 1 } as const;

/** Epochs and images of a batch at most; the schedules are computed for every epoch before the first. */
const MOST = 1e5;

function checkCount(owner: string, option: string, n: number): void {
  if (Number.isInteger(n) && n > 0) {
    if (n > MOST) throw new OptionError(`${owner}: ${option} is at most ${MOST}, not ${n}.`);
    return;
  }
  throw new OptionError(`${owner}: ${option} is a whole number of at least 1, not ${n}.`);
}

/** The bounds on gradients that an optimiser takes. */
export const clipOf = ({ clipNorm }: TrainerOptions): ClipOptions => (clipNorm === undefined ? {} : { clipNorm });

/** What a step reports. */
export interface StepProgress extends Position {
  /** How many epochs the run has. */
  readonly epochs: number;
  /** Steps of this epoch, taken and in all. */
  readonly batch: number;
  readonly batches: number;
  /** Mean loss of this epoch's unlabelled images so far, in nats an image; undefined before the first. */
  readonly loss: number | undefined;
}

export interface LoopOptions<M = InvariantVAE> {
  /** Stops after the step that runs when it is aborted; a callback may abort it. */
  readonly signal?: AbortSignal;
  /** Called after every step, with the model as it then is. */
  readonly onStep?: (progress: StepProgress, model: M) => void;
}

export interface TrainCalls<M = InvariantVAE> extends LoopOptions<M> {
  /** Called after every epoch, and waited for. The model has the weights that training continues with; after the last epoch their average, if any. */
  readonly onEpoch?: (record: EpochRecord, model: M) => void | Promise<void>;
  /** Keeps the state somewhere, after an epoch and where training is stopped; returns where, for messages. */
  readonly checkpoint?: (state: Checkpoint) => string | undefined;
  /** Epochs from one call of `checkpoint` to the next; 1. */
  readonly checkpointEvery?: number;
  /** Called between two epochs, once the state is kept, and waited for. */
  readonly pause?: () => Promise<void>;
}
