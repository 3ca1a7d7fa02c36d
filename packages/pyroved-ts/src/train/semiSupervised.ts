/** Trains an ssiVAE or an ssRegIVAE on many unlabelled images and a few with known classes or targets. */
import type * as tf from '@tensorflow/tfjs';
import { Adam, SVI, TraceELBO } from 'pyro-ts';
import { type Batch, epochSchedule, shuffledBatches, stratifiedSplit, subset } from '../data/index.js';
import { DataError } from '../errors.js';
import { type KlWeight, type SemiSupervisedTerms, SSIVAE, SSRegIVAE } from '../models/index.js';
import { checkOptions, integer, nonNegative, type OptionTable, oneOf, optionNames, withDefaults } from '../options.js';
import { checkLabels, checkTrainingData, imageTensor, type TrainingImages } from './data.js';
import { type EarlyStopping, earlyStoppingTable } from './earlyStopping.js';
import { accuracyOf, regressionOf } from './evaluate.js';
import type { Fingerprint } from './fingerprint.js';
import type { Evaluation } from './history.js';
import { clipOf, resolveTrainer, type TrainerOptions } from './options.js';
import { Trainer } from './trainer.js';

/** The data of a trainer of semi-supervised models. */
export interface SemiSupervisedData {
  /** Images whose labels and factors, if any, are ignored. */
  readonly unlabelled: TrainingImages;
  /** Images with labels, or with the targets of an ssRegIVAE. */
  readonly labelled: TrainingImages;
  /** Labelled images to evaluate on after each epoch: accuracy, or error and R2 of an ssRegIVAE. */
  readonly test?: TrainingImages;
}

/** Options of `SemiSupervisedTrainer`. */
export interface SemiSupervisedTrainerOptions extends TrainerOptions {
  /** Weight of the classifier's log-likelihood of labelled images. The paper used 30. @default 20 */
  readonly auxLossMultiplier?: number;
  /**
   * `'joint'`: one Adam step on the sum of the ELBO and the auxiliary loss. `'pyroved'`, as in the paper: a second step
   * for the auxiliary loss after every batch; for unlabelled batches its gradients are zero, so that only momentum
   * changes the weights.
   * @default 'joint'
   */
  readonly auxStep?: 'joint' | 'pyroved';
  /** Order of labelled and unlabelled batches; see `epochSchedule`. @default 'spread' */
  readonly schedule?: 'spread' | 'pyroved';
  /**
   * Number of passes over only the labelled images at the start of the first epoch. About twelve passes fix the
   * assignment of the classes; otherwise it depends on the seed for how many epochs classes are confused. The loss may
   * then be flat for about as long.
   * @default 0, as in the paper
   */
  readonly warmUp?: number;
}

const owner = 'SemiSupervisedTrainer';
const ownTable = {
  auxLossMultiplier: { default: 20, ...nonNegative },
  auxStep: { default: 'joint', ...oneOf(['joint', 'pyroved']) },
  schedule: { default: 'spread', ...oneOf(['spread', 'pyroved']) },
  warmUp: { default: 0, ...integer(0) },
} satisfies OptionTable<Omit<SemiSupervisedTrainerOptions, keyof TrainerOptions>>;

/** The names of these options. */
export const semiSupervisedKeys = optionNames(ownTable);

/** Checks the options that do not depend on data. @throws {OptionError} when an option is invalid. */
export function checkSemiSupervisedOptions(options: SemiSupervisedTrainerOptions): void {
  resolveTrainer(owner, options, ownTable, true);
  checkOptions('', options, ownTable);
}

type Args = [x: tf.Tensor, y?: tf.Tensor, terms?: SemiSupervisedTerms];

/**
 * Trains a semi-supervised model on many unlabelled images and a few with known classes or targets.
 * @see `pyroved.trainers.auxSVItrainer`; Kingma et al. 2014 for the auxiliary loss.
 * @example
 * const trainer = new SemiSupervisedTrainer(model, { unlabelled, labelled, test }, { epochs: 50, auxLossMultiplier: 30 });
 * for await (const { epoch, loss, evaluation } of trainer.epochs()) console.log(epoch, loss, evaluation?.accuracy);
 */
export class SemiSupervisedTrainer extends Trainer {
  /** The data used for training; its labelled images exclude the validation set of early stopping. */
  readonly data: SemiSupervisedData;
  /** Validation set of early stopping. */
  private readonly validation: TrainingImages | undefined;
  private readonly auxLossMultiplier: number;
  private readonly auxStep: 'joint' | 'pyroved';
  private readonly schedule: 'spread' | 'pyroved';
  private readonly warmUp: number;
  private readonly svi: SVI<Args>;
  /** The second step; undefined with a joint step. */
  private readonly auxSvi: SVI<Args> | undefined;

  /** `options.lr` is 5e-4 by default. */
  constructor(
    override readonly model: SSIVAE | SSRegIVAE,
    data: SemiSupervisedData,
    options: SemiSupervisedTrainerOptions = {},
  ) {
    checkSemiSupervisedOptions(options);
    const { auxLossMultiplier, auxStep, schedule, warmUp } = withDefaults(options, ownTable);
    const optimizer = new (auxStep === 'pyroved' ? AdamOnAll : Adam)({ lr: 1 }, clipOf(options));
    super(model, options, { owner, ownTable, lr: 5e-4, labels: model instanceof SSIVAE }, optimizer);
    this.warmUp = warmUp;
    this.auxLossMultiplier = auxLossMultiplier;
    this.auxStep = auxStep;
    this.schedule = schedule;
    checkData(model, data);
    const { labelled, validation } = validationOf(data, options.earlyStopping, this.seed);
    this.data = { ...data, labelled };
    if (model instanceof SSIVAE && model.countsClasses) model.countClasses(labelled.labels as Int32Array);
    this.validation = validation;
    const shared = { params: model.params, seed: this.seed, compile: this.decideCompile(this.totalSteps) };
    const isJoint = auxStep === 'joint';
    this.svi = new SVI<Args>(isJoint ? model.jointModel : model.model, model.guide, optimizer, model.elbo(), shared);
    if (!isJoint) {
      const elbo = new TraceELBO({ maxPlateNesting: model.plateNesting });
      this.auxSvi = new SVI<Args>(model.auxModel, () => {}, optimizer, elbo, shared);
    }
  }

  batches(epoch: number): Batch[] {
    const { batchSize, seed, schedule, data } = this;
    const [unlabelled, labelled] = [data.unlabelled.count, data.labelled.count];
    const batches = epochSchedule({ unlabelled, labelled, batchSize, seed, epoch, schedule });
    return epoch === 0 ? [...this.warmUpBatches(), ...batches] : batches;
  }

  private warmUpBatches(): Batch[] {
    const { batchSize, seed, data } = this;
    return Array.from({ length: this.warmUp }, (_, pass) =>
      shuffledBatches(data.labelled.count, batchSize, `${seed}/warm-up`, pass).map(
        (indices): Batch => ({ kind: 'labelled', indices }),
      ),
    ).flat();
  }

  protected takeStep({ kind, indices }: Batch, klWeight: KlWeight): number {
    const terms = { klWeight, auxLossMultiplier: this.auxLossMultiplier };
    const set = kind === 'labelled' ? this.data.labelled : this.data.unlabelled;
    const x = imageTensor(set, indices);
    const y = kind === 'labelled' ? this.model.known(set, indices) : undefined;
    const step = (svi: SVI<Args>) => this.stepOn(svi, indices.length, set.count, x, y, terms);
    return step(this.svi) + (this.auxSvi ? step(this.auxSvi) : 0);
  }

  /** On the test images: `accuracy` of the classifier, or `meanSquaredError` and `r2` of the regressor. */
  evaluate(): Evaluation | undefined {
    const { model, validation, data } = this;
    if (!data.test && !validation) return undefined;
    if (model instanceof SSRegIVAE) {
      const { meanSquaredError, r2 } = regressionOf(model, data.test as TrainingImages);
      return { meanSquaredError, r2 };
    }
    return {
      ...(data.test && { accuracy: accuracyOf(model, data.test).accuracy }),
      ...(validation && { validationAccuracy: accuracyOf(model, validation).accuracy }),
    };
  }

  protected settings(): Fingerprint {
    const { model, batchSize, seed, auxStep, schedule, warmUp, data } = this;
    const counts = { unlabelled: data.unlabelled.count, labelled: data.labelled.count };
    return { model: model.kind, ...counts, batchSize, seed, auxStep, schedule, warmUp };
  }

  protected seek(step: number): void {
    this.svi.steps = step;
    if (this.auxSvi) this.auxSvi.steps = step;
  }
}

/** Checks that the model can be trained on the data. @throws {ShapeError | DataError} when it cannot. */
export function checkData(model: SSIVAE | SSRegIVAE, { unlabelled, labelled, test }: SemiSupervisedData): void {
  checkTrainingData(model, unlabelled, 'the unlabelled images');
  checkTrainingData(model, labelled, 'the labelled images');
  checkKnown(model, labelled, 'the labelled images');
  if (!test) return;
  checkTrainingData(model, test, 'the test images');
  checkKnown(model, test, 'the test images');
}

function checkKnown(model: SSIVAE | SSRegIVAE, set: TrainingImages, what: string): void {
  if (model instanceof SSIVAE) checkLabels(set, model.numClasses, what);
  else model.targets.check(set, what);
}

/** Splits a validation set, stratified by class, off the labelled images if early stopping uses the accuracy. */
export function validationOf(
  { labelled }: SemiSupervisedData,
  earlyStopping: EarlyStopping | undefined,
  seed: number | string,
): { readonly labelled: TrainingImages; readonly validation?: TrainingImages } {
  if (earlyStopping?.on !== 'accuracy') return { labelled };
  const { validationFraction: fraction } = withDefaults(earlyStopping, earlyStoppingTable);
  const { kept, validation } = stratifiedSplit(labelled.labels as Int32Array, fraction, `${seed}/early stopping`);
  if (validation.length > 0) return { labelled: subset(labelled, kept), validation: subset(labelled, validation) };
  throw new DataError(
    'Early stopping on accuracy needs a validation set, but no class has more than one labelled image. Use earlyStopping.on "loss", or label more images.',
  );
}

/**
 * Adam that updates every parameter at every step, with a zero gradient for parameters without one, as in pyroVED's
 * trainer.
 */
class AdamOnAll extends Adam {
  override readonly movesAll = true;
}
