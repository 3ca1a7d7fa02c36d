/** The semi-supervised model whose decoder is one deformable picture per class, with the evidence of each class as its answer. */
import { take } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import {
  module,
  normal,
  OptionError,
  oneHotCategorical,
  param,
  plate,
  RandomStream,
  rowDeviations,
  sample,
  scale,
} from 'pyro-ts';
import type { PoseTensors } from '../coordinates/index.js';
import { gather, type ImageSet, orderedBatches, type StreamedSet } from '../data/index.js';
import type { Recognised } from '../nets/index.js';
import { anglePenalty } from '../templates/anglePenalty.js';
import { blurred } from '../templates/blur.js';
import { templateDecoder, templatesOf } from '../templates/decoder.js';
import {
  bestCandidates,
  type Candidates,
  explain,
  selected,
  somePixels,
  type TemplateScene,
} from '../templates/explain.js';
import { bendingOf, withoutPose } from '../templates/field.js';
import { displacementOf, shiftOf } from '../templates/geometry.js';
import { type TemplatePriors, templateRows } from '../templates/rows.js';
import { type Classified, classified, softmaxRows } from './asked/uncertainty.js';
import type { KnownPose, RecognitionWeights } from './recognisedPose.js';
import { RecognitionSSIVAE } from './recognition.js';
import type { ClassEncoding, SemiSupervisedOptions, SemiSupervisedTerms } from './ssivae.js';
import {
  DEFAULT_CONTENTS,
  DEFAULT_SIGMA,
  noEncoder,
  resolveTemplates,
  type TemplateOptions,
  templateLikelihood,
} from './templateOptions.js';

/** Where the gate's numbers are kept: how much the evidence counts, and its temperature. */
const GATE = 'evidence_gate';

/** Where the quantiles of the training images' evidence are kept, and how many. */
const [QUANTILES, QUANTILE_COUNT] = ['evidence_quantiles', 201];

/** What the evidence of a class counts for beside recognition's answer, as training found it on labelled images. */
export interface EvidenceGate {
  /** From 0 (recognition alone) to 1. */
  readonly weight: number;
  /** Nats of evidence are divided by it. */
  readonly temperature: number;
}

/** `evidence`: by the evidence of each class; `classifier`: by the recognition network; `gated`: both, as far as the gate lets the evidence count. */
export type ClassAnswer = 'evidence' | 'classifier' | 'gated';

/** What is known or was inferred of some of the images that recognition learns from. */
export interface Teaching {
  /** [B, channels * points]. */
  readonly x: tf.Tensor;
  /** Classes of images: rows of image, one-hot class [R, K] and weight [R]. */
  readonly classes: TaughtRows;
  /** Classes with poses and contents, likewise. */
  readonly poses: TaughtRows & { readonly pose: KnownPose; readonly content: tf.Tensor };
}

export interface TaughtRows {
  readonly image: Int32Array;
  readonly y: tf.Tensor;
  readonly weight: tf.Tensor;
}

/** Images, classes, poses and contents, all known. */
export interface CompleteRows {
  readonly x: tf.Tensor;
  readonly y: tf.Tensor;
  readonly pose: KnownPose;
  readonly content: tf.Tensor;
  /** Weight of each row, [R]. */
  readonly weight: tf.Tensor;
}

/** The best explanation of each image by each class, row major. */
export interface ClassExplanations {
  readonly count: number;
  /** log p(image, class) in nats, [count, K]. */
  readonly evidence: Float64Array;
  /** Angle, rightward and downward displacement (half widths), content: [count, K, 3 + C]. */
  readonly theta: Float64Array;
  /** Their standard deviations by Laplace's approximation, likewise. */
  readonly spread: Float64Array;
  /** log q(class | image) of the recognition network, [count, K]. */
  readonly recognised: Float32Array;
}

/** What the model says of images. */
export interface ImageAnswers {
  readonly found: Classified;
  readonly encoding: ClassEncoding;
  /** See `TemplateSSIVAE.evidenceOf`, [count]. */
  readonly evidence: Float64Array;
}

/** Images whose explanations are refined at once. */
const EXPLAINED_AT_ONCE = 64;

/** Coarse to fine: bins refined on blurred images, and how many of them then on sharp ones. */
const COARSE = { bins: 6, steps: 3, pixels: 256, blur: 1.5 } as const;
const FINE = { bins: 2, steps: 4, pixels: 576 } as const;

/** Recognition's answer is softened by this much before the evidence is added. */
const SOFTENED = 0.1;

/** Recognition's log probability of a class, softened. */
export const softened = (logProbability: number, numClasses: number): number =>
  Math.log((1 - SOFTENED) * Math.exp(logProbability) + SOFTENED / numClasses);

/**
 * y ~ Categorical(classPrior), angle, shift ~ their priors, z ~ N(0, 1), x ~ N(picture_y moved by the field of z, posed; sigma). The field is linear in z and
 * shared by all classes; the second differences of the field of z are observed to be 0 with a precision, so that deformations are smooth; rotations and shifts
 * are projected out of it. Sites: those of `RecognitionSSIVAE`, and "bending".
 *
 * Pose and content of an image are not inferred by an encoder. Recognition proposes (class, bin, angle, shift, content); Gauss-Newton steps refine what each
 * class's best proposals say of pose and content, and Laplace's approximation at their end gives the evidence of the class (`explainImages`).
 * `TemplateTrainer` learns pictures and field from what was refined, and recognition from the evidence.
 * @see Amit, Grenander and Piccioni 1991 for deformable templates; Kim et al. 2018 for semi-amortised inference.
 * @example
 * const model = ssrVAE({ shape: [48, 48], numClasses: 4, decoder: 'template', recognition: {} });
 */
export class TemplateSSIVAE extends RecognitionSSIVAE {
  readonly templates: Required<TemplateOptions>;
  /** Standard deviation of a pixel as a fraction of the contrast, or "learned". */
  readonly relativeSigma: number | 'learned';
  /** The options that the model was made with; `options` has networks in place of their names. */
  readonly given: SemiSupervisedOptions;
  private readonly kernel: SemiSupervisedOptions['kernel'];

  constructor(options: SemiSupervisedOptions) {
    const { latentDim = DEFAULT_CONTENTS, decoderSigma = DEFAULT_SIGMA, templates: _, ...others } = options;
    const templates = resolveTemplates(options);
    const { shape, channels = 1, numClasses, kernel } = options;
    super(
      { ...others, latentDim },
      {
        contents: latentDim,
        encoder: noEncoder(latentDim),
        decoder: templateDecoder({
          ...{ shape, channels, numClasses, contents: latentDim, grid: templates.grid },
          ...(kernel && { kernel }),
        }),
        likelihood: templateLikelihood(decoderSigma),
      },
    );
    this.given = options;
    this.templates = templates;
    this.relativeSigma = decoderSigma;
    this.kernel = kernel;
    tf.tidy(
      () =>
        void this.params.run(() => {
          param(GATE, [1, 1]);
          param(QUANTILES, () => tf.zeros([QUANTILE_COUNT]));
        }),
    );
  }

  // Programs.

  /** p(x, y, pose, z) with everything observed, weighted by row: what pictures and field learn from. It needs no guide. */
  readonly completeModel = ({ x, y, pose, content, weight }: CompleteRows): void => {
    this.images(x, () =>
      scale.with(this.toSite1(weight), () => {
        const draws = this.posePriors({}, pose);
        sample('y', this.classPriorDistribution(), { obs: this.toSite(y) });
        this.observeImage(x, draws, y, {}, content);
      }),
    );
  };

  /**
   * What recognition learns from: log q(class | x) for rows of known or inferred class, and log q(class, bin | x), log q(pose, z | x, class, bin) for rows whose
   * pose and content are known or inferred too, weighted by row. It needs no guide.
   */
  readonly teachingModel = (
    { x, classes, poses }: Teaching,
    { classWeight = 1, binWeight = 0.3, poseWeight = 0.05 }: RecognitionWeights = {},
  ): void => {
    const seen = module('encoder_y', this.recogniser)(x);
    const rowsOf = (t: tf.Tensor, image: Int32Array): tf.Tensor => take(t, tf.tensor1d(image, 'int32'), 0);
    plate('classes', classes.image.length, { dim: -this.plateNesting }, () => {
      const logits = rowsOf(tf.logSumExp(seen.logits, 1), classes.image);
      scale.with(tf.mul(classes.weight, classWeight), () =>
        sample('class', oneHotCategorical({ logits }), { obs: classes.y }),
      );
    });
    plate('poses', poses.image.length, { dim: -this.plateNesting }, () => {
      const { logits, angle, centre, centreScale, content, contentScale } = seen;
      const own = (t: tf.Tensor): tf.Tensor => rowsOf(t, poses.image);
      const rows: Recognised = {
        ...{ logits: own(logits), angle: own(angle), centre: own(centre), centreScale: own(centreScale) },
      };
      const pair = this.pairOf(poses.y, poses.pose);
      const [ofBin, ofPose] = [binWeight, poseWeight].map((weight) => tf.mul(poses.weight, weight));
      scale.with(ofBin, () =>
        sample('class_bin', oneHotCategorical({ logits: this.flat(rows.logits) }), { obs: pair }),
      );
      scale.with(ofPose, () => {
        this.recognisedPose(rows, pair, poses.pose);
        if (!content || !contentScale) return;
        const [mean, deviation] = [content, contentScale].map((t) => this.atPair(own(t), pair));
        sample('z', normal(mean, deviation).toEvent(1), { obs: poses.content });
      });
    });
  };

  protected override observeImage(
    x: tf.Tensor,
    draws: Readonly<Record<string, tf.Tensor>>,
    y: tf.Tensor,
    { scaleFactor = 1 }: SemiSupervisedTerms,
    content?: tf.Tensor,
  ): void {
    const { latentDim } = this.options;
    const pose: PoseTensors = Object.fromEntries(this.parts.map(({ kind, toPose }) => [kind, toPose(draws[kind])]));
    const z = scale.with(scaleFactor, () => {
      const prior = normal(0, 1).expand([latentDim]).toEvent(1);
      return this.fromSite(sample('z', prior, content ? { obs: this.toSite(content) } : {}), 1);
    });
    module('decoder', this.decoder);
    const differences = bendingOf(withoutPose(param('decoder.field') as tf.Tensor4D));
    const bent = tf.reshape(tf.matMul(tf.reshape(z, [z.size / latentDim, latentDim]), differences), [
      ...z.shape.slice(0, -1),
      differences.shape[1],
    ]);
    const { bending } = this.templates;
    if (bending > 0) {
      sample('bending', normal(this.toSite(bent), bending ** -0.5).toEvent(1), {
        obs: tf.zeros([differences.shape[1]]),
      });
    }
    this.observe('x', [z, y], pose, this.blurredImages(x, this.blur));
  }

  // The state of training.

  /** Standard deviation in pixels of the blur under which images and pictures are compared while the model is trained; 0 afterwards. */
  get blur(): number {
    return this.params.get('decoder.blur').dataSync()[0];
  }
  set blur(pixels: number) {
    tf.tidy(() => this.params.set('decoder.blur', pixels));
  }

  get gate(): EvidenceGate {
    const [weight, temperature] = this.params.get(GATE).dataSync();
    return { weight, temperature };
  }
  set gate({ weight, temperature }: EvidenceGate) {
    tf.tidy(() => this.params.set(GATE, [weight, temperature]));
  }

  /** Pictures of the classes, [numClasses, channels, height, width]; a trainer sets the first ones. */
  setPictures(pictures: Float32Array): void {
    const { shape, channels } = this.options;
    tf.tidy(() => this.params.set('decoder.pictures', tf.tensor(pictures, [this.numClasses, channels, ...shape])));
  }

  /** The picture of one class, [channels, height, width]. */
  setPicture(label: number, picture: Float32Array): void {
    const all = this.params.get('decoder.pictures').dataSync<'float32'>().slice();
    all.set(picture, label * picture.length);
    this.setPictures(all);
  }

  // Inference.

  /**
   * Images and pictures under a blur of `pixels`, with the priors of the latents. Its tensors belong to the caller's tidy.
   * @param pictures [g, channels, height, width], in place of the model's
   */
  scene(x: tf.Tensor, pixels: number, pictures = this.params.get('decoder.pictures')): TemplateScene {
    const { params } = this;
    const weights = { pictures, field: params.get('decoder.field'), blur: params.get('decoder.blur') };
    return {
      templates: templatesOf(weights, pixels),
      images: this.blurredImages(x, pixels) as tf.Tensor2D,
      priors: this.templatePriors(),
      ...(this.kernel && { kernel: this.kernel }),
    };
  }

  /** What recognition proposes for every class and bin of images x [n, channels * points], with log q(class | x) [n, K]. */
  proposals(x: tf.Tensor): { found: Candidates; recognised: Float32Array } {
    const { shape, latentDim } = this.options;
    const { angles } = this.recognition;
    const [views, pictures, dim] = [angles.length, this.numClasses, 3 + latentDim];
    const { logits, angle, centre, content } = tf.tidy(() =>
      this.params.run(() => {
        const seen = module('encoder_y', this.recogniser)(x);
        const flat = tf.reshape(seen.logits, [x.shape[0], views * pictures]);
        const logits = tf.logSumExp(tf.reshape(tf.logSoftmax(flat, 1), seen.logits.shape), 1);
        const read = (t: tf.Tensor): Float32Array => t.dataSync<'float32'>().slice();
        return {
          ...{ logits: read(logits), angle: read(seen.angle), centre: read(seen.centre) },
          content: seen.content ? read(seen.content) : new Float32Array(seen.logits.size * latentDim),
        } as never;
      }),
    ) as Record<'logits' | 'angle' | 'centre' | 'content', Float32Array>;
    const count = x.shape[0];
    const theta = new Float64Array(count * pictures * views * dim);
    for (let image = 0; image < count; image++) {
      for (let view = 0; view < views; view++) {
        for (let k = 0; k < pictures; k++) {
          const from = (image * views + view) * pictures + k;
          const to = ((image * pictures + k) * views + view) * dim;
          theta[to] = angles[view] + Math.atan2(angle[2 * from + 1], angle[2 * from]);
          // The centre in the view's frame, rotated back into the image's: see `RecognitionSSIVAE.proposalFor`.
          const [right, down] = displacementOf(angles[view], -centre[2 * from], -centre[2 * from + 1], shape);
          theta.set([right, down], to + 1);
          for (let c = 0; c < latentDim; c++) theta[to + 3 + c] = content[from * latentDim + c];
        }
      }
    }
    return { found: { count, pictures, candidates: views, dim, theta }, recognised: logits };
  }

  /**
   * What explaining an image costs at one pose and content: -log p(x, pose, z | class) in nats, [n], the shift measured in half widths of the image as
   * displacements are. Refinement minimises this.
   * @param rows angle [n], shift [n, 2] and content [n, latentDim], row major
   */
  costsOf(
    x: tf.Tensor2D,
    classes: Int32Array,
    { angle, shift, content }: Readonly<Record<'angle' | 'shift' | 'content', ArrayLike<number>>>,
  ): Float64Array {
    const { shape, latentDim } = this.options;
    const theta = new Float64Array(classes.length * (3 + latentDim));
    for (let i = 0; i < classes.length; i++) {
      const place = displacementOf(angle[i], shift[2 * i], shift[2 * i + 1], shape);
      const own = Array.from({ length: latentDim }, (_, c) => content[i * latentDim + c]);
      theta.set([angle[i], ...place, ...own], i * (3 + latentDim));
    }
    return tf.tidy(() => {
      const { priors, ...scene } = this.scene(x, this.blur);
      const image = Int32Array.from(classes.keys());
      return Float64Array.from(templateRows({ ...scene, image, picture: classes }, priors).at(theta).cost) as never;
    }) as Float64Array;
  }

  /** Each image explained by each class, coarse to fine: the best bins on blurred images, and the best of those on sharp ones. */
  explainBatch(x: tf.Tensor): ClassExplanations {
    const { shape } = this.options;
    const rng = new RandomStream('pixels of explanations');
    const { found, recognised } = this.proposals(x);
    const { count, pictures: classes, dim } = found;
    const someOf = (n: number): Int32Array | undefined => somePixels(this.points, n, rng);
    const prior = Array.from(this.classPrior(), Math.log);
    return tf.tidy(() => {
      const blur = (COARSE.blur * Math.max(...shape)) / 48;
      const coarse = this.scene(x, blur);
      const pixels = someOf(COARSE.pixels);
      const rough = explain(coarse, bestCandidates(coarse, found, COARSE.bins, pixels), COARSE.steps, pixels);
      const best = selected(rough, Math.min(FINE.bins, rough.candidates), (row) => rough.evidence[row]);
      const {
        evidence: all,
        theta: every,
        refined,
        candidates,
      } = explain(this.scene(x, 0), best, FINE.steps, someOf(FINE.pixels));
      const evidence = new Float64Array(count * classes);
      const theta = new Float64Array(count * classes * dim);
      const spread = new Float64Array(count * classes * dim);
      for (let group = 0; group < evidence.length; group++) {
        let row = group * candidates;
        for (let c = 1; c < candidates; c++) if (all[group * candidates + c] > all[row]) row = group * candidates + c;
        evidence[group] = all[row] + prior[group % classes];
        theta.set(every.subarray(row * dim, (row + 1) * dim), group * dim);
        spread.set(rowDeviations(refined, row), group * dim);
      }
      return { count, evidence, theta, spread, recognised } as never;
    }) as ClassExplanations;
  }

  /** `explainBatch` of every image of a set. */
  explainImages(set: ImageSet | StreamedSet): ClassExplanations {
    this.checkImages(set);
    const { numClasses, options, imageSize } = this;
    const size = numClasses * (3 + options.latentDim);
    const found = {
      count: set.count,
      evidence: new Float64Array(set.count * numClasses),
      theta: new Float64Array(set.count * size),
      spread: new Float64Array(set.count * size),
      recognised: new Float32Array(set.count * numClasses),
    };
    for (const indices of orderedBatches(set.count, EXPLAINED_AT_ONCE)) {
      const x = tf.tensor2d(gather(set, indices), [indices.length, imageSize]);
      const part = this.explainBatch(x);
      x.dispose();
      found.evidence.set(part.evidence, indices[0] * numClasses);
      found.recognised.set(part.recognised, indices[0] * numClasses);
      found.theta.set(part.theta, indices[0] * size);
      found.spread.set(part.spread, indices[0] * size);
    }
    return found;
  }

  /**
   * Class probabilities of images.
   * @param answer @default 'gated', which is recognition alone where the gate's weight is 0
   */
  override classify(
    set: ImageSet | StreamedSet,
    { answer = 'gated' }: { readonly answer?: ClassAnswer } = {},
  ): Classified {
    if (answer === 'classifier' || (answer === 'gated' && this.gate.weight === 0)) return super.classify(set);
    return classified(this.probabilitiesOf(this.explainImages(set), answer), this.numClasses);
  }

  /**
   * Pose and content of each image as refined for its class, by default the likeliest one, with their Laplace approximation. Where the gate's weight is 0, the
   * pose that recognition proposes.
   */
  override encode(set: ImageSet | StreamedSet, classes?: ArrayLike<number>): ClassEncoding {
    if (this.gate.weight === 0) return super.encode(set, classes);
    const found = this.explainImages(set);
    return this.encodingOf(found, classes ?? classified(this.probabilitiesOf(found), this.numClasses).classes);
  }

  /** Class probabilities, pose and content, and the evidence of images, from explaining each of them once. */
  answers(set: ImageSet | StreamedSet, { answer = 'gated' }: { readonly answer?: ClassAnswer } = {}): ImageAnswers {
    const explained = this.explainImages(set);
    const found = classified(this.probabilitiesOf(explained, answer), this.numClasses);
    const encoding =
      this.gate.weight === 0 ? super.encode(set, found.classes) : this.encodingOf(explained, found.classes);
    return { found, encoding, evidence: totalEvidence(explained.evidence, this.numClasses) };
  }

  /** log p(image) of each image in nats by Laplace's approximation, summed over the classes: low for objects of no class. */
  evidenceOf(set: ImageSet | StreamedSet): Float64Array {
    return totalEvidence(this.explainImages(set).evidence, this.numClasses);
  }

  /**
   * The evidence below which an image counts as an outlier, so that about `falseAlarms` of the images of known classes do too: a quantile of the training
   * images' evidence.
   * @param falseAlarms from 0 to 1 @default 0.05
   */
  outlierThreshold(falseAlarms = 0.05): number {
    if (!(falseAlarms >= 0 && falseAlarms <= 1)) {
      throw new OptionError(`falseAlarms must be a rate from 0 to 1; got ${falseAlarms}.`);
    }
    const quantiles = this.params.get(QUANTILES).dataSync();
    const at = falseAlarms * (quantiles.length - 1);
    const low = Math.min(Math.floor(at), quantiles.length - 2);
    return quantiles[low] + (at - low) * (quantiles[low + 1] - quantiles[low]);
  }

  /** Sets what `outlierThreshold` is taken from: the evidence of training images. */
  setTrainingEvidence(evidence: ArrayLike<number>): void {
    const sorted = Float64Array.from(evidence).sort();
    const quantiles = Array.from(
      { length: QUANTILE_COUNT },
      (_, i) => sorted[Math.round((i / (QUANTILE_COUNT - 1)) * (sorted.length - 1))],
    );
    tf.tidy(() => this.params.set(QUANTILES, quantiles));
  }

  private encodingOf({ count, theta, spread }: ClassExplanations, classes: ArrayLike<number>): ClassEncoding {
    const { numClasses, options } = this;
    const { shape, latentDim } = options;
    const chosen = Int32Array.from(classes);
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
    return { count, content, contentScale, classes: chosen, angle, shift };
  }

  /** Class probabilities [count, K] of what was explained. */
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

  private templatePriors(): TemplatePriors {
    const { shape, shiftPrior = 0.1, anglePrior } = this.options;
    const sigma = this.params.get('likelihood.sigma').dataSync()[0];
    const [height, width] = shape.map((n) => ((shiftPrior as number) * (n - 1)) / n);
    return {
      ...{ sigma, bending: this.templates.bending, displacement: [width, height] },
      angle: anglePenalty(anglePrior ?? 'uniform'),
    };
  }

  private blurredImages(x: tf.Tensor, pixels: number): tf.Tensor {
    const { shape, channels } = this.options;
    return tf.reshape(blurred(tf.reshape(x, [x.shape[0] * channels, ...shape]), pixels), x.shape);
  }
}

/** log of the sum over classes of rows [count, K]: [count]. */
function totalEvidence(evidence: Float64Array, classes: number): Float64Array {
  return Float64Array.from({ length: evidence.length / classes }, (_, i) => {
    const row = evidence.subarray(i * classes, (i + 1) * classes);
    const most = Math.max(...row);
    return most + Math.log(row.reduce((sum, e) => sum + Math.exp(e - most), 0));
  });
}
