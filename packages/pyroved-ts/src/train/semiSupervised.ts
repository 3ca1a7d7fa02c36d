/** Trains an ssiVAE or an ssRegIVAE on many images without labels (classes, quantities) and a few with them. */
import * as tf from '@tensorflow/tfjs';
import { Adam, OptionError, type ParamStore, SVI, TraceELBO } from 'pyro-ts';
import { type Batch, epochSchedule, shuffledBatches, stratifiedSplit, subset } from '../data/index.js';
import { DataError } from '../errors.js';
import { type SemiSupervisedTerms, SSIVAE, SSRegIVAE } from '../models/index.js';
import { checkLabels, checkTrainingData, imageTensor, type TrainingImages } from './data.js';
import type { EarlyStopping } from './earlyStopping.js';
import { accuracyOf, regressionOf } from './evaluate.js';
import type { Evaluation } from './history.js';
import { checkTrainerOptions, clipOf, type TrainerOptions, trainerOptionKeys } from './options.js';
import { type Fingerprint, Trainer } from './trainer.js';

export interface SemiSupervisedData {
  /** Images whose labels and factors, if they have any, are not looked at. */
  readonly unlabelled: TrainingImages;
  /** With labels; for an ssRegIVAE with the factors that it predicts. */
  readonly labelled: TrainingImages;
  /** Labelled images to report an accuracy on after each epoch, or the error and R2 of an ssRegIVAE. */
  readonly test?: TrainingImages;
}

export interface SemiSupervisedTrainerOptions extends TrainerOptions {
  /** Weight of the classifier's log-likelihood on labelled images; 20. The paper used 30. */
  readonly auxLossMultiplier?: number;
  /**
   * `joint` (default): one Adam step on the ELBO and the auxiliary loss together. `pyroved`: a second step for the auxiliary loss after every
   * batch, on unlabelled ones with zero gradients, where momentum alone moves the weights once more. The paper's curves were made so.
   */
  readonly auxStep?: 'joint' | 'pyroved';
  /** When labelled batches come; see `epochSchedule`. "spread". */
  readonly schedule?: 'spread' | 'pyroved';
  /**
   * Passes over the labelled images alone that the first epoch begins with; 0, as in the paper. A dozen of them settle which class is which from the
   * start, where it otherwise depends on the seed for how many epochs the classes go astray; the plateau that follows can be as long.
   */
  readonly warmUp?: number;
}

const owner = 'SemiSupervisedTrainer';
const keys = [...trainerOptionKeys, 'auxLossMultiplier', 'auxStep', 'schedule', 'warmUp'];

/** Checks all that can be checked without data. @throws {OptionError} that names the option. */
export function checkSemiSupervisedOptions(options: SemiSupervisedTrainerOptions): void {
  checkTrainerOptions(owner, options, keys, true);
  const { auxLossMultiplier = 0, auxStep = 'joint', schedule = 'spread', warmUp = 0 } = options;
  if (auxStep !== 'joint' && auxStep !== 'pyroved') {
    throw new OptionError(`auxStep is "${auxStep}"; it can be "joint" or "pyroved".`);
  }
  if (schedule !== 'spread' && schedule !== 'pyroved') {
    throw new OptionError(`schedule is "${schedule}"; it can be "spread" or "pyroved".`);
  }
  if (!(auxLossMultiplier >= 0 && Number.isFinite(auxLossMultiplier))) {
    throw new OptionError(`auxLossMultiplier is a number of at least 0, not ${auxLossMultiplier}.`);
  }
  if (!Number.isInteger(warmUp) || warmUp < 0) {
    throw new OptionError(`warmUp is a whole number of at least 0, not ${warmUp}.`);
  }
}

type Args = [x: tf.Tensor, y?: tf.Tensor, terms?: SemiSupervisedTerms];

/** Source: `pyroved.trainers.auxSVItrainer`; Kingma et al. 2014 for the auxiliary loss. */
export class SemiSupervisedTrainer extends Trainer {
  /** What is trained on; its labelled images are without those that early stopping looks at. */
  readonly data: SemiSupervisedData;
  /** Labelled images that early stopping looks at. */
  private readonly validation: TrainingImages | undefined;
  private readonly auxLossMultiplier: number;
  private readonly auxStep: 'joint' | 'pyroved';
  private readonly schedule: 'spread' | 'pyroved';
  private readonly warmUp: number;
  private readonly svi: SVI<Args>;
  /** The second step; undefined where there is one joint step. */
  private readonly auxSvi: SVI<Args> | undefined;

  /** `options.lr` is 5e-4 by default. */
  constructor(
    override readonly model: SSIVAE | SSRegIVAE,
    data: SemiSupervisedData,
    options: SemiSupervisedTrainerOptions = {},
  ) {
    const { auxLossMultiplier = 20, auxStep = 'joint', schedule = 'spread', warmUp = 0 } = options;
    checkSemiSupervisedOptions(options);
    const optimizer = new (auxStep === 'pyroved' ? AdamOnAll : Adam)({ lr: 1 }, clipOf(options));
    super(model, options, { owner, keys, lr: 5e-4, labels: model instanceof SSIVAE }, optimizer);
    this.warmUp = warmUp;
    this.auxLossMultiplier = auxLossMultiplier;
    this.auxStep = auxStep;
    this.schedule = schedule;
    checkData(model, data);
    const { labelled, validation } = validationOf(data, options.earlyStopping, this.seed);
    this.data = { ...data, labelled };
    if (model instanceof SSIVAE && model.countsClasses) model.countClasses(labelled.labels as Int32Array);
    this.validation = validation;
    const shared = { params: model.params, seed: this.seed };
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

  protected takeStep({ kind, indices }: Batch, klWeight: number): number {
    const terms = { klWeight, auxLossMultiplier: this.auxLossMultiplier };
    const set = kind === 'labelled' ? this.data.labelled : this.data.unlabelled;
    const x = imageTensor(set, indices);
    const y = kind === 'labelled' ? this.model.known(set, indices) : undefined;
    return this.svi.step(x, y, terms) + (this.auxSvi?.step(x, y, terms) ?? 0);
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

/** Refuses images and labels that the model cannot be trained on. */
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

/** The labelled images that are trained on, and a validation set of each class where early stopping looks at the accuracy. */
export function validationOf(
  { labelled }: SemiSupervisedData,
  earlyStopping: EarlyStopping | undefined,
  seed: number | string,
): { readonly labelled: TrainingImages; readonly validation?: TrainingImages } {
  const { on, validationFraction: fraction = 0.2 } = earlyStopping ?? {};
  if (on !== 'accuracy') return { labelled };
  const { kept, validation } = stratifiedSplit(labelled.labels as Int32Array, fraction, `${seed}/early stopping`);
  if (validation.length > 0) return { labelled: subset(labelled, kept), validation: subset(labelled, validation) };
  throw new DataError(
    'Early stopping on accuracy keeps labelled images back, but no class has more than one. Stop on "loss", or label more images.',
  );
}

/** Adam that moves every parameter at every step: one that has no gradient counts as having a gradient of zero, as in pyroVED's trainer. */
class AdamOnAll extends Adam {
  override step(store: ParamStore, gradients: ReadonlyMap<string, tf.Tensor>): void {
    const absent = store.names.filter((name) => !gradients.has(name));
    tf.tidy(() => {
      const zeros = absent.map((name): [string, tf.Tensor] => [name, tf.zerosLike(store.unconstrained(name))]);
      super.step(store, new Map([...gradients, ...zeros]));
    });
  }
}
