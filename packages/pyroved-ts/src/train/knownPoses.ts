/**
 * Trains a model that recognises class and pose: first recognition on labelled images at random poses, then the
 * generative part.
 */
import * as tf from '@tensorflow/tfjs';
import { Adam, type ELBO, RandomStream, SVI, TraceELBO } from 'pyro-ts';
import { drawPoses, posedImages } from '../coordinates/index.js';
import { polarShears } from '../coordinates/posedImages.js';
import { sheared } from '../coordinates/transform.js';
import { type Batch, gather, oneHot, shuffledBatches } from '../data/index.js';
import type {
  ConsistentImages,
  KlWeight,
  KnownPose,
  RecognitionSSIVAE,
  RecognitionTerms,
  SemiSupervisedTerms,
} from '../models/index.js';
import { withDefaults } from '../options.js';
import { certainClasses, furtherRanges } from './consistency.js';
import { imageTensor } from './data.js';
import { accuracyOf } from './evaluate.js';
import type { Fingerprint } from './fingerprint.js';
import { FreshNoise } from './freshNoise.js';
import type { Evaluation } from './history.js';
import {
  checkKnownPoseOptions,
  type KnownPoseTrainerOptions,
  klSchedule,
  knownPoseTable,
  stepsFor,
} from './knownPoseOptions.js';
import { clipOf } from './options.js';
import { checkData, type SemiSupervisedData, validationOf } from './semiSupervised.js';
import { Trainer } from './trainer.js';

/** Fraction of the recognition steps after which consistency begins. */
export const CONSISTENT_FROM = 0.5;

/** Final learning rate of the recognition steps, as a fraction of the initial one. */
const LAST_RATE = 0.05;

/** Name, options and optimiser of a subclass. */
export interface KnownPoseParts {
  readonly owner: string;
  /** The table of its own options. */
  readonly ownTable: object;
  readonly optimizer: Adam;
}

/** Labelled images with known poses. */
type Known = [x: tf.Tensor, y: tf.Tensor, pose: KnownPose];
type Shown = Known | [x: tf.Tensor, y: tf.Tensor];

/**
 * Trains a model with recognition: first recognition on labelled images at random poses, then the generative part on
 * unlabelled images. See `RecognitionSSIVAE` for the objectives.
 * @example
 * const model = new RecognitionSSIVAE({ shape: [48, 48], numClasses: 4, invariances: ['r', 't'], recognition: {} });
 * await new KnownPoseTrainer(model, { unlabelled, labelled }, { epochs: 10 }).train();
 */
export class KnownPoseTrainer extends Trainer<RecognitionSSIVAE> {
  readonly data: SemiSupervisedData;
  private readonly validation: SemiSupervisedData['test'];
  protected readonly recognitionSteps: number;
  protected readonly recognitionBatch: number;
  protected readonly recognitionLr: number;
  protected readonly posedBatch: number;
  private readonly consistency: number;
  protected readonly dropout: number;
  protected readonly labelledNoise: FreshNoise;
  private readonly unlabelledNoise: FreshNoise;
  private readonly unlabelled: SVI<[tf.Tensor, undefined, SemiSupervisedTerms]>;
  /** Labelled images at random poses, and unchanged. */
  private readonly posed: SVI<[...Known, SemiSupervisedTerms]>;
  private readonly labelled: SVI<[tf.Tensor, tf.Tensor, SemiSupervisedTerms]>;
  private readonly recognition: SVI<
    [tf.Tensor, tf.Tensor, KnownPose | undefined, RecognitionTerms, ConsistentImages | undefined]
  >;
  protected readonly members: readonly (readonly number[])[];

  /**
   * `options.lr` is 1e-3 and `options.klWeight` is `klSchedule` by default.
   * @param parts name, options and optimiser of a subclass
   */
  constructor(
    model: RecognitionSSIVAE,
    data: SemiSupervisedData,
    options: KnownPoseTrainerOptions = {},
    { owner, ownTable, optimizer: adam }: KnownPoseParts = {
      ...{ owner: 'KnownPoseTrainer', ownTable: knownPoseTable },
      optimizer: new Adam({ lr: 1 }, clipOf(options)),
    },
  ) {
    const klWeight = options.klWeight ?? klSchedule;
    super(model, { ...options, klWeight }, { owner, ownTable, lr: 1e-3, labels: true }, adam);
    checkKnownPoseOptions(options);
    const resolved = withDefaults(options, knownPoseTable);
    const { recognitionSteps = stepsFor(model), recognitionBatch, recognitionLr } = resolved;
    const { posedBatch, consistency, dropout } = resolved;
    this.recognitionSteps = recognitionSteps;
    this.recognitionBatch = recognitionBatch;
    this.recognitionLr = recognitionLr;
    this.posedBatch = posedBatch;
    this.consistency = consistency;
    this.dropout = dropout;
    checkData(model, data);
    const { labelled, validation } = validationOf(data, options.earlyStopping, this.seed);
    this.data = { ...data, labelled };
    this.validation = validation;
    const labels = labelled.labels as Int32Array;
    if (model.countsClasses) model.countClasses(labels);
    this.members = Array.from({ length: model.numClasses }, (_, k) => indicesOf(labels, k)).filter((m) => m.length > 0);
    const { optimizer, seed } = this;
    const joint = this.epochCount * Math.ceil(data.unlabelled.count / this.batchSize);
    const compile = this.decideCompile(this.recognitionSteps + joint);
    const normals = new RandomStream(seed).fork('fresh noise');
    this.labelledNoise = new FreshNoise(labelled, normals.fork('labelled'));
    this.unlabelledNoise = new FreshNoise(data.unlabelled, normals.fork('unlabelled'));
    const svi = <Args extends unknown[]>(
      name: string,
      program: (...args: Args) => void,
      guide: (...args: Args) => void,
      elbo: ELBO = new TraceELBO({ maxPlateNesting: model.plateNesting }),
    ) => new SVI<Args>(program, guide, optimizer, elbo, { params: model.params, seed: `${seed}/${name}`, compile });
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

  protected recognitionBatches(): Batch[] {
    return this.batchesOfRecognition(this.recognitionSteps);
  }

  protected batchesOfRecognition(steps: number): Batch[] {
    return Array.from({ length: steps }, (_, step) => ({
      kind: 'recognition',
      indices: this.labelledIndices(this.recognitionBatch, this.stream(step)),
    }));
  }

  /** Random stream for the labelled images of a step. */
  protected stream(step: number): RandomStream {
    return new RandomStream(this.seed).fork(`labelled/${step}`);
  }

  /** Indices of labelled images, balanced between the classes. */
  protected labelledIndices(count: number, stream: RandomStream): Int32Array {
    const { members } = this;
    const first = stream.nextInt(members.length);
    return Int32Array.from({ length: count }, (_, i) => {
      const own = members[(first + i) % members.length];
      return own[stream.nextInt(own.length)];
    });
  }

  protected takeStep({ kind, indices }: Batch, klWeight: KlWeight): number {
    if (kind === 'recognition') return this.learnRecognition(indices);
    const labelled = this.labelledIndices(this.posedBatch, this.stream(this.step));
    const terms = { klWeight };
    const { unlabelled } = this.data;
    const args = [imageTensor(unlabelled, indices), undefined, terms] as const;
    const found = this.stepOn(this.unlabelled, indices.length, unlabelled.count, ...args);
    const [x, y, pose] = this.shown(labelled);
    if (pose) this.posed.step(x, y, pose, terms);
    else this.labelled.step(x, y, terms);
    return found;
  }

  /** Whether consistency is part of the objective at this step. */
  protected get isConsistent(): boolean {
    return this.step >= CONSISTENT_FROM * this.recognitionSteps;
  }

  /** Learning rate of recognition at this step. */
  protected recognitionRate(): number {
    return this.recognitionLr * fallen(this.step, this.recognitionSteps);
  }

  /** Dropout rate at this step. */
  protected get dropoutRate(): number {
    return this.dropout;
  }

  protected learnRecognition(indices: Int32Array): number {
    const { optimizer } = this;
    const { lrFactor } = optimizer;
    optimizer.lrFactor = this.recognitionRate();
    const [x, y, pose] = this.shown(indices, this.labelledNoise);
    const dropped = this.dropped(x.shape[0], 'labelled');
    const loss = this.recognition.step(x, y, pose, dropped, this.consistentImages(indices.length));
    optimizer.lrFactor = lrFactor;
    return loss;
  }

  /** Dropout mask of a recognition step on `count` images. */
  protected dropped(count: number, purpose: string): Pick<RecognitionTerms, 'kept'> {
    const { dropoutRate: dropout, model } = this;
    if (dropout === 0) return {};
    const { angles, features } = model.recognition;
    const stream = this.stream(this.step).fork(`dropout/${purpose}`);
    const kept = stream.fill([count * angles.length, features], () =>
      stream.next() < dropout ? 0 : 1 / (1 - dropout),
    );
    return { kept };
  }

  /**
   * Labelled images at random poses with their classes and poses, with fresh noise if it is passed; unchanged with
   * their classes if `labelledPoses` is "fixed".
   */
  protected shown(indices: Int32Array, noise?: FreshNoise): Shown {
    if (this.model.recognition.labelledPoses === 'drawn') return this.atDrawnPoses(indices, noise);
    const { labelled } = this.data;
    return [imageTensor(labelled, indices), this.model.known(labelled, indices)];
  }

  /** Unlabelled images with certain classes, at new random poses. */
  private consistentImages(count: number): ConsistentImages | undefined {
    const { model, data, step, consistency } = this;
    if (consistency === 0 || !this.isConsistent) return undefined;
    const { numClasses, options, recognition } = model;
    const { shape, channels } = options;
    const stream = this.stream(step).fork('consistency');
    const indices = Int32Array.from({ length: count }, () => stream.nextInt(data.unlabelled.count));
    const images = gather(data.unlabelled, indices);
    const x = tf.tensor2d(images, [count, model.imageSize]);
    const probabilities = tf.softmax(model.quickClassLogits(x)).dataSync<'float32'>();
    const { classes, weights } = certainClasses(probabilities, numClasses);
    if (weights.every((w) => w === 0)) return undefined;
    const poses = drawPoses(count, furtherRanges(recognition.ranges), stream.fork('poses'), shape.length);
    const moved = posedImages(images, shape, channels, poses);
    this.unlabelledNoise.add(moved, images, indices, stream.fork('noise'));
    return {
      x: tf.tensor2d(moved, [count, model.imageSize]),
      y: tf.tensor2d(oneHot(classes, numClasses), [count, numClasses]),
      weights: tf.mul(tf.tensor1d(weights), consistency),
      ...this.dropped(count, 'unlabelled'),
    };
  }

  private atDrawnPoses(indices: Int32Array, noise?: FreshNoise): Known {
    const { model, data } = this;
    const { shape, channels } = model.options;
    const stream = this.stream(this.step);
    const poses = drawPoses(indices.length, model.recognition.ranges, stream.fork('poses'), shape.length);
    const upright = gather(data.labelled, indices);
    const images = posedImages(upright, shape, channels, poses);
    noise?.add(images, upright, indices, stream.fork('noise'));
    const count = indices.length;
    const size = tf.tensor2d(poses.scale, [count, 1]);
    const shift = tf.tensor2d(poses.shift, [count, shape.length]);
    const { invariances } = model.options;
    const shear = invariances.includes('h') ? tf.tensor2d(polarShears(poses), [count, 2]) : undefined;
    const moved = shear ? sheared(shift, shear) : shift;
    const pose = {
      angle: tf.tensor1d(poses.angle),
      // A pose scales and shears before it shifts. Without latents for these, the shift alone is the position of the
      // object.
      ...(invariances.includes('s') ? { shift: tf.div(moved, size), scale: tf.div(1, size) } : { shift: moved }),
      ...(shear && { shear }),
    };
    return [tf.tensor2d(images, [count, model.imageSize]), model.known(data.labelled, indices), pose];
  }

  evaluate(): Evaluation | undefined {
    const { model, validation, data } = this;
    if (!data.test && !validation) return undefined;
    return {
      ...(data.test && { accuracy: accuracyOf(model, data.test).accuracy }),
      ...(validation && { validationAccuracy: accuracyOf(model, validation).accuracy }),
    };
  }

  protected settings(): Fingerprint {
    const { model, batchSize, seed, data, recognitionSteps, recognitionBatch, recognitionLr, posedBatch } = this;
    const { consistency, dropout } = this;
    const counts = { unlabelled: data.unlabelled.count, labelled: data.labelled.count };
    const recognition = { recognitionSteps, recognitionBatch, recognitionLr, posedBatch, consistency, dropout };
    return { model: model.kind, ...counts, batchSize, seed, ...recognition };
  }

  protected seek(step: number): void {
    for (const svi of [this.unlabelled, this.posed, this.labelled, this.recognition]) svi.steps = step;
  }
}

/** Cosine decay: the factor of the learning rate at a step. */
export const fallen = (step: number, steps: number): number =>
  LAST_RATE + (1 - LAST_RATE) * (0.5 * (1 + Math.cos((Math.PI * step) / steps)));

const indicesOf = (labels: Int32Array, wanted: number): number[] =>
  Array.from(labels.keys()).filter((i) => labels[i] === wanted);
