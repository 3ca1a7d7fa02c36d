/** Trains an iVAE. */
import * as tf from '@tensorflow/tfjs';
import { SVI } from 'pyro-ts';
import { type Batch, orderedBatches, shuffledBatches } from '../data/index.js';
import type { IVAE, Terms } from '../models/index.js';
import { checkTrainingData, imageTensor, type TrainingImages } from './data.js';
import type { Evaluation } from './history.js';
import { type TrainerOptions, trainerOptionKeys } from './options.js';
import { type Fingerprint, Trainer } from './trainer.js';

export interface UnsupervisedData {
  readonly images: TrainingImages;
  /** Images to evaluate the loss on after each epoch. */
  readonly test?: TrainingImages;
}

/** Source: `pyroved.trainers.SVItrainer`, whose `evaluate` trains; this one's does not. */
export class UnsupervisedTrainer extends Trainer {
  private readonly svi: SVI<[tf.Tensor, Terms?]>;

  /** `options.lr` is 1e-3 when left out. */
  constructor(
    override readonly model: IVAE,
    readonly data: UnsupervisedData,
    options: TrainerOptions = {},
  ) {
    super(model, options, { owner: 'UnsupervisedTrainer', keys: trainerOptionKeys, lr: 1e-3 });
    checkTrainingData(model, data.images, 'the images');
    if (data.test) checkTrainingData(model, data.test, 'the test images');
    this.svi = new SVI(model.model, model.guide, this.optimizer, model.elbo(), {
      params: model.params,
      seed: this.seed,
    });
  }

  batches(epoch: number): Batch[] {
    return shuffledBatches(this.data.images.count, this.batchSize, this.seed, epoch).map((indices) => ({
      kind: 'unlabelled',
      indices,
    }));
  }

  protected takeStep({ indices }: Batch, scaleFactor: number): number {
    return tf.tidy(() => this.svi.step(imageTensor(this.data.images, indices), { scaleFactor }) as never) as number;
  }

  /** `testLoss`: minus the ELBO (with a KL weight of 1) of the test images, in nats an image. */
  evaluate(): Evaluation | undefined {
    const { test } = this.data;
    if (!test) return undefined;
    const losses = orderedBatches(test.count, this.batchSize).map(
      (indices) => tf.tidy(() => this.svi.evaluateLoss(imageTensor(test, indices)) as never) as number,
    );
    return { testLoss: losses.reduce((a, b) => a + b, 0) / test.count };
  }

  protected settings(): Fingerprint {
    return { model: this.model.kind, images: this.data.images.count, batchSize: this.batchSize, seed: this.seed };
  }

  protected seek(step: number): void {
    this.svi.steps = step;
  }
}
