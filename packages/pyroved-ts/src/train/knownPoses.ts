/** Trains a model that recognises class and pose: from labelled images at drawn poses, then the generative part beside it. */
import * as tf from '@tensorflow/tfjs';
import { Adam, type ELBO, OptionError, RandomStream, SVI, TraceELBO } from 'pyro-ts';
import { drawPoses, posedImages } from '../coordinates/index.js';
import { type Batch, estimateContrast, estimateNoise, gather, shuffledBatches } from '../data/index.js';
import type { KnownPose, RecognitionSSIVAE, SemiSupervisedTerms } from '../models/index.js';
import { imageTensor, tidied } from './data.js';
import { accuracyOf } from './evaluate.js';
import type { Evaluation } from './history.js';
import { clipOf, type TrainerOptions, trainerOptionKeys } from './options.js';
import { checkData, type SemiSupervisedData, validationOf } from './semiSupervised.js';
import { type Fingerprint, Trainer } from './trainer.js';

export interface KnownPoseTrainerOptions extends TrainerOptions {
  /** Steps that learn class and pose alone, before the first epoch's. @default 600 */
  readonly recognitionSteps?: number;
  /** Labelled images at drawn poses in each of those steps. @default 48 */
  readonly recognitionBatch?: number;
  /** Adam's learning rate in those steps, which falls along a cosine. @default 1e-3 */
  readonly recognitionLr?: number;
  /** Labelled images at drawn poses that accompany each unlabelled batch. @default 16 */
  readonly posedBatch?: number;
}

const owner = 'KnownPoseTrainer';
export const knownPoseKeys = ['recognitionSteps', 'recognitionBatch', 'recognitionLr', 'posedBatch'] as const;
const keys = [...trainerOptionKeys, ...knownPoseKeys];

/** Fresh noise on labelled images at drawn poses: a tenth of the contrast, and somewhat more than the images' own, which interpolation smooths. */
const [OF_CONTRAST, OF_NOISE] = [0.1, 1.25];

/** What recognition's learning rate falls to, as a fraction: at the end of the first steps, where it stays until the last epoch. */
const LAST_RATE = 0.05;

/** Images of known class, and their poses where those are known too. */
type Known = [x: tf.Tensor, y: tf.Tensor, pose: KnownPose];
type Shown = Known | [x: tf.Tensor, y: tf.Tensor];

/** See `RecognitionSSIVAE` for what each program learns. */
export class KnownPoseTrainer extends Trainer<RecognitionSSIVAE> {
  readonly data: SemiSupervisedData;
  private readonly validation: SemiSupervisedData['test'];
  private readonly recognitionSteps: number;
  private readonly recognitionBatch: number;
  private readonly recognitionLr: number;
  private readonly posedBatch: number;
  /** Standard deviation of the fresh noise. */
  readonly noise: number;
  private readonly unlabelled: SVI<[tf.Tensor, undefined, SemiSupervisedTerms]>;
  /** Labelled images at drawn poses, and as they are. */
  private readonly posed: SVI<[...Known, SemiSupervisedTerms]>;
  private readonly labelled: SVI<[tf.Tensor, tf.Tensor, SemiSupervisedTerms]>;
  private readonly recognition: SVI<Shown>;
  private readonly members: readonly (readonly number[])[];

  /** `options.lr` is 1e-3 unless it is given. */
  constructor(model: RecognitionSSIVAE, data: SemiSupervisedData, options: KnownPoseTrainerOptions = {}) {
    super(model, options, { owner, keys, lr: 1e-3, labels: true }, new Adam({ lr: 1 }, clipOf(options)));
    const { recognitionSteps = 600, recognitionBatch = 48, recognitionLr = 1e-3, posedBatch = 16 } = options;
    checkKnownPoseOptions({ recognitionSteps, recognitionBatch, recognitionLr, posedBatch });
    this.recognitionSteps = recognitionSteps;
    this.recognitionBatch = recognitionBatch;
    this.recognitionLr = recognitionLr;
    this.posedBatch = posedBatch;
    checkData(model, data);
    const { labelled, validation } = validationOf(data, options.earlyStopping, this.seed);
    this.data = { ...data, labelled };
    this.validation = validation;
    const labels = labelled.labels as Int32Array;
    if (model.countsClasses) model.countClasses(labels);
    this.members = Array.from({ length: model.numClasses }, (_, k) => indicesOf(labels, k)).filter((m) => m.length > 0);
    this.noise = Math.hypot(OF_CONTRAST * estimateContrast(labelled), OF_NOISE * estimateNoise(labelled));
    const { optimizer, seed } = this;
    const svi = <Args extends unknown[]>(
      name: string,
      program: (...args: Args) => void,
      guide: (...args: Args) => void,
      elbo: ELBO = new TraceELBO({ maxPlateNesting: model.plateNesting }),
    ) => new SVI<Args>(program, guide, optimizer, elbo, { params: model.params, seed: `${seed}/${name}` });
    this.unlabelled = svi('unlabelled', model.model, model.guide, model.elbo());
    this.posed = svi('posed', model.posedModel, model.posedGuide);
    this.labelled = svi('labelled', model.model, model.guide, model.elbo());
    this.recognition = svi('recognition', model.recognitionModel, () => {});
  }

  batches(epoch: number): Batch[] {
    const { batchSize, seed, data } = this;
    const unlabelled = shuffledBatches(data.unlabelled.count, batchSize, seed, epoch, 'unlabelled').map(
      (indices): Batch => ({ kind: 'unlabelled', indices }),
    );
    return epoch === 0 ? [...this.recognitionBatches(), ...unlabelled] : unlabelled;
  }

  private recognitionBatches(): Batch[] {
    return Array.from({ length: this.recognitionSteps }, (_, step) => ({
      kind: 'recognition',
      indices: this.labelledIndices(this.recognitionBatch, this.stream(step)),
    }));
  }

  /** The randomness of the labelled images of a step. */
  private readonly stream = (step: number): RandomStream => new RandomStream(this.seed).fork(`labelled/${step}`);

  /** As many images of each class as of any other, give or take one. */
  private labelledIndices(count: number, stream: RandomStream): Int32Array {
    const { members } = this;
    const first = stream.nextInt(members.length);
    return Int32Array.from({ length: count }, (_, i) => {
      const own = members[(first + i) % members.length];
      return own[stream.nextInt(own.length)];
    });
  }

  protected takeStep({ kind, indices }: Batch, scaleFactor: number): number {
    if (kind === 'recognition') return this.learnRecognition(indices);
    const { lrFactor } = this.optimizer;
    const labelled = this.labelledIndices(this.posedBatch, this.stream(this.step));
    const loss = tidied(() => {
      const terms = { scaleFactor };
      const found = this.unlabelled.step(imageTensor(this.data.unlabelled, indices), undefined, terms);
      const [x, y, pose] = this.shown(labelled, 0);
      if (pose) this.posed.step(x, y, pose, terms);
      else this.labelled.step(x, y, terms);
      return found;
    });
    this.learnRecognition(labelled);
    this.optimizer.lrFactor = lrFactor;
    return loss;
  }

  private learnRecognition(indices: Int32Array): number {
    const { step, recognitionSteps, recognitionLr } = this;
    const fallen = 0.5 * (1 + Math.cos(Math.PI * Math.min(1, step / Math.max(1, recognitionSteps))));
    this.optimizer.lrFactor = recognitionLr * (LAST_RATE + (1 - LAST_RATE) * fallen);
    return tidied(() => this.recognition.step(...this.shown(indices, this.noise)));
  }

  /** Labelled images at drawn poses with fresh noise, their classes and poses; as they are with their classes, where labelled poses are fixed. */
  private shown(indices: Int32Array, noise: number): Shown {
    if (this.model.recognition.labelledPoses === 'drawn') return this.atDrawnPoses(indices, noise);
    const { labelled } = this.data;
    return [imageTensor(labelled, indices), this.model.known(labelled, indices)];
  }

  private atDrawnPoses(indices: Int32Array, noise: number): Known {
    const { model, data } = this;
    const { shape, channels } = model.options;
    const stream = this.stream(this.step);
    const poses = drawPoses(indices.length, model.recognition.ranges, stream.fork('poses'), shape.length);
    const images = posedImages(gather(data.labelled, indices), shape, channels, poses);
    if (noise > 0) {
      const fresh = stream.fork('noise');
      for (let i = 0; i < images.length; i++) images[i] += noise * fresh.nextNormal();
    }
    const count = indices.length;
    const size = tf.tensor2d(poses.scale, [count, 1]);
    const shift = tf.tensor2d(poses.shift, [count, shape.length]);
    const hasScale = model.options.invariances.includes('s');
    const pose = {
      angle: tf.tensor1d(poses.angle),
      // A pose scales before it shifts; without a latent scale the shift alone says where the object is.
      ...(hasScale ? { shift: tf.div(shift, size), scale: tf.div(1, size) } : { shift }),
    };
    return [tf.tensor2d(images, [count, model.imageSize]), model.known(data.labelled, indices), pose];
  }

  evaluate(): Evaluation | undefined {
    const { model, validation, data } = this;
    if (!data.test && !validation) return undefined;
    return {
      ...(data.test && { accuracy: accuracyOf(model, data.test).accuracy }),
      ...(validation && { heldOutAccuracy: accuracyOf(model, validation).accuracy }),
    };
  }

  protected settings(): Fingerprint {
    const { model, batchSize, seed, data, recognitionSteps, recognitionBatch, recognitionLr, posedBatch } = this;
    const counts = { unlabelled: data.unlabelled.count, labelled: data.labelled.count };
    const recognition = { recognitionSteps, recognitionBatch, recognitionLr, posedBatch };
    return { model: model.kind, ...counts, batchSize, seed, ...recognition };
  }

  protected seek(step: number): void {
    for (const svi of [this.unlabelled, this.posed, this.labelled, this.recognition]) svi.steps = step;
  }
}

const indicesOf = (labels: Int32Array, wanted: number): number[] =>
  Array.from(labels.keys()).filter((i) => labels[i] === wanted);

/** @throws {OptionError} that names the option. */
export function checkKnownPoseOptions(options: Pick<KnownPoseTrainerOptions, (typeof knownPoseKeys)[number]>): void {
  const { recognitionLr = 1e-3, recognitionSteps = 0, recognitionBatch = 1, posedBatch = 1 } = options;
  if (!(recognitionLr > 0 && Number.isFinite(recognitionLr))) {
    throw new OptionError(`recognitionLr must be a positive number; got ${recognitionLr}.`);
  }
  for (const [name, n, least] of [
    ['recognitionSteps', recognitionSteps, 0],
    ['recognitionBatch', recognitionBatch, 1],
    ['posedBatch', posedBatch, 1],
  ] as const) {
    if (!Number.isInteger(n) || n < least) {
      throw new OptionError(`${name} must be an integer of at least ${least}; got ${n}.`);
    }
  }
}
