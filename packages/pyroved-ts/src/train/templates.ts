/** Trains a template model: first recognition, then pictures, field and recognition jointly on refined explanations. */
import * as tf from '@tensorflow/tfjs';
import { Adam, RandomStream, type SavedTensor, SVI, TraceELBO } from 'pyro-ts';
import { type Batch, estimateContrast, gather, shuffledBatches, subset } from '../data/index.js';
import { defined } from '../defined.js';
import type { CompleteRows, KlWeight, KnownPose, RecognitionTerms, Teaching, TemplateSSIVAE } from '../models/index.js';
import type { Explanations } from '../templates/explain.js';
import { tidyHost } from '../tidyHost.js';
import { imageTensor } from './data.js';
import type { Fingerprint } from './fingerprint.js';
import { firstPictures } from './firstPictures.js';
import { fitEvidence, gateWeight } from './gate.js';
import { knownPoseTable, stepsFor } from './knownPoseOptions.js';
import { CONSISTENT_FROM, fallen, KnownPoseTrainer } from './knownPoses.js';
import { NewClasses } from './newClasses.js';
import { clipOf } from './options.js';
import {
  type RecognitionWeights,
  recognitionWeights,
  setRecognitionWeights,
  softenedRecognition,
} from './recognitionSnapshot.js';
import type { SemiSupervisedData } from './semiSupervised.js';
import { explainTraining, refinedContents, trainingPixels } from './templateExplaining.js';
import {
  checkTemplateOptions,
  firstSteps,
  type TemplateTrainerOptions,
  templateDefaults,
  templateTable,
} from './templateOptions.js';
import { bestOfClasses, type Drawn, explanationProbabilities } from './templateRows.js';
import { blurAt, slowing } from './templateSchedule.js';
import { completeRows, type ExplainedImages, type KnownImages, likelyRows, teachingRows } from './templateTeaching.js';

/**
 * Adam's learning rates of the pictures, as a fraction of the contrast, and of the field, in half widths of the image.
 */
const [PICTURE_LR, FIELD_LR] = [3e-3, 4e-3];

/**
 * Number of steps between two measurements of the gate, and number of labelled images at random poses for each:
 * `GATE_IMAGES` if there are more than `GATE_DISTINCT` distinct ones, otherwise `GATE_FEW`.
 */
const [GATE_EVERY, GATE_IMAGES, GATE_FEW, GATE_DISTINCT] = [50, 96, 48, 24];

/** Number of training images whose evidence is measured at the end. */
const MEASURED_IMAGES = 1500;

/** Names of the arrays in a checkpoint. */
const [ANCHOR, RECALLED, ALONE] = ['templates/anchor', 'templates/recalled', 'templates/recognition/'];

/**
 * Trains a template model. Each joint step explains a batch of unlabelled images by every class (see `TemplateSSIVAE`), weights the explanations
 * by softmax(gate * evidence / temperature + log of the softened class probabilities of recognition before the joint
 * steps), and takes two gradient steps:
 *
 * 1. pictures and field on -log p(x, pose, content, class) of the explanations, with pose and content drawn from their
 *    Laplace approximations, and of labelled images at random poses, of which only the content is refined;
 * 2. recognition on the labelled images at random poses and on the explanations, weighted by the gate.
 *
 * The gate is measured on labelled images at random poses. If its weight is below 1 before the joint steps, recognition
 * is first trained from scratch for as many steps as in a model without templates. If the weight is still below 1 at
 * the end of the joint steps, these weights of recognition are restored, so that templates never degrade it.
 * @example
 * const model = new TemplateSSIVAE({ shape: [48, 48], numClasses: 4, invariances: ['r', 't'], decoder: 'template', recognition: {} });
 * await new TemplateTrainer(model, { unlabelled, labelled }).train();
 */
export class TemplateTrainer extends KnownPoseTrainer {
  /** Number of joint steps of each epoch. */
  private readonly stepsPerEpoch: number;
  /**
   * Number of recognition steps as in a model without templates, taken if the weight of the gate is below 1 before the
   * joint steps.
   */
  private readonly fallbackSteps: number;
  /** The initial weights of recognition, from which these steps start. */
  private readonly initial: RecognitionWeights;
  /** The weights of recognition after these steps. */
  private alone: RecognitionWeights | undefined;
  private readonly complete: SVI<[CompleteRows]>;
  private readonly teaching: SVI<[Teaching, RecognitionTerms]>;
  /**
   * Log of the softened class probabilities of recognition for every unlabelled image, before the joint steps,
   * [count, K].
   */
  private anchor: Float32Array | undefined;
  private readonly classes: NewClasses;
  /** Running mean of the accuracy of the evidence on labelled images; NaN before the first measurement. */
  private recalled = Number.NaN;

  /**
   * Defaults as in `KnownPoseTrainer`, except for `batchSize` (48), `posedBatch` (32), `epochs` (8), `dropout` (0) and
   * `recognitionSteps` (200 plus 60 per class).
   */
  constructor(
    override readonly model: TemplateSSIVAE,
    data: SemiSupervisedData,
    { templateSteps = templateDefaults.templateSteps, fallbackSteps, ...options }: TemplateTrainerOptions = {},
  ) {
    const { templateSteps: _, ...usual } = templateDefaults;
    const contrast = estimateContrast(data.labelled);
    const rates = (name: string): { lr: number } => {
      if (name === 'decoder.pictures') return { lr: PICTURE_LR * contrast };
      return { lr: name === 'decoder.field' ? FIELD_LR : 1 };
    };
    super(
      model,
      data,
      { ...usual, recognitionSteps: firstSteps(model.numClasses), ...defined(options) },
      {
        ...{ owner: 'TemplateTrainer', ownTable: { ...knownPoseTable, ...templateTable } },
        optimizer: new Adam(rates, clipOf(options)),
      },
    );
    checkTemplateOptions(defined({ templateSteps, fallbackSteps }));
    this.stepsPerEpoch = Math.ceil(templateSteps / this.epochCount);
    this.fallbackSteps = fallbackSteps ?? (options.recognitionSteps === undefined ? stepsFor(model) : 0);
    this.initial = this.fallbackSteps > 0 ? recognitionWeights(model) : new Map();
    const { optimizer, seed } = this;
    const svi = <Args extends unknown[]>(name: string, program: (...args: Args) => void) =>
      new SVI<Args>(program, () => {}, optimizer, new TraceELBO({ maxPlateNesting: model.plateNesting }), {
        params: model.params,
        seed: `${seed}/${name}`,
      });
    this.complete = svi('complete', model.completeModel);
    this.teaching = svi('teaching', model.teachingModel);
    this.classes = new NewClasses(model, this.data.labelled.labels ?? []);
    model.setPictures(firstPictures(this.data.labelled, model.numClasses, model.templates.perClass));
    const { relativeSigma } = model;
    if (relativeSigma !== 'learned') tf.tidy(() => model.params.set('likelihood.sigma', relativeSigma * contrast));
  }

  override batches(epoch: number): Batch[] {
    const { stepsPerEpoch, batchSize, seed, data } = this;
    const { count } = data.unlabelled;
    const perPass = Math.ceil(count / batchSize);
    const first = Math.floor((epoch * stepsPerEpoch) / perPass);
    const passes = Math.floor(((epoch + 1) * stepsPerEpoch - 1) / perPass) - first + 1;
    const orders = Array.from({ length: passes }, (_, i) =>
      shuffledBatches(count, batchSize, seed, first + i, 'unlabelled'),
    );
    const joint = Array.from({ length: stepsPerEpoch }, (_, i): Batch => {
      const step = epoch * stepsPerEpoch + i;
      return { kind: 'unlabelled', indices: orders[Math.floor(step / perPass) - first][step % perPass] };
    });
    return epoch === 0 ? [...this.recognitionBatches(), ...joint] : joint;
  }

  protected override recognitionBatches(): Batch[] {
    return this.batchesOfRecognition(this.firstJointStep);
  }

  /** The first joint step. */
  private get firstJointStep(): number {
    return this.recognitionSteps + this.fallbackSteps;
  }

  /** Whether the current step is a recognition step as in a model without templates. */
  private get isAlone(): boolean {
    return this.step >= this.recognitionSteps && this.step < this.firstJointStep;
  }

  protected override skips({ kind }: Batch): boolean {
    if (kind !== 'recognition' || !this.isAlone) return false;
    const { model, step, recognitionSteps } = this;
    if (step === recognitionSteps) {
      this.measureGate(blurAt(0, model.options.shape));
      if (model.gate.weight < 1) {
        setRecognitionWeights(model, this.initial);
        this.optimizer.loadData(new Map());
      }
    }
    return model.gate.weight === 1;
  }

  /** The recognition steps as in a model without templates use the same random streams as there. */
  protected override stream(step: number): RandomStream {
    const { recognitionSteps, firstJointStep } = this;
    return super.stream(step >= recognitionSteps && step < firstJointStep ? step - recognitionSteps : step);
  }

  protected override get isConsistent(): boolean {
    const { step, recognitionSteps, fallbackSteps } = this;
    return this.isAlone ? step - recognitionSteps >= CONSISTENT_FROM * fallbackSteps : super.isConsistent;
  }

  protected override get dropoutRate(): number {
    return this.isAlone ? knownPoseTable.dropout.default : super.dropoutRate;
  }

  private get templateSteps(): number {
    return this.stepsPerEpoch * this.epochCount;
  }

  /** Progress of the joint steps, from 0 to 1; negative before them. */
  private get jointProgress(): number {
    return (this.step - this.firstJointStep) / Math.max(1, this.templateSteps);
  }

  protected override recognitionRate(): number {
    const { recognitionLr, step, recognitionSteps, fallbackSteps } = this;
    const own = this.isAlone ? fallen(step - recognitionSteps, fallbackSteps) : slowing(this.jointProgress);
    return recognitionLr * own;
  }

  protected override takeStep(batch: Batch, klWeight: KlWeight): number {
    if (batch.kind === 'recognition') return super.takeStep(batch, klWeight);
    const { model, data, step, firstJointStep, templateSteps } = this;
    if (step === firstJointStep) this.beginJointSteps();
    model.blur = blurAt(this.jointProgress, model.options.shape);
    this.anchor ??= softenedRecognition(model, data.unlabelled);
    if ((step - firstJointStep) % GATE_EVERY === 0) this.measureGate();
    this.classes.findNext(data.unlabelled, this.jointProgress, this.stream(step).fork('new class'));
    const loss = this.jointStep(batch.indices);
    if (step === firstJointStep + templateSteps - 1) this.finish();
    return loss;
  }

  /** Removes the blur, orders the pictures of each class by frequency, and sets the reference of the outlier scores. */
  private finish(): void {
    const { model, data, seed, alone } = this;
    model.blur = 0;
    if (alone && model.gate.weight < 1) {
      setRecognitionWeights(model, alone);
      this.recalled = Number.NaN;
      this.measureGate();
    }
    const order = new RandomStream(seed).fork('training evidence').permutation(data.unlabelled.count);
    const some = subset(data.unlabelled, order.subarray(0, MEASURED_IMAGES));
    model.orderPictures(some);
    model.setTypicalImages(model.explainImages(some));
  }

  private jointStep(indices: Int32Array): number {
    const { model, data, posedBatch, recognitionBatch } = this;
    const stream = this.stream(this.step).fork('explanations');
    const pixels = trainingPixels(model, stream.fork('pixels'));
    const isClosed = model.gate.weight === 0;
    const labelled = this.labelledIndices(isClosed ? recognitionBatch : posedBatch, this.stream(this.step));
    const [clean, y, pose] = this.shown(labelled) as [tf.Tensor2D, tf.Tensor, KnownPose];
    const x = imageTensor(data.unlabelled, indices);
    const [blurred, blurredClean] = [x, clean].map((images) => model.blurredImages(images, model.blur));
    const explained = this.explain(x, pixels, blurred);
    const probabilities = explanationProbabilities(explained, {
      ...model.gate,
      perClass: model.templates.perClass,
      anchor: this.anchor as Float32Array,
      indices,
      isKnown: (label) => this.classes.isKnown(label),
    });
    const kept = likelyRows(probabilities);
    const classes = Int32Array.from(labelled, (i) => data.labelled.labels?.[i] ?? 0);
    const refined = refinedContents(model, blurredClean, classes, pose, pixels);
    const known: KnownImages = { labelled, clean, blurred: blurredClean, y, pose, ...refined };
    const found: ExplainedImages = { x, blurred, explained, probabilities, kept };
    this.learnPictures(known, found, stream.fork('draws'));
    this.teach(known, isClosed ? undefined : found);
    return -this.classes.bestKnown(explained).reduce((sum, e) => sum + e, 0);
  }

  /** Trains pictures and field on draws around the refined explanations, and on labelled images. */
  private learnPictures(known: KnownImages, found: ExplainedImages, rng: RandomStream): void {
    this.optimizer.lrFactor = slowing(this.jointProgress);
    this.complete.step(completeRows(known, found, this.drawn, rng));
  }

  /** Trains recognition on labelled images with fresh noise and on the explanations, if any. */
  private teach(known: KnownImages, found: ExplainedImages | undefined): void {
    const { model, data, recognitionBatch, optimizer } = this;
    const { labelled, clean } = known;
    optimizer.lrFactor = this.recognitionRate();
    const noisy = Float32Array.from(clean.dataSync());
    this.labelledNoise.add(noisy, gather(data.labelled, labelled), labelled, this.stream(this.step).fork('noise'));
    // The same total weight as in the recognition steps, so that Adam's moments keep their scale.
    const weights = { labelled: recognitionBatch, explained: model.gate.weight * recognitionBatch };
    const taught = teachingRows(known, tf.tensor2d(noisy, clean.shape), found, weights, this.drawn);
    this.teaching.step(taught, found ? {} : this.dropped(labelled.length, 'labelled'));
  }

  private get drawn(): Drawn {
    const { options, templates } = this.model;
    return { shape: options.shape, perClass: templates.perClass };
  }

  private explain(x: tf.Tensor2D, pixels: Int32Array | undefined, blurred?: tf.Tensor): Explanations {
    const propose = this.classes.proposing(this.jointProgress);
    return explainTraining(this.model, x, { pixels, ...(blurred && { blurred }), ...(propose && { propose }) });
  }

  private beginJointSteps(): void {
    this.recalled = Number.NaN;
    if (this.fallbackSteps > 0 && this.model.gate.weight < 1) this.alone = recognitionWeights(this.model);
  }

  private measureGate(blur = this.model.blur): void {
    const { model, data } = this;
    model.blur = blur;
    const count = data.labelled.count > GATE_DISTINCT ? GATE_IMAGES : GATE_FEW;
    const stream = this.stream(this.step).fork('gate');
    const indices = this.labelledIndices(count, stream);
    const { accuracy, temperature } = tidyHost(() => {
      const [x] = this.shown(indices) as [tf.Tensor2D, tf.Tensor];
      const explained = this.explain(x, trainingPixels(model, stream.fork('pixels')));
      const evidence = bestOfClasses(explained, model.templates.perClass).map((e, i) =>
        this.classes.isKnown(i % model.numClasses) ? e : Number.NEGATIVE_INFINITY,
      );
      return fitEvidence(
        evidence,
        Int32Array.from(indices, (i) => data.labelled.labels?.[i] ?? 0),
      );
    });
    this.recalled = Number.isNaN(this.recalled) ? accuracy : 0.5 * (this.recalled + accuracy);
    model.gate = { weight: gateWeight(this.recalled), temperature };
  }

  protected override furtherState(): ReadonlyMap<string, SavedTensor> {
    const { anchor, recalled, model, alone = new Map<string, Float32Array>() } = this;
    if (!anchor) return new Map();
    return new Map<string, SavedTensor>([
      ...[...alone].map(([name, data]): [string, SavedTensor] => [`${ALONE}${name}`, { shape: [data.length], data }]),
      [ANCHOR, { shape: [anchor.length / model.numClasses, model.numClasses], data: anchor }],
      [RECALLED, { shape: [2], data: Float32Array.of(recalled, this.classes.found) }],
    ]);
  }

  protected override loadFurtherState(tensors: ReadonlyMap<string, SavedTensor>): void {
    const [anchor, recalled] = [ANCHOR, RECALLED].map((name) => tensors.get(name));
    const alone = [...tensors].filter(([name]) => name.startsWith(ALONE));
    this.alone =
      alone.length > 0
        ? new Map(alone.map(([name, { data }]) => [name.slice(ALONE.length), Float32Array.from(data)]))
        : undefined;
    this.anchor = anchor && Float32Array.from(anchor.data);
    [this.recalled, this.classes.found] = recalled ? recalled.data : [Number.NaN, 0];
  }

  protected override settings(): Fingerprint {
    return { ...super.settings(), templateSteps: this.templateSteps, fallbackSteps: this.fallbackSteps };
  }

  protected override seek(step: number): void {
    super.seek(step);
    for (const svi of [this.complete, this.teaching]) svi.steps = step;
  }
}
