/** Trains a template model: recognition alone at first, then pictures, field and recognition together from refined explanations. */
import * as tf from '@tensorflow/tfjs';
import { Adam, drawRows, OptionError, RandomStream, type SavedTensor, SVI, TraceELBO } from 'pyro-ts';
import { type Batch, estimateContrast, gather, orderedBatches, shuffledBatches, subset } from '../data/index.js';
import { defined } from '../defined.js';
import {
  type CompleteRows,
  type KnownPose,
  type RecognitionTerms,
  softened,
  softmaxRows,
  type Teaching,
  type TemplateSSIVAE,
} from '../models/index.js';
import {
  bestCandidates,
  type Candidates,
  type Explanations,
  explain,
  refineContent,
  somePixels,
} from '../templates/explain.js';
import { displacementOf } from '../templates/geometry.js';
import { anyAngle, newPicture } from '../templates/newPicture.js';
import { tidyHost } from '../tidyHost.js';
import { imageTensor, tidied } from './data.js';
import { fitEvidence, gateWeight } from './gate.js';
import { KnownPoseTrainer, type KnownPoseTrainerOptions, knownPoseKeys } from './knownPoses.js';
import { clipOf, trainerOptionKeys } from './options.js';
import type { SemiSupervisedData } from './semiSupervised.js';
import { bestOfClasses, classWeights, joinedPoses, meanImages, rowsOf } from './templateRows.js';
import type { Fingerprint } from './trainer.js';

export interface TemplateTrainerOptions extends KnownPoseTrainerOptions {
  /** Steps that learn pictures, field and recognition together, after those of recognition alone; divided evenly among the epochs. @default 400 */
  readonly templateSteps?: number;
}

/** What a template model trains with by default. */
export const templateDefaults = {
  epochs: 8,
  batchSize: 48,
  posedBatch: 32,
  dropout: 0,
  templateSteps: 400,
} as const satisfies TemplateTrainerOptions;

/** Steps of recognition alone: with the joint ones, as many as a model without templates takes. */
const stepsAlone = (numClasses: number): number => 200 + 60 * numClasses;

const owner = 'TemplateTrainer';
export const templateKeys = ['templateSteps'] as const;
const keys = [...trainerOptionKeys, ...knownPoseKeys, ...templateKeys];

/** Adam's learning rates of the pictures, as a fraction of the contrast, and of the field, in half widths of the image. */
const [PICTURE_LR, FIELD_LR] = [3e-3, 4e-3];

/** Candidates of each class that are refined in training, by this many steps on this many pixels. */
const EXPLAINED = { bins: 2, steps: 2, pixels: 576 } as const;

/** Of images of 48 pixels: blur at first, and the least until the last steps. */
const BLUR = { first: 2, least: 1, falls: 0.6, sharp: 0.9 } as const;

/** Explanations below this probability are neglected. */
const NEGLECTED = 0.02;

/** Largest distance of a draw from the point that was refined. */
const LARGEST_DRAW = 0.5;

/** Steps from one look at the gate to the next, and labelled images at drawn poses at each: more where more of them are distinct. */
const [GATE_EVERY, GATE_IMAGES, GATE_FEW, GATE_DISTINCT] = [50, 96, 48, 24];

/** Classes without labels get their first pictures from this share of the joint steps on, within the next, from so many images; for a
 * further share their poses are proposed without recognition. */
const FOUND = { from: 0.15, within: 0.3, images: 400, proposed: 0.2 } as const;

/** Names of the arrays that a checkpoint keeps. */
const [ANCHOR, RECALLED] = ['templates/anchor', 'templates/recalled'];

/** Labelled images at drawn poses, with the content that was refined there. */
interface KnownImages {
  readonly labelled: Int32Array;
  readonly clean: tf.Tensor2D;
  /** `clean` under the model's blur. */
  readonly blurred: tf.Tensor;
  readonly y: tf.Tensor;
  readonly pose: KnownPose;
  readonly content: tf.Tensor2D;
}

/** Unlabelled images with their explanations, the probability of each, and the places of those that are not neglected. */
interface ExplainedImages {
  readonly x: tf.Tensor2D;
  /** `x` under the model's blur. */
  readonly blurred: tf.Tensor;
  readonly explained: Explanations;
  readonly probabilities: Float32Array;
  readonly kept: readonly number[];
}

/**
 * Each joint step explains a batch of unlabelled images by every class (see `TemplateSSIVAE`), weighs the explanations by softmax(gate * evidence / temperature +
 * log of recognition's softened answer after its first steps), and takes two gradient steps:
 *
 * 1. pictures and field on -log p(x, pose, content, class) of the explanations, pose and content drawn from their Laplace approximations, and of labelled
 *    images at drawn poses, whose content alone is refined;
 * 2. recognition on the labelled images at drawn poses and on the explanations, weighted by the gate.
 *
 * The gate is measured on labelled images at drawn poses: where their evidence does not recognise them, recognition learns as if it were alone.
 */
export class TemplateTrainer extends KnownPoseTrainer {
  /** Joint steps of each epoch. */
  private readonly stepsPerEpoch: number;
  private readonly complete: SVI<[CompleteRows]>;
  private readonly teaching: SVI<[Teaching, RecognitionTerms]>;
  /** Log of recognition's softened answer for every unlabelled image, after the steps of recognition alone, [count, K]. */
  private anchor: Float32Array | undefined;
  /** Classes without labelled images, in the order in which they get a picture, and how many have one. */
  private readonly unlabelledClasses: readonly number[];
  private found = 0;
  /** Running mean of the evidence's accuracy on labelled images; NaN before the first look. */
  private recalled = Number.NaN;

  /** Defaults of `KnownPoseTrainer`, but for `batchSize` (48), `posedBatch` (32), `epochs` (8) and `recognitionSteps` (200, and 60 per class). */
  constructor(
    override readonly model: TemplateSSIVAE,
    data: SemiSupervisedData,
    { templateSteps = templateDefaults.templateSteps, ...options }: TemplateTrainerOptions = {},
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
      { ...usual, recognitionSteps: stepsAlone(model.numClasses), ...defined(options) },
      { owner, keys, optimizer: new Adam(rates, clipOf(options)) },
    );
    checkTemplateSteps(templateSteps);
    this.stepsPerEpoch = Math.ceil(templateSteps / this.epochCount);
    const { optimizer, seed } = this;
    const svi = <Args extends unknown[]>(name: string, program: (...args: Args) => void) =>
      new SVI<Args>(program, () => {}, optimizer, new TraceELBO({ maxPlateNesting: model.plateNesting }), {
        params: model.params,
        seed: `${seed}/${name}`,
      });
    this.complete = svi('complete', model.completeModel);
    this.teaching = svi('teaching', model.teachingModel);
    const { labels } = this.data.labelled;
    this.unlabelledClasses = Array.from({ length: model.numClasses }, (_, k) => k).filter((k) => !labels?.includes(k));
    model.setPictures(meanImages(this.data.labelled, model.numClasses));
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

  private get templateSteps(): number {
    return this.stepsPerEpoch * this.epochCount;
  }

  /** How much of the joint steps is over; below 0 before them. */
  private get progressed(): number {
    return (this.step - this.recognitionSteps) / Math.max(1, this.templateSteps);
  }

  /** 1 for the first half of the joint steps, then down a cosine. */
  private get slowing(): number {
    const { progressed } = this;
    return 0.01 + (progressed < 0.5 ? 1 : 0.5 * (1 + Math.cos((Math.PI * (progressed - 0.5)) / 0.5)));
  }

  protected override recognitionRate(): number {
    return this.recognitionLr * this.slowing;
  }

  protected override takeStep(batch: Batch, scaleFactor: number): number {
    if (batch.kind === 'recognition') return super.takeStep(batch, scaleFactor);
    const { model, step, recognitionSteps, templateSteps } = this;
    model.blur = this.blurNow();
    this.anchor ??= this.recognisedNow();
    if ((step - recognitionSteps) % GATE_EVERY === 0) this.lookAtGate();
    this.findClasses();
    const loss = tidied(() => this.jointStep(batch.indices));
    if (step === recognitionSteps + templateSteps - 1) this.finish();
    return loss;
  }

  /** Sharp pictures, and the evidence of training images, by which outliers are recognised from then on. */
  private finish(): void {
    const { model, data, seed } = this;
    model.blur = 0;
    const order = new RandomStream(seed).fork('training evidence').permutation(data.unlabelled.count);
    model.setTrainingEvidence(model.evidenceOf(subset(data.unlabelled, order.subarray(0, MEASURED_IMAGES))));
  }

  private blurNow(): number {
    const { progressed } = this;
    const least = progressed < BLUR.sharp ? BLUR.least : 0;
    const pixels = Math.max(least, BLUR.first * Math.max(0, 1 - progressed / BLUR.falls));
    return (pixels * Math.max(...this.model.options.shape)) / 48;
  }

  private jointStep(indices: Int32Array): number {
    const { model, data, posedBatch, recognitionBatch } = this;
    const stream = this.stream(this.step).fork('explanations');
    const pixels = somePixels(model.points, EXPLAINED.pixels, stream.fork('pixels'));
    const isAlone = model.gate.weight === 0;
    const labelled = this.labelledIndices(isAlone ? recognitionBatch : posedBatch, this.stream(this.step));
    const [clean, y, pose] = this.shown(labelled) as [tf.Tensor2D, tf.Tensor, KnownPose];
    const x = imageTensor(data.unlabelled, indices);
    const [blurred, blurredClean] = [x, clean].map((images) => model.blurredImages(images, model.blur));
    const explained = this.explanationsOf(x, pixels, blurred);
    const probabilities = this.probabilitiesOf(explained, indices);
    const kept = Array.from(probabilities.keys()).filter((row) => probabilities[row] > NEGLECTED);
    const content = this.refinedContents(blurredClean, labelled, pose, pixels);
    const known: KnownImages = { labelled, clean, blurred: blurredClean, y, pose, content };
    const found: ExplainedImages = { x, blurred, explained, probabilities, kept };
    this.learnPictures(known, found, stream.fork('draws'));
    this.teach(known, isAlone ? undefined : found);
    return -this.bestKnown(explained).reduce((sum, e) => sum + e, 0);
  }

  /** Pictures and field learn from explanations drawn around the refined ones, and from labelled images. */
  private learnPictures(known: KnownImages, found: ExplainedImages, rng: RandomStream): void {
    const { model, optimizer } = this;
    const { blurred, explained, probabilities, kept } = found;
    const unlabelledShare = 1 / explained.count;
    const labelledShare = 1 / (known.labelled.length + explained.count);
    const drawn = drawRows(explained.refined, rng);
    const rows = rowsOf(
      explained,
      kept,
      (i) => Math.min(Math.max(drawn[i], explained.theta[i] - LARGEST_DRAW), explained.theta[i] + LARGEST_DRAW),
      model.options.shape,
    );
    optimizer.lrFactor = this.slowing;
    this.complete.step({
      x: tf.concat([tf.gather(blurred, tf.tensor1d(rows.image, 'int32')), known.blurred], 0),
      y: tf.concat([rows.y, known.y], 0),
      pose: joinedPoses(rows.pose, known.pose),
      content: tf.concat([rows.content, known.content], 0),
      weight: tf.tensor1d([
        ...kept.map((row) => probabilities[row] * unlabelledShare),
        ...Array.from(known.labelled, () => labelledShare),
      ]),
    });
  }

  /** Recognition learns from labelled images with fresh noise, and from what was explained where that counts. */
  private teach({ labelled, clean, y, pose, content }: KnownImages, found: ExplainedImages | undefined): void {
    const { model, data, recognitionBatch, optimizer } = this;
    const { numClasses } = model;
    optimizer.lrFactor = this.recognitionRate();
    const noisy = Float32Array.from(clean.dataSync());
    this.labelledNoise.add(noisy, gather(data.labelled, labelled), labelled, this.stream(this.step).fork('noise'));
    const shown = tf.tensor2d(noisy, clean.shape);
    const own = labelled.map((_, i) => i);
    const known = { image: own, y, weight: tf.fill([own.length], recognitionBatch / own.length) };
    if (!found) {
      const teaching = { x: shown, classes: known, poses: { ...known, pose, content } };
      this.teaching.step(teaching, this.dropped(own.length, 'labelled'));
      return;
    }
    const { x, explained, probabilities, kept } = found;
    // As large in all as in the steps of recognition alone, so that Adam's moments stay right.
    const counts = (model.gate.weight * recognitionBatch) / explained.count;
    const taught = rowsOf(explained, kept, (i) => explained.theta[i], model.options.shape);
    const after = (image: Int32Array): Int32Array => image.map((i) => i + own.length);
    const classes = classWeights(probabilities, explained.count, numClasses);
    this.teaching.step(
      {
        x: tf.concat([shown, x], 0),
        classes: {
          image: Int32Array.of(...own, ...after(classes.image)),
          y: tf.concat([y, tf.oneHot(tf.tensor1d(classes.label, 'int32'), numClasses).cast('float32')], 0),
          weight: tf.concat([known.weight, tf.mul(tf.tensor1d(classes.weight), counts)], 0),
        },
        poses: {
          image: Int32Array.of(...own, ...after(taught.image)),
          y: tf.concat([y, taught.y], 0),
          pose: joinedPoses(pose, taught.pose),
          content: tf.concat([content, taught.content], 0),
          weight: tf.concat([known.weight, tf.tensor1d(kept.map((row) => probabilities[row] * counts))], 0),
        },
      },
      {},
    );
  }

  /** Images explained by every class, as much as training affords. */
  private explanationsOf(
    x: tf.Tensor2D,
    pixels: Int32Array | undefined,
    blurred: tf.Tensor = this.model.blurredImages(x, this.model.blur),
  ): Explanations {
    const { model } = this;
    const scene = model.sceneOf(blurred, model.blur);
    const { found } = model.proposals(x);
    this.proposeAnyAngle(x, found);
    return explain(scene, bestCandidates(scene, found, EXPLAINED.bins, pixels), EXPLAINED.steps, pixels);
  }

  /** Recognition says nothing yet of poses of classes without labels: they are proposed at every view's angle, in the middle of what stands out. */
  private proposeAnyAngle(x: tf.Tensor2D, { count, pictures, candidates, dim, theta }: Candidates): void {
    const { model, unlabelledClasses, progressed } = this;
    if (unlabelledClasses.length === 0 || progressed > FOUND.from + FOUND.within + FOUND.proposed) return;
    const { shape, channels } = model.options;
    const { angles } = model.recognition;
    const any = anyAngle(x.dataSync<'float32'>(), count, pictures, dim, shape, channels, angles);
    for (let image = 0; image < count; image++) {
      for (const label of unlabelledClasses) {
        const at = (image * pictures + label) * candidates * dim;
        theta.set(any.theta.subarray(at, at + candidates * dim), at);
      }
    }
  }

  /** The probability of each explanation of the unlabelled images at `indices`. */
  private probabilitiesOf(explained: Explanations, indices: Int32Array): Float32Array {
    const { anchor, model } = this;
    const { weight, temperature } = model.gate;
    const { pictures, candidates, evidence } = explained;
    const own = anchor as Float32Array;
    const logs = evidence.map((nats, row) => {
      const group = Math.floor(row / candidates);
      if (!this.isKnown(group % pictures)) return Number.NEGATIVE_INFINITY;
      return (weight * nats) / temperature + own[indices[Math.floor(group / pictures)] * pictures + (group % pictures)];
    });
    return softmaxRows(logs, pictures * candidates);
  }

  /** Contents of blurred labelled images at known poses, [n, C]. */
  private refinedContents(
    blurred: tf.Tensor,
    labelled: Int32Array,
    pose: KnownPose,
    pixels: Int32Array | undefined,
  ): tf.Tensor2D {
    const { model, data } = this;
    const { shape, latentDim } = model.options;
    const dim = 3 + latentDim;
    const [angles, shifts] = [pose.angle.dataSync(), pose.shift.dataSync()];
    const theta = new Float64Array(labelled.length * dim);
    for (let i = 0; i < labelled.length; i++) {
      theta.set([angles[i], ...displacementOf(angles[i], shifts[2 * i], shifts[2 * i + 1], shape)], i * dim);
    }
    const picture = Int32Array.from(labelled, (i) => data.labelled.labels?.[i] ?? 0);
    const { priors, ...scene } = model.sceneOf(blurred, model.blur);
    const rows = { ...scene, image: labelled.map((_, i) => i), picture, ...(pixels && { pixels }) };
    const { z } = refineContent(rows, priors, theta, EXPLAINED.steps);
    return tf.tensor2d(
      Array.from(labelled, (_, i) => Array.from(z.subarray(i * dim + 3, (i + 1) * dim))),
      [labelled.length, latentDim],
    );
  }

  /** What recognition says of the unlabelled images, softened. */
  private recognisedNow(): Float32Array {
    const { model, data } = this;
    const { numClasses } = model;
    const found = new Float32Array(data.unlabelled.count * numClasses);
    for (const indices of orderedBatches(data.unlabelled.count, ANCHORED_AT_ONCE)) {
      const logits = tidyHost(() =>
        model.params.run(() =>
          tf
            .softmax(model.classLogits(imageTensor(data.unlabelled, indices)), 1)
            .dataSync()
            .slice(),
        ),
      );
      found.set(logits, indices[0] * numClasses);
    }
    return found.map((p) => softened(Math.log(p), numClasses));
  }

  /** Whether a class has a picture yet. */
  private isKnown(label: number): boolean {
    return !this.unlabelledClasses.includes(label, this.found);
  }

  /** Gives a picture to the next class without labels, once those before it have learned. */
  private findClasses(): void {
    const { model, data, unlabelledClasses, found, progressed } = this;
    if (found === unlabelledClasses.length) return;
    if (progressed < FOUND.from + (FOUND.within * found) / unlabelledClasses.length) return;
    const { shape, channels } = model.options;
    const stream = this.stream(this.step).fork('new class');
    const indices = stream.permutation(data.unlabelled.count).subarray(0, FOUND.images);
    const images = gather(data.unlabelled, indices);
    const picture = tidyHost(() => {
      const explained = this.explanationsOf(imageTensor(data.unlabelled, indices), undefined);
      const evidence = this.bestKnown(explained);
      return newPicture({ images, evidence, shape, channels }, (x, pictures) => model.scene(x, model.blur, pictures));
    });
    model.setPicture(unlabelledClasses[found], picture);
    this.found++;
  }

  /** The largest evidence of each image among the classes that have a picture. */
  private bestKnown({ evidence, count, pictures, candidates }: Explanations): Float64Array {
    const best = new Float64Array(count).fill(Number.NEGATIVE_INFINITY);
    evidence.forEach((e, row) => {
      const group = Math.floor(row / candidates);
      const image = Math.floor(group / pictures);
      if (this.isKnown(group % pictures)) best[image] = Math.max(best[image], e);
    });
    return best;
  }

  private lookAtGate(): void {
    const { model, data } = this;
    const count = data.labelled.count > GATE_DISTINCT ? GATE_IMAGES : GATE_FEW;
    const stream = this.stream(this.step).fork('gate');
    const indices = this.labelledIndices(count, stream);
    const { accuracy, temperature } = tidyHost(() => {
      const [x] = this.shown(indices) as [tf.Tensor2D, tf.Tensor];
      const explained = this.explanationsOf(x, somePixels(model.points, EXPLAINED.pixels, stream.fork('pixels')));
      const evidence = bestOfClasses(explained).map((e, i) =>
        this.isKnown(i % explained.pictures) ? e : Number.NEGATIVE_INFINITY,
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
    const { anchor, recalled, model } = this;
    if (!anchor) return new Map();
    return new Map([
      [ANCHOR, { shape: [anchor.length / model.numClasses, model.numClasses], data: anchor }],
      [RECALLED, { shape: [2], data: Float32Array.of(recalled, this.found) }],
    ]);
  }

  protected override loadFurtherState(tensors: ReadonlyMap<string, SavedTensor>): void {
    const [anchor, recalled] = [ANCHOR, RECALLED].map((name) => tensors.get(name));
    this.anchor = anchor && Float32Array.from(anchor.data);
    [this.recalled, this.found] = recalled ? recalled.data : [Number.NaN, 0];
  }

  protected override settings(): Fingerprint {
    return { ...super.settings(), templateSteps: this.templateSteps };
  }

  protected override seek(step: number): void {
    super.seek(step);
    for (const svi of [this.complete, this.teaching]) svi.steps = step;
  }
}

/** @throws {OptionError} where there are no steps. */
export function checkTemplateSteps(templateSteps: number): void {
  if (Number.isInteger(templateSteps) && templateSteps > 0) return;
  throw new OptionError(`templateSteps must be an integer of at least 1; got ${templateSteps}.`);
}

const ANCHORED_AT_ONCE = 128;

/** Training images whose evidence is measured at the end. */
const MEASURED_IMAGES = 1500;
