/** The semi-supervised model: as iVAE, with a class beside the content, known for a few images and inferred for the rest. */
import * as tf from '@tensorflow/tfjs';
import {
  type ELBO,
  type InferConfig,
  module,
  type Net,
  OptionError,
  oneHotCategorical,
  sample,
  scale,
  TraceEnumELBO,
} from 'pyro-ts';
import type { ImageSet, StreamedSet } from '../data/index.js';
import {
  type ClassifierNet,
  type ClassifierSlot,
  classifierOfViews,
  fcClassifier,
  ownClassifier,
} from '../nets/index.js';
import type { PosePart } from '../priors/index.js';
import { checkClasses, checkWeights } from '../sizes.js';
import { type EnumerateClasses, inferClasses } from './classes.js';
import { CLASS_PRIOR, type ClassPrior, classPriorNet, countedProbs } from './classPrior.js';
import { checkShape, checkWidths, type ModelOptions, modelOptionKeys } from './options.js';
import type { AnyNet, Terms } from './programs.js';
import {
  type Condition,
  type ConditionRows,
  classRows,
  eachClass,
  type NetworkCondition,
} from './queries/condition.js';
import { circularMeans, type Encoding } from './queries/host.js';
import { type Classified, classified } from './queries/uncertainty.js';
import type { RecognitionOptions } from './recognitionOptions.js';
import type { TemplateOptions } from './templateOptions.js';
import { type Inferred, InvariantVAE, type Predictor } from './vae.js';
import { viewsOf } from './views.js';

export interface SemiSupervisedOptions extends ModelOptions, EnumerateClasses {
  readonly numClasses: number;
  /** Widths of the classifier's hidden layers; [128, 128]. */
  readonly hiddenClassifier?: readonly number[];
  /** How frequent each class is; "uniform". "counts" is set by the trainer, from its labelled images. */
  readonly classPrior?: ClassPrior;
  /** In place of the fully connected classifier: `convNet({ ... })`, a custom network or a `tf.LayersModel`. */
  readonly classifier?: ClassifierSlot;
  /**
   * Recognise class and pose from rotated views, and learn both from labelled images at known poses: see `RecognitionSSIVAE`, the class that
   * `ssiVAE`, `ssrVAE` and runs then make. @default none: a classifier of the image as it is
   */
  readonly recognition?: RecognitionOptions;
  /** With decoder "template": how its pictures may be deformed. */
  readonly templates?: TemplateOptions;
  /** With decoder "template": pictures of each class, for classes that no single one describes. @default 1 */
  readonly templatesPerClass?: number;
}

const optionKeys: readonly (keyof SemiSupervisedOptions)[] = [
  ...modelOptionKeys,
  'numClasses',
  'hiddenClassifier',
  'classPrior',
  'enumerate',
  'exactClasses',
  'classifier',
  'recognition',
  'templates',
  'templatesPerClass',
];

/** What a subclass puts in place of the classifier. */
export interface ClassNetworks {
  /** q(class | image). */
  readonly classifier: ClassifierNet;
  /** The network that it is computed from, whose weights are kept. @default the classifier */
  readonly net?: AnyNet;
  readonly poseParts?: readonly PosePart[];
}

/** Weights of the terms of the semi-supervised objective. */
export interface SemiSupervisedTerms extends Terms {
  /** Weight of the classifier's log-likelihood on labelled images; 20, as in pyroVED. */
  readonly auxLossMultiplier?: number;
}

/** What the guide says of each image, with the class that it was told or took for the likeliest. */
export interface ClassEncoding extends Encoding {
  readonly classes: Int32Array;
}

/**
 * y ~ Categorical(classPrior), z ~ N(0, 1), x ~ likelihood(decoder(pose(z), content(z), y)); q(y | x) from the classifier, q(z | x, y) from the
 * encoder, with y summed out where it is not known. Sites: "z", "y", "x", "angle" where the angle prior has a site of its own, "angle_bin" where the guide has bins,
 * and "y_aux" in the auxiliary program. Source: `pyroved.models.ssiVAE`; Kingma et al. 2014, model M2; Ziatdinov et al. 2024.
 */
export class SSIVAE extends InvariantVAE<{ readonly classes: number | ArrayLike<number> }> {
  readonly kind = 'ssiVAE';
  readonly numClasses: number;
  /** Whether the classes' prior is to be counted from labels: see `countClasses`. */
  readonly countsClasses: boolean;
  protected readonly classifier: ClassifierNet;
  protected readonly prior: Net<[], tf.Tensor>;
  protected readonly inferClass: InferConfig;

  /** @param networks another network of the class, and other parts of the pose, than the options describe: of subclasses. */
  constructor(options: SemiSupervisedOptions, networks: ClassNetworks = { classifier: classifierFor(options) }) {
    const { classifier, net = classifier, poseParts } = networks;
    const { numClasses, enumerate, templates, templatesPerClass } = options;
    if (templates !== undefined || templatesPerClass !== undefined) {
      throw new OptionError('templates and templatesPerClass belong to decoder "template" with recognition.');
    }
    // With recognition it has been checked already.
    checkClasses('ssiVAE', 'numClasses', numClasses, options.recognition ? 1 : 2);
    const prior = classPriorNet('ssiVAE', numClasses, options.classPrior ?? 'uniform');
    super(options, {
      owner: 'ssiVAE',
      optionKeys,
      condition: numClasses,
      nets: { encoder_y: net, [CLASS_PRIOR]: prior },
      ...(poseParts && { poseParts }),
      // Where classes are sampled, every pair of class and bin would still be many.
      ...(enumerate === 'sum-and-sample' && { exactBins: 1 }),
    });
    this.numClasses = numClasses;
    this.classifier = classifier;
    this.prior = prior;
    this.countsClasses = options.classPrior === 'counts';
    this.inferClass = inferClasses('ssiVAE', numClasses, options);
  }

  /** p(x, y, z). x: images [B, channels * points]; y: classes as one-hot rows [B, K], latent by default. */
  readonly model = (x: tf.Tensor, y?: tf.Tensor, terms: SemiSupervisedTerms = {}): void => {
    this.images(x, () => {
      const { content, pose } = this.modelLatents('z', terms);
      const prior = oneHotCategorical({ logits: module(CLASS_PRIOR, this.prior)() });
      const drawn = sample('y', prior, y === undefined ? {} : { obs: this.toSite(y) });
      this.observe('x', [content, this.fromSite(drawn, 1)], pose, x);
    });
  };

  /** q(y | x) q(z | x, y), without the first where y is given. */
  readonly guide = (x: tf.Tensor, y?: tf.Tensor, terms: SemiSupervisedTerms = {}): void => {
    this.images(x, () => this.guideLatents('z', [x, y ?? this.guideClass(x)], terms));
  };

  /** The auxiliary program: log q(y | x) of known classes, weighted; nothing where y is omitted. It needs no guide. */
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

  /** The classes' prior probabilities, [numClasses]; where they are learned, as they are now. */
  classPrior(): Float32Array {
    return tf.tidy(() =>
      this.params.run(() => tf.exp(module(CLASS_PRIOR, this.prior)()).dataSync<'float32'>().slice() as never),
    ) as Float32Array;
  }

  /** With classPrior "counts": makes the prior the share of each class among `labels`, each counted once more. A trainer does this. */
  countClasses(labels: ArrayLike<number>): void {
    if (!this.countsClasses) {
      throw new OptionError('countClasses belongs to classPrior "counts". Make the model with that prior.');
    }
    this.params.set(`${CLASS_PRIOR}.probs`, countedProbs(labels, this.numClasses));
  }

  private guideClass(x: tf.Tensor): tf.Tensor {
    const logits = module('encoder_y', this.classifier)(x);
    return this.fromSite(
      sample('y', oneHotCategorical({ logits: this.toSite(logits) }), { infer: this.inferClass }),
      1,
    );
  }

  /** Logits of q(class | image) for images x [B, channels * points]: [B, K]. Inside `params.run`. */
  classLogits(x: tf.Tensor): tf.Tensor {
    return module('encoder_y', this.classifier)(x);
  }

  /** Class probabilities and how far they can be relied on, from the classifier alone. */
  classify(set: ImageSet | StreamedSet): Classified {
    const { probabilities } = this.onBatches(set, (x) => ({ probabilities: tf.softmax(this.classLogits(x)) }));
    return classified(probabilities, this.numClasses);
  }

  /** What the guide says of each image, given `classes` (by default the likeliest ones). */
  encode(set: ImageSet | StreamedSet, classes: ArrayLike<number> = this.classify(set).classes): ClassEncoding {
    const rows = this.conditionRows({ classes }, set.count);
    return {
      ...this.encodeImages(set, (x, from) => [x, ...rows(from, x.shape[0])]),
      classes: Int32Array.from(classes),
    };
  }

  override networkConditions(): NetworkCondition[] {
    return [{ name: 'class', numClasses: this.numClasses }];
  }

  override predictor(): Predictor {
    return { name: 'classifier', output: 'probabilities', predict: (x) => tf.softmax(this.classLogits(x)) };
  }

  override infer(set: ImageSet | StreamedSet): Inferred {
    const found = this.classify(set);
    return { encoding: this.encode(set, found.classes), classified: found };
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

  /** The classes of the labelled images at `indices` as the programs take them: one-hot rows [B, K]. */
  known(set: ImageSet | StreamedSet, indices: ArrayLike<number>): tf.Tensor {
    const labels = Int32Array.from(indices, (i) => set.labels?.[i] ?? -1);
    return classRows(labels, this.numClasses)(0, indices.length)[0];
  }

  protected conditionRows({ classes }: Condition, count: number): ConditionRows {
    return classRows(eachClass('ssiVAE', classes, count), this.numClasses);
  }
}

function classifierFor(options: SemiSupervisedOptions): ClassifierNet {
  checkShape('ssiVAE', 'shape', options.shape);
  const { numClasses } = options;
  checkClasses('ssiVAE', 'numClasses', numClasses);
  const views = viewsOf(options);
  const net = classifierOfImages(options);
  return views ? classifierOfViews(net, views) : net;
}

function classifierOfImages(options: SemiSupervisedOptions): ClassifierNet {
  const { shape, channels = 1, numClasses, hiddenClassifier = [128, 128], activation = 'tanh', classifier } = options;
  if (classifier)
    return ownClassifier(classifier, { owner: 'ssiVAE: classifier', shape, channels, outputs: numClasses });
  checkWidths('ssiVAE', 'hiddenClassifier', hiddenClassifier);
  const input = shape.reduce((n, d) => n * d, channels);
  checkWeights('ssiVAE', 'hiddenClassifier', [input, ...hiddenClassifier, numClasses]);
  return fcClassifier({ input, hidden: hiddenClassifier, activation, numClasses });
}
