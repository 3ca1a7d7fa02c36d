/**
 * The semi-supervised model whose decoder is one deformable picture per class; it classifies by the evidence of each
 * class.
 */
import * as tf from '@tensorflow/tfjs';
import { OptionError, param } from 'pyro-ts';
import type { ImageSet, StreamedSet } from '../data/index.js';
import type { AnglePrior } from '../priors/index.js';
import { shiftOf } from '../templates/geometry.js';
import { type AnglePriorEvidence, compareAnglePriors } from './anglePriorEvidence.js';
import {
  OUTLIER_TABLES,
  outlierScores,
  outlierStatistics,
  QUANTILE_COUNT,
  quantilesOf,
  totalEvidence,
  valueAt,
} from './outliers.js';
import { classRows } from './queries/condition.js';
import { type Classified, classified, softmaxRows } from './queries/uncertainty.js';
import type { ClassEncoding, SemiSupervisedOptions } from './ssivae.js';
import { type ClassExplanations, TemplateExplanations } from './templateExplanations.js';
import type { Inferred } from './vae.js';

/** Name of the parameter that holds the gate: the weight of the evidence and its temperature. */
const GATE = 'evidence_gate';

/** Name of the parameter that holds quantiles of the statistics of the training images; see `outlierScores`. */
const OUTLIERS = 'outlier_quantiles';

/** How the evidence is combined with recognition, as fitted on labelled images during training. */
export interface EvidenceGate {
  /** From 0 (recognition alone) to 1. */
  readonly weight: number;
  /** Divides the evidence. */
  readonly temperature: number;
}

/**
 * Basis of the class probabilities. `evidence`: the evidence of each class; `classifier`: the recognition network;
 * `gated`: both, weighted by the gate.
 */
export type ClassAnswer = 'evidence' | 'classifier' | 'gated';

/** The picture of its class that an image shows. */
export interface TemplateChoice {
  readonly templates?: number | ArrayLike<number>;
}

/** An encoding with the picture that explains each image. */
export interface TemplateEncoding extends ClassEncoding {
  readonly templates?: Int32Array;
}

/** Everything that the model infers about images. */
export interface ImageAnswers {
  readonly found: Classified;
  readonly encoding: ClassEncoding;
  /** See `TemplateSSIVAE.evidenceOf`, [count]. */
  readonly evidence: Float64Array;
  /** See `TemplateSSIVAE.outlierScoresOf`, [count]. */
  readonly outlierScore: Float64Array;
}
/**
 * Weight of the uniform distribution that is mixed into recognition's class probabilities before the evidence is added.
 */
const SOFTENED = 0.1;

/** Recognition's log probability of a class, mixed with the uniform distribution. */
export const softened = (logProbability: number, numClasses: number): number =>
  Math.log((1 - SOFTENED) * Math.exp(logProbability) + SOFTENED / numClasses);

/**
 * y ~ Categorical(classPrior), angle, shift ~ their priors, z ~ N(0, 1), x ~ N(picture_y deformed by the field of z and
 * posed, sigma). The field is linear in z and shared by all classes. Its second differences are observed to be 0 with a
 * given precision, so that deformations are smooth; rotations and shifts are projected out of it. Sites: those of
 * `RecognitionSSIVAE`, and "bending".
 *
 * The model has no encoder for pose and content. Recognition proposes (class, bin, angle, shift, content); Gauss-Newton
 * steps refine pose and content of the best proposals of each class, and Laplace's approximation at the result gives
 * the evidence of the class (`explainImages`). `TemplateTrainer` trains the pictures and the field on the refined
 * latents, and recognition on the evidence.
 * @see Amit, Grenander & Piccioni 1991 for deformable templates; Kim et al. 2018 for semi-amortised inference.
 * @example
 * const model = ssrVAE({ shape: [48, 48], numClasses: 4, decoder: 'template', recognition: {} });
 */
export class TemplateSSIVAE extends TemplateExplanations {
  constructor(options: SemiSupervisedOptions) {
    super(options);
    tf.tidy(
      () =>
        void this.params.run(() => {
          param(GATE, [1, 1]);
          param(OUTLIERS, () => tf.zeros([OUTLIER_TABLES, QUANTILE_COUNT]));
        }),
    );
  }

  get gate(): EvidenceGate {
    const [weight, temperature] = this.params.get(GATE).dataSync();
    return { weight, temperature };
  }
  set gate({ weight, temperature }: EvidenceGate) {
    tf.tidy(() => this.params.set(GATE, [weight, temperature]));
  }

  /**
   * Class probabilities of images.
   * @param options `answer`: see `ClassAnswer`
   * @default 'gated', which is recognition alone if the weight of the gate is 0
   */
  override classify(
    set: ImageSet | StreamedSet,
    { answer = 'gated' }: { readonly answer?: ClassAnswer } = {},
  ): Classified {
    if (answer === 'classifier' || (answer === 'gated' && this.gate.weight === 0)) return super.classify(set);
    return classified(this.probabilitiesOf(this.explainImages(set), answer), this.numClasses);
  }

  /**
   * Refined pose and content of each image given its class (by default the likeliest one), with their standard
   * deviations by Laplace's approximation. If the weight of the gate is 0, the pose that recognition proposes.
   */
  override encode(set: ImageSet | StreamedSet, classes?: ArrayLike<number>): TemplateEncoding {
    if (this.gate.weight === 0) return super.encode(set, classes);
    const found = this.explainImages(set);
    return this.encodingOf(found, classes ?? classified(this.probabilitiesOf(found), this.numClasses).classes);
  }

  /**
   * Decodes images from content.
   * @param options `templates`: index of the picture of its class that each image shows, one for all or one for each
   * @default 0, the most frequent one
   */
  override decode(
    content: Float32Array | readonly number[],
    { templates = 0, ...options }: Parameters<TemplateExplanations['decode']>[1] & TemplateChoice = { classes: 0 },
  ): ImageSet {
    const { pictureCount } = this;
    const { perClass } = this.templates;
    if (perClass === 1) return super.decode(content, options);
    const { classes, ...pose } = options;
    const rows = Float32Array.from(content);
    const count = rows.length / this.options.latentDim;
    this.conditionRows({ classes }, count);
    const at = (list: number | ArrayLike<number>, i: number): number => (typeof list === 'number' ? list : list[i]);
    const pictures = Int32Array.from({ length: count }, (_, i) => at(classes, i) * perClass + at(templates, i));
    return this.decodeRows(rows, pose, classRows(pictures, pictureCount));
  }

  /** Reconstructs each image, in its inferred pose or upright. */
  override reconstruct(
    set: ImageSet | StreamedSet,
    { upright = false }: { readonly upright?: boolean } = {},
  ): ImageSet {
    const { content, classes, templates, angle, shift } = this.encode(set);
    return this.decode(content, { classes, ...(templates && { templates }), ...(!upright && { angle, shift }) });
  }

  /** Class probabilities, pose and content, evidence and outlier scores of images, computed in one pass. */
  answers(set: ImageSet | StreamedSet, { answer = 'gated' }: { readonly answer?: ClassAnswer } = {}): ImageAnswers {
    const explained = this.explainImages(set);
    const found = classified(this.probabilitiesOf(explained, answer), this.numClasses);
    const encoding =
      this.gate.weight === 0 ? super.encode(set, found.classes) : this.encodingOf(explained, found.classes);
    return {
      found,
      encoding,
      evidence: totalEvidence(explained.evidence, this.numClasses),
      outlierScore: this.scoresOf(explained),
    };
  }

  override infer(set: ImageSet | StreamedSet): Inferred {
    const { found, encoding } = this.answers(set);
    return { encoding, classified: found };
  }

  /** log p(image) of each image in nats by Laplace's approximation, summed over the classes. */
  evidenceOf(set: ImageSet | StreamedSet): Float64Array {
    return totalEvidence(this.explainImages(set).evidence, this.numClasses);
  }

  /**
   * How typical each image is of the training images, at most 0: low for objects of no known class. Computed from the
   * evidence and, if the weight of the gate is below 1, also from how clearly the image belongs to one class. See
   * `outlierScores`.
   */
  outlierScoresOf(set: ImageSet | StreamedSet): Float64Array {
    return this.scoresOf(this.explainImages(set));
  }

  private scoresOf(explained: ClassExplanations): Float64Array {
    return outlierScores(outlierStatistics(explained, this.numClasses), this.outlierTables(), this.gate.weight);
  }

  /** [OUTLIER_TABLES][QUANTILE_COUNT] */
  private outlierTables(): Float32Array[] {
    const all = this.params.get(OUTLIERS).dataSync<'float32'>();
    return Array.from({ length: OUTLIER_TABLES }, (_, k) => all.subarray(k * QUANTILE_COUNT, (k + 1) * QUANTILE_COUNT));
  }

  /**
   * The threshold of the outlier score at which about a fraction `falseAlarms` of the images of known classes count as
   * outliers: a quantile of the scores of the training images.
   * @param falseAlarms false alarm rate from 0 to 1
   * @default 0.05
   */
  outlierThreshold(falseAlarms = 0.05): number {
    if (!(falseAlarms >= 0 && falseAlarms <= 1)) {
      throw new OptionError(`falseAlarms must be a rate from 0 to 1; got ${falseAlarms}.`);
    }
    return valueAt(this.outlierTables()[OUTLIER_TABLES - 1], falseAlarms);
  }

  /** Sets the reference of `outlierScoresOf` from explanations of training images, using the current gate. */
  setTypicalImages(explained: ClassExplanations): void {
    const statistics = outlierStatistics(explained, this.numClasses);
    const tables = statistics.map(quantilesOf);
    const scores = quantilesOf(outlierScores(statistics, tables, this.gate.weight));
    tf.tidy(() => this.params.set(OUTLIERS, [...tables, scores]));
  }

  /**
   * Orders the pictures of each class by the number of images of the set that they explain best, largest first. Called
   * by the trainer.
   */
  orderPictures(set: ImageSet | StreamedSet): void {
    const { numClasses, imageSize } = this;
    const { perClass } = this.templates;
    if (perClass === 1) return;
    const explained = this.explainImages(set);
    const { classes } = classified(this.probabilitiesOf(explained), numClasses);
    const counts = new Array<number>(this.pictureCount).fill(0);
    classes.forEach((k, i) => {
      counts[k * perClass + explained.template[i * numClasses + k]]++;
    });
    const before = this.params.get('decoder.pictures').dataSync<'float32'>();
    const after = new Float32Array(before.length);
    for (let k = 0; k < numClasses; k++) {
      const own = Array.from({ length: perClass }, (_, t) => k * perClass + t);
      own
        .sort((a, b) => counts[b] - counts[a])
        .forEach((from, t) => {
          after.set(before.subarray(from * imageSize, (from + 1) * imageSize), (k * perClass + t) * imageSize);
        });
    }
    this.setPictures(after);
  }

  /**
   * Compares angle priors by the evidence of images. Pose and content are refined under each prior; the parameters of
   * the model stay the same. The prior with the largest evidence is the likeliest; differences of less than two
   * standard errors are not significant.
   * @throws {OptionError} when a prior is not one of the named priors.
   * @example
   * model.compareAnglePriors(images, ['uniform', { name: 'normal', scale: 0.5 }, 'projected-normal']);
   */
  compareAnglePriors(set: ImageSet | StreamedSet, priors: readonly AnglePrior[]): AnglePriorEvidence[] {
    return compareAnglePriors(priors, this.numClasses, (prior) => this.explainImages(set, prior));
  }

  private encodingOf(
    { count, theta, spread, template }: ClassExplanations,
    classes: ArrayLike<number>,
  ): TemplateEncoding {
    const { numClasses, options } = this;
    const { shape, latentDim } = options;
    const chosen = Int32Array.from(classes);
    const templates = Int32Array.from(chosen, (k, i) => template[i * numClasses + k]);
    this.conditionRows({ classes: chosen }, count);
    const dim = 3 + latentDim;
    const content = new Float32Array(count * latentDim);
    const contentScale = new Float32Array(count * latentDim);
    const angle = new Float32Array(count);
    const shift = new Float32Array(2 * count);
    for (let i = 0; i < count; i++) {
      const at = (i * numClasses + chosen[i]) * dim;
      content.set(theta.subarray(at + 3, at + dim), i * latentDim);
      contentScale.set(spread.subarray(at + 3, at + dim), i * latentDim);
      angle[i] = Math.atan2(Math.sin(theta[at]), Math.cos(theta[at]));
      shift.set(shiftOf(angle[i], theta[at + 1], theta[at + 2], shape), 2 * i);
    }
    return { count, content, contentScale, classes: chosen, templates, angle, shift };
  }

  /** Class probabilities [count, K] of explained images. */
  probabilitiesOf({ evidence, recognised }: ClassExplanations, answer: ClassAnswer = 'gated'): Float32Array {
    const { numClasses, gate } = this;
    if (answer === 'classifier') return softmaxRows(recognised, numClasses);
    const weight = answer === 'evidence' ? 1 : gate.weight;
    const logits = Float64Array.from(evidence, (nats, i) => {
      const own = answer === 'evidence' ? 0 : softened(recognised[i], numClasses);
      return (weight * nats) / gate.temperature + own;
    });
    return softmaxRows(logits, numClasses);
  }
}
