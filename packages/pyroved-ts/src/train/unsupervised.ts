/** Trains the unsupervised models: iVAE, conditional or not, jiVAE, and models of your own. */
import type * as tf from '@tensorflow/tfjs';
import { OptionError, SVI } from 'pyro-ts';
import type { Batch } from '../data/index.js';
import { type InvariantVAE, JIVAE, type JointTerms, type KlWeight } from '../models/index.js';
import type { OptionTable } from '../options.js';
import {
  checkLabels,
  checkTrainingData,
  imageTensor,
  meanOver,
  type TrainingImages,
  unlabelledBatches,
} from './data.js';
import type { Fingerprint } from './fingerprint.js';
import type { Evaluation } from './history.js';
import type { TrainerOptions } from './options.js';
import { type Schedule, scheduleOf } from './schedule.js';
import { Trainer } from './trainer.js';

/** The data of an `UnsupervisedTrainer`. */
export interface UnsupervisedData {
  /** Images, with labels and factors if the model is conditioned on them. */
  readonly images: TrainingImages;
  /** Images to evaluate the loss on after each epoch. */
  readonly test?: TrainingImages;
}

/** Options of `UnsupervisedTrainer`. */
export interface UnsupervisedTrainerOptions extends TrainerOptions {
  /** For a jiVAE: weight of the Kullback-Leibler term of the class, constant or by epoch. @default `klWeight` */
  readonly discreteKlWeight?: Schedule;
}

const ownTable = { discreteKlWeight: {} } satisfies OptionTable<Omit<UnsupervisedTrainerOptions, keyof TrainerOptions>>;

type Args = [x: tf.Tensor, y?: tf.Tensor, terms?: JointTerms];

/**
 * Trains an iVAE, conditional or not, a jiVAE, or another model that learns without labels. Unlike `evaluate` of `pyroved.trainers.SVItrainer`, `evaluate` does not
 * update the parameters.
 * @example
 * const vae = new IVAE({ shape: [48, 48], invariances: ['r', 't'] });
 * await new UnsupervisedTrainer(vae, { images }, { epochs: 20, klWeight: 'min(1 + epoch/9, 2)' }).train();
 */
export class UnsupervisedTrainer extends Trainer {
  private readonly svi: SVI<Args>;
  private readonly discreteKlWeight: ((epoch: number) => number) | undefined;

  /** `options.lr` is 1e-3 by default. */
  constructor(
    override readonly model: InvariantVAE,
    readonly data: UnsupervisedData,
    options: UnsupervisedTrainerOptions = {},
  ) {
    super(model, options, { owner: 'UnsupervisedTrainer', ownTable, lr: 1e-3 });
    if (model.isSemiSupervised) {
      throw new OptionError(`The ${model.kind} learns from labelled images too. Train it with SemiSupervisedTrainer.`);
    }
    this.discreteKlWeight = this.discreteSchedule(options);
    checkData(model, data.images, 'the images');
    if (data.test) checkData(model, data.test, 'the test images');
    // Models other than a jiVAE support a single weight, which is the only one that their schedule yields.
    const programs = model as { readonly [program in 'model' | 'guide']: (...args: Args) => void };
    this.svi = new SVI<Args>(programs.model, programs.guide, this.optimizer, model.elbo(), {
      params: model.params,
      seed: this.seed,
      compile: this.decideCompile(this.totalSteps),
    });
  }

  batches(epoch: number): Batch[] {
    return unlabelledBatches(this.data.images.count, this.batchSize, this.seed, epoch);
  }

  protected takeStep({ indices }: Batch, klWeight: KlWeight): number {
    const weight = this.discreteKlWeight?.(this.epoch);
    const discrete = weight === undefined ? undefined : this.weightOfStep(weight);
    const terms = { klWeight: discrete === undefined ? klWeight : { content: klWeight, discrete } };
    const { images } = this.data;
    const args = [imageTensor(images, indices), this.model.conditionTensor(images, indices), terms] as const;
    return this.stepOn(this.svi, indices.length, images.count, ...args);
  }

  /** `testLoss`: minus the ELBO (with a KL weight of 1) of the test images, in nats per image. */
  evaluate(): Evaluation | undefined {
    const { test } = this.data;
    if (!test) return undefined;
    const testLoss = meanOver(test.count, this.batchSize, (indices) =>
      this.svi.evaluateLoss(imageTensor(test, indices), this.model.conditionTensor(test, indices)),
    );
    return { testLoss };
  }

  protected settings(): Fingerprint {
    return { model: this.model.kind, images: this.data.images.count, batchSize: this.batchSize, seed: this.seed };
  }

  protected seek(step: number): void {
    this.svi.steps = step;
  }

  private discreteSchedule({ discreteKlWeight: schedule }: UnsupervisedTrainerOptions) {
    if (schedule === undefined) return undefined;
    if (this.model instanceof JIVAE)
      return scheduleOf(schedule, { option: 'discreteKlWeight', epochs: this.epochCount });
    throw new OptionError('discreteKlWeight is supported only by jiVAE. Omit it.');
  }
}

/** Checks the images, and that they have the labels and factors that the encoder is conditioned on. */
function checkData(model: InvariantVAE, set: TrainingImages, what: string): void {
  checkTrainingData(model, set, what);
  for (const condition of model.networkConditions('encoder')) {
    if (condition.name === 'class') checkLabels(set, condition.numClasses, what);
    else condition.factors.check(set, what);
  }
}
