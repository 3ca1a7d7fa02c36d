/** The semi-supervised model: as iVAE, with a class beside the content, known for a few images and inferred for the rest. */
import * as tf from '@tensorflow/tfjs';
import {
  type ELBO,
  type InferConfig,
  module,
  OptionError,
  oneHotCategorical,
  sample,
  scale,
  TraceEnumELBO,
} from 'pyro-ts';
import { type ImageSet, oneHot, type StreamedSet } from '../data/index.js';
import { type ClassifierNet, fcClassifier } from '../nets/index.js';
import { circularMeans, type Encoding, type PoseRows } from './asked/host.js';
import { type Manifold, type ManifoldOptions, manifold } from './asked/manifold.js';
import { checkWidths, type ModelOptions, modelOptionKeys } from './options.js';
import type { Terms } from './programs.js';
import { InvariantVAE } from './vae.js';

export interface SemiSupervisedOptions extends ModelOptions {
  readonly numClasses: number;
  /** Widths of the classifier's hidden layers; [128, 128]. */
  readonly hiddenClassifier?: readonly number[];
  /** Prior probability of each class; all alike when left out. */
  readonly classPrior?: readonly number[];
  /** Sum over all classes ("parallel", the default), or over the likeliest `exactClasses` and one weighted draw of the rest. */
  readonly enumerate?: 'parallel' | 'sum-and-sample';
  /** With "sum-and-sample"; 1. */
  readonly exactClasses?: number;
  /** A network of one's own in place of the fully connected classifier. */
  readonly classifier?: ClassifierNet;
}

const optionKeys: readonly (keyof SemiSupervisedOptions)[] = [
  ...modelOptionKeys,
  'numClasses',
  'hiddenClassifier',
  'classPrior',
  'enumerate',
  'exactClasses',
  'classifier',
];

/** Weights of the terms of the semi-supervised objective. */
export interface SemiSupervisedTerms extends Terms {
  /** Weight of the classifier's log-likelihood on labelled images; 20, as in pyroVED. */
  readonly auxLossMultiplier?: number;
}

/** What the guide says of each image, with the class that it was told or took for the likeliest. */
export interface ClassEncoding extends Encoding {
  readonly classes: Int32Array;
}

export interface Classified {
  /** [count, numClasses]; each row adds to 1. */
  readonly probabilities: Float32Array;
  /** The likeliest class of each image. */
  readonly classes: Int32Array;
}

/**
 * y ~ Categorical(classPrior), z ~ N(0, 1), x ~ likelihood(decoder(pose(z), content(z), y)); q(y | x) from the classifier, q(z | x, y) from the
 * encoder, with y summed out where it is not known. Sites: "z", "y", "x", "angle" where the angle prior has a site of its own, "angle_bin"
 * where the guide has bins, and "y_aux" in the auxiliary program. Source: `pyroved.models.ssiVAE`; Kingma et al. 2014, model M2; Ziatdinov et al. 2024.
 */
export class SSIVAE extends InvariantVAE {
  readonly kind = 'ssiVAE';
  readonly numClasses: number;
  private readonly classifier: ClassifierNet;
  private readonly logPrior: number[];
  private readonly inferClass: InferConfig;

  constructor(options: SemiSupervisedOptions) {
    const classifier = options.classifier ?? classifierFor(options);
    const { numClasses, enumerate = 'parallel', exactClasses = 1 } = options;
    super(options, {
      owner: 'ssiVAE',
      optionKeys,
      condition: numClasses,
      nets: { encoder_y: classifier },
      // Where classes are sampled, every pair of class and bin would still be many.
      ...(enumerate === 'sum-and-sample' && { exactBins: 1 }),
    });
    this.numClasses = numClasses;
    this.classifier = classifier;
    this.logPrior = logPrior(options);
    this.inferClass = inferConfig(numClasses, enumerate, exactClasses);
  }

  /** p(x, y, z). x: images [B, channels * points]; y: classes as one-hot rows [B, K], latent when left out. */
  readonly model = (x: tf.Tensor, y?: tf.Tensor, terms: SemiSupervisedTerms = {}): void => {
    this.images(x, () => {
      const { content, pose } = this.modelLatents('z', terms);
      const prior = oneHotCategorical({ logits: this.logPrior });
      const drawn = sample('y', prior, y === undefined ? {} : { obs: this.toSite(y) });
      this.observe('x', [content, this.fromSite(drawn, 1)], pose, x);
    });
  };

  /** q(y | x) q(z | x, y), without the first where y is given. */
  readonly guide = (x: tf.Tensor, y?: tf.Tensor, terms: SemiSupervisedTerms = {}): void => {
    this.images(x, () => this.guideLatents('z', [x, y ?? this.guideClass(x)], terms));
  };

  /** The auxiliary program: log q(y | x) of known classes, weighted; nothing where y is left out. It needs no guide. */
  readonly auxModel = (x: tf.Tensor, y?: tf.Tensor, { auxLossMultiplier = 20 }: SemiSupervisedTerms = {}): void => {
    if (y === undefined) return;
    this.images(x, () => {
      const logits = module('encoder_y', this.classifier)(x);
      scale.with(auxLossMultiplier, () =>
        sample('y_aux', oneHotCategorical({ logits: this.toSite(logits) }), { obs: this.toSite(y) }),
      );
    });
  };

  /** Model and auxiliary program in one: what one joint step is taken on. */
  readonly jointModel = (x: tf.Tensor, y?: tf.Tensor, terms: SemiSupervisedTerms = {}): void => {
    this.model(x, y, terms);
    this.auxModel(x, y, terms);
  };

  /** The objective that these programs are trained on. */
  override elbo(): ELBO {
    return new TraceEnumELBO({ maxPlateNesting: this.plateNesting, strictEnumerationWarning: false });
  }

  private guideClass(x: tf.Tensor): tf.Tensor {
    const logits = module('encoder_y', this.classifier)(x);
    return this.fromSite(
      sample('y', oneHotCategorical({ logits: this.toSite(logits) }), { infer: this.inferClass }),
      1,
    );
  }

  /** Class probabilities, from the classifier alone. */
  classify(set: ImageSet | StreamedSet): Classified {
    const { probabilities } = this.onBatches(set, (x) => ({
      probabilities: tf.softmax(module('encoder_y', this.classifier)(x)),
    }));
    return { probabilities, classes: likeliest(probabilities, this.numClasses) };
  }

  /** What the guide says of each image, given `classes` (the likeliest ones when left out). */
  encode(set: ImageSet | StreamedSet, classes: ArrayLike<number> = this.classify(set).classes): ClassEncoding {
    const rows = this.classRows(classes, set.count);
    return { ...this.encodeImages(set, (x, from) => [x, rows(from, x.shape[0])]), classes: Int32Array.from(classes) };
  }

  /** Images from content [count, latentDim] (row major) and the class of all or of each, in the upright pose unless one is given. */
  decode(
    content: Float32Array | readonly number[],
    { classes, ...pose }: PoseRows & { readonly classes: number | ArrayLike<number> },
  ): ImageSet {
    const count = content.length / this.options.latentDim;
    const rows = this.classRows(typeof classes === 'number' ? new Array<number>(count).fill(classes) : classes, count);
    return this.decodeRows(Float32Array.from(content), pose, (from, size) => [rows(from, size)]);
  }

  /** Each image as the model sees it: in its own pose, or upright. */
  reconstruct(set: ImageSet | StreamedSet, { upright = false } = {}): ImageSet {
    const { content, classes, angle, shift, scale: size } = this.encode(set);
    return this.decode(content, upright ? { classes } : { classes, angle, shift, scale: size });
  }

  /** Images of class `of` over a grid of the first two content latents. */
  manifold({ of, ...options }: ManifoldOptions & { readonly of: number }): Manifold {
    const { latentDim } = this.options;
    return manifold(latentDim, options, (content, pose) => this.decode(content, { ...pose, classes: of }));
  }

  /**
   * The mean inferred angle of the labelled images of each class, in radians: what "upright" means for that class, as the model's own zero is
   * arbitrary. NaN for classes without an image.
   */
  classAngles(labelled: ImageSet | StreamedSet): Float32Array {
    const { angle } = this.encode(labelled, labelled.labels);
    if (!angle || !labelled.labels) {
      throw new OptionError('classAngles needs a model that is invariant to rotation and images with labels.');
    }
    return circularMeans(angle, labelled.labels, this.numClasses);
  }

  /** Rows from..from+size of the one-hot matrix of `classes`. */
  private classRows(classes: ArrayLike<number>, count: number): (from: number, size: number) => tf.Tensor {
    if (classes.length !== count) throw new OptionError(`There are ${classes.length} classes for ${count} images.`);
    const all = oneHot(classes, this.numClasses);
    const k = this.numClasses;
    return (from, size) => tf.tensor2d(all.slice(from * k, (from + size) * k), [size, k]);
  }
}

function classifierFor(options: SemiSupervisedOptions): ClassifierNet {
  const { shape, channels = 1, numClasses, hiddenClassifier = [128, 128], activation = 'tanh' } = options;
  if (!Number.isInteger(numClasses) || numClasses < 2) {
    throw new OptionError(`ssiVAE: numClasses is a whole number of at least 2, not ${numClasses}.`);
  }
  checkWidths('ssiVAE', 'hiddenClassifier', hiddenClassifier);
  const input = shape.reduce((n, d) => n * d, channels);
  return fcClassifier({ input, hidden: hiddenClassifier, activation, numClasses });
}

function logPrior({ numClasses, classPrior }: SemiSupervisedOptions): number[] {
  const prior = classPrior ?? new Array<number>(numClasses).fill(1 / numClasses);
  const total = prior.reduce((a, b) => a + b, 0);
  if (prior.length !== numClasses || !prior.every((p) => p > 0) || !Number.isFinite(total)) {
    throw new OptionError(
      `ssiVAE: classPrior is a list of ${numClasses} positive numbers, not ${JSON.stringify(classPrior)}.`,
    );
  }
  return prior.map((p) => Math.log(p / total));
}

function inferConfig(numClasses: number, enumerate: string, exactClasses: number): InferConfig {
  if (enumerate === 'parallel') return { enumerate, expand: false };
  if (enumerate !== 'sum-and-sample') {
    throw new OptionError(`ssiVAE: enumerate is "${enumerate}"; it can be "parallel" or "sum-and-sample".`);
  }
  if (!Number.isInteger(exactClasses) || exactClasses < 1 || exactClasses > numClasses) {
    throw new OptionError(`ssiVAE: exactClasses is a whole number from 1 to ${numClasses}, not ${exactClasses}.`);
  }
  return { enumerate, exactClasses };
}

function likeliest(probabilities: Float32Array, numClasses: number): Int32Array {
  return Int32Array.from({ length: probabilities.length / numClasses }, (_, i) => {
    const row = probabilities.subarray(i * numClasses, (i + 1) * numClasses);
    return row.indexOf(row.reduce((a, b) => Math.max(a, b)));
  });
}
