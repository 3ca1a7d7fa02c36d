/** The options of all trainers, and those of the training loop. */
import type { ClipOptions } from 'pyro-ts';
import { rejectUnknownKeys } from 'pyro-ts/internal';
import type { InvariantVAE } from '../models/index.js';
import { checkOptions, integer, type OptionTable, type WithDefaults, withDefaults } from '../options.js';
import { type AverageOptions, averageRule } from './average.js';
import type { Checkpoint } from './checkpoint.js';
import { checkEarlyStopping, type EarlyStopping } from './earlyStopping.js';
import type { Position } from './errors.js';
import type { EpochRecord } from './history.js';
import { type Schedule, scheduleOf } from './schedule.js';

/** Options of all trainers. */
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
  /**
   * Whether steps are compiled, as by the option of `SVI`: their numbers differ from those of other steps by rounding.
   * `'auto'`: in trainings of at least 200 steps, where it is possible, and for whole batches. `true`: always; a step that can't be compiled is an error.
   * @default 'auto'
   */
  readonly compile?: CompileMode;
}

export type CompileMode = boolean | 'auto';

/** Maximum number of epochs and of images of a batch. Schedules are evaluated for all epochs before the first. */
const MOST = 1e5;

/** The options of all trainers. */
export const trainerTable = {
  epochs: { default: 100, ...integer(1, MOST) },
  batchSize: { default: 64, ...integer(1, MOST) },
  lr: {},
  klWeight: { default: 1 as Schedule },
  clipNorm: { must: 'greater than 0', isValid: (norm) => norm > 0 },
  averageWeights: {},
  earlyStopping: {},
  seed: { default: 1 as number | string },
  compile: {
    default: 'auto' as CompileMode,
    must: 'true, false or "auto"',
    isValid: (mode) => typeof mode === 'boolean' || mode === 'auto',
  },
} satisfies OptionTable<TrainerOptions>;

/** The names of the options of all trainers. */
export const trainerOptionKeys: readonly string[] = Object.keys(trainerTable);

/**
 * The options of all trainers with their defaults, after all checks that do not depend on data.
 * @param owner name in error messages, such as "UnsupervisedTrainer"
 * @param own the table of the further options of the trainer
 * @param labels whether the trainer has labelled images
 * @throws {OptionError} when an option is invalid.
 */
export function resolveTrainer(
  owner: string,
  options: TrainerOptions,
  own: object = {},
  labels = false,
): WithDefaults<TrainerOptions, typeof trainerTable> {
  rejectUnknownKeys(owner, options, Object.keys({ ...trainerTable, ...own }));
  checkOptions(owner, options, trainerTable);
  const all = withDefaults(options, trainerTable);
  const { epochs, averageWeights, earlyStopping } = all;
  for (const option of ['lr', 'klWeight'] as const) {
    const schedule = all[option];
    if (schedule !== undefined) scheduleOf(schedule, { option, epochs });
  }
  if (averageWeights) averageRule(averageWeights, epochs);
  if (earlyStopping) checkEarlyStopping(owner, earlyStopping, labels);
  return all;
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

/** Options of `Trainer.epochs`. */
export interface LoopOptions<M = InvariantVAE> {
  /** When aborted, training stops after the current step. A callback may abort it. */
  readonly signal?: AbortSignal;
  /** Called after every step. */
  readonly onStep?: (progress: StepProgress, model: M) => void;
}

/** Options of `Trainer.train`. */
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
