/** Trains a VED on pairs of inputs and outputs, such as images and their spectra. */
import type * as tf from '@tensorflow/tfjs';
import { SVI } from 'pyro-ts';
import { type Batch, gather } from '../data/index.js';
import { DataError } from '../errors.js';
import type { KlWeight, Terms, VED } from '../models/index.js';
import { checkValues, imageTensor, meanOver, type TrainingImages, unlabelledBatches } from './data.js';
import type { Fingerprint } from './fingerprint.js';
import type { Evaluation } from './history.js';
import type { TrainerOptions } from './options.js';
import { Trainer } from './trainer.js';

/** Output `i` belongs to input `i`. */
export interface PairedData {
  readonly inputs: TrainingImages;
  readonly outputs: TrainingImages;
}

/** The data of a `VEDTrainer`. */
export interface VEDData extends PairedData {
  /** Pairs to evaluate on after each epoch. */
  readonly test?: PairedData;
}

/** Prediction error on a set of pairs. */
export interface PredictionError {
  /**
   * Coefficient of determination, from the variance of the outputs around their pointwise mean: at most 1, 0 for
   * predicting the mean, and 0 if all outputs are equal.
   */
  readonly r2: number;
  /** Root of the mean squared error. */
  readonly rmse: number;
}

/**
 * Trains a VED. Unlike `evaluate` of `pyroved.trainers.SVItrainer`, `evaluate` does not update the parameters.
 * @example
 * const ved = new VED({ inputShape: [32, 32], outputShape: [64] });
 * await new VEDTrainer(ved, { inputs: images, outputs: spectra }, { epochs: 20 }).train();
 */
export class VEDTrainer extends Trainer<VED> {
  private readonly svi: SVI<[x: tf.Tensor, y: tf.Tensor, terms?: Terms]>;

  /** `options.lr` is 1e-3 by default. */
  constructor(
    override readonly model: VED,
    readonly data: VEDData,
    options: TrainerOptions = {},
  ) {
    super(model, options, { owner: 'VEDTrainer', ownTable: {}, lr: 1e-3 });
    checkPairs(model, data, '');
    if (data.test) checkPairs(model, data.test, 'test ');
    this.svi = new SVI<[tf.Tensor, tf.Tensor, Terms?]>(model.model, model.guide, this.optimizer, model.elbo(), {
      params: model.params,
      seed: this.seed,
      compile: this.decideCompile(this.totalSteps),
    });
  }

  batches(epoch: number): Batch[] {
    return unlabelledBatches(this.data.inputs.count, this.batchSize, this.seed, epoch);
  }

  protected takeStep({ indices }: Batch, klWeight: KlWeight): number {
    const { inputs, outputs } = this.data;
    const args = [imageTensor(inputs, indices), imageTensor(outputs, indices), { klWeight }] as const;
    return this.stepOn(this.svi, indices.length, inputs.count, ...args);
  }

  /**
   * `testLoss`: minus the ELBO (with a KL weight of 1) of the test pairs, in nats per pair; `r2`: see
   * `predictionError`.
   */
  evaluate(): Evaluation | undefined {
    const { test } = this.data;
    if (!test) return undefined;
    const testLoss = meanOver(test.inputs.count, this.batchSize, (indices) =>
      this.svi.evaluateLoss(imageTensor(test.inputs, indices), imageTensor(test.outputs, indices)),
    );
    return { testLoss, r2: predictionError(this.model, test).r2 };
  }

  protected settings(): Fingerprint {
    return { model: this.model.kind, images: this.data.inputs.count, batchSize: this.batchSize, seed: this.seed };
  }

  protected seek(step: number): void {
    this.svi.steps = step;
  }
}

/**
 * The error of the outputs decoded from the mean latents of each input.
 * @throws {ShapeError} when the data do not have the shapes of the model.
 * @example predictionError(ved, { inputs: testImages, outputs: testSpectra }).r2
 */
export function predictionError(model: VED, { inputs, outputs }: PairedData): PredictionError {
  model.checkOutputs(outputs);
  const predicted = model.decode(model.encode(inputs).content).images;
  const wanted = gather(
    outputs,
    Int32Array.from({ length: outputs.count }, (_, i) => i),
  );
  const size = wanted.length / outputs.count;
  let [errors, variance] = [0, 0];
  for (let p = 0; p < size; p++) {
    let [sum, squares] = [0, 0];
    for (let at = p; at < wanted.length; at += size) {
      sum += wanted[at];
      squares += wanted[at] ** 2;
      errors += (wanted[at] - predicted[at]) ** 2;
    }
    variance += squares - sum ** 2 / outputs.count;
  }
  return { r2: variance > 0 ? 1 - errors / variance : 0, rmse: Math.sqrt(errors / wanted.length) };
}

function checkPairs(model: VED, { inputs, outputs }: PairedData, kind: string): void {
  model.checkInputs(inputs);
  model.checkOutputs(outputs);
  if (inputs.count !== outputs.count) {
    throw new DataError(
      `There are ${inputs.count} ${kind}inputs and ${outputs.count} ${kind}outputs; their numbers must be equal, since output i belongs to input i.`,
    );
  }
  checkValues(inputs, `the ${kind}inputs`);
  checkValues(outputs, `the ${kind}outputs`, model.likelihood.name);
}
