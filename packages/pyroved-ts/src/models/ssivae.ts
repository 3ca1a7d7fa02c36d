/** The semi-supervised model: an iVAE with a class, known for a few images and inferred for the others. */
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
import { type ClassifierNet, type ClassifierSlot, fcClassifier } from '../nets/index.js';
import { ownClassifier } from '../nets/own.js';
import { classifierOfViews } from '../nets/views.js';
import { checkOptions, layerWidths, type OptionTable, withDefaults } from '../options.js';
import type { PosePart } from '../priors/index.js';
import { checkClasses, checkWeights } from '../sizes.js';
import { type EnumerateClasses, enumerationTable, inferClasses } from './classes.js';
import { CLASS_PRIOR, type ClassPrior, classPriorNet, countedProbs } from './classPrior.js';
import { type ModelOptions, modelTable } from './options.js';
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

/** Options of an `SSIVAE`, a `RecognitionSSIVAE` or a `TemplateSSIVAE`. */
export interface SemiSupervisedOptions extends ModelOptions, EnumerateClasses {
  /** Number of classes. */
  readonly numClasses: number;
  /** Widths of the classifier's hidden layers. @default [128, 128] */
  readonly hiddenClassifier?: readonly number[];
  /** Prior over classes. With "counts", the trainer sets it from the labelled images. @default 'uniform' */
  readonly classPrior?: ClassPrior;
  /** Replaces the fully connected classifier: `convNet({ ... })`, a custom network or a `tf.LayersModel`. */
  readonly classifier?: ClassifierSlot;
  /**
   * Recognise class and pose from rotated views, trained on labelled images at known poses. `ssiVAE`, `ssrVAE` and runs
   * then construct a `RecognitionSSIVAE`.
   * @default none: the classifier sees the unchanged image
   */
  readonly recognition?: RecognitionOptions;
  /** With decoder "template": options of the deformation field. */
  readonly templates?: TemplateOptions;
  /**
   * With decoder "template": number of pictures of each class, for classes that one picture cannot describe.
   * @default 1
   */
  readonly templatesPerClass?: number;
}

const ownTable = {
  numClasses: { required: true },
  hiddenClassifier: { default: [128, 128] as readonly number[], ...layerWidths },
  classPrior: { default: 'uniform' as ClassPrior },
  ...enumerationTable,
  classifier: {},
  recognition: {},
  templates: {},
  templatesPerClass: {},
} satisfies OptionTable<Omit<SemiSupervisedOptions, keyof ModelOptions>>;

/** Networks of a subclass that replace the classifier. */
export interface ClassNetworks {
  /** q(class | image). */
  readonly classifier: ClassifierNet;
  /** The network that holds the classifier's weights. @default the classifier */
  readonly net?: AnyNet;
  readonly poseParts?: readonly PosePart[];
}

/** Weights of the terms of the semi-supervised objective. */
export interface SemiSupervisedTerms extends Terms {
  /** Weight of the classifier's log-likelihood of labelled images. @default 20, as in pyroVED */
  readonly auxLossMultiplier?: number;
}

/** The latents inferred for each image, with its known or likeliest class. */
export interface ClassEncoding extends Encoding {
  readonly classes: Int32Array;
}

/**
 * y ~ Categorical(classPrior), z ~ N(0, 1), x ~ likelihood(decoder(pose(z), content(z), y)); q(y | x) from the
 * classifier, q(z | x, y) from the encoder, with y summed out if it is unknown. Sites: "z", "y", "x", "angle" where the
 * angle prior has its own site, "angle_bin" where the guide has bins, and "y_aux" in the auxiliary program.
 * @see `pyroved.models.ssiVAE`; Kingma et al. 2014, model M2; Ziatdinov et al. 2024.
 * @example
 * const model = new SSIVAE({ shape: [48, 48], numClasses: 4, invariances: ['r', 't'] });
 * await new SemiSupervisedTrainer(model, { unlabelled, labelled }, { epochs: 50 }).train();
 * const { classes, probabilities } = model.classify(images);
 */
export class SSIVAE extends InvariantVAE<{ readonly classes: number | ArrayLike<number> }> {
  override readonly kind = 'ssiVAE';
  override readonly isSemiSupervised = true;
  override readonly numClasses: number;
  /** Whether the prior over classes is counted from labels; see `countClasses`. */
  readonly countsClasses: boolean;
  protected readonly classifier: ClassifierNet;
  protected readonly prior: Net<[], tf.Tensor>;
  protected readonly inferClass: InferConfig;

  /** @param networks of a subclass, which replace the classifier and the parts of the pose */
  constructor(options: SemiSupervisedOptions, networks: ClassNetworks = { classifier: classifierFor(options) }) {
    const { classifier, net = classifier, poseParts } = networks;
    const { numClasses, enumerate, templates, templatesPerClass } = options;
    if (templates !== undefined || templatesPerClass !== undefined) {
      throw new OptionError('templates and templatesPerClass require decoder "template" with recognition.');
    }
    // With recognition, `checkRecognition` has already checked it.
    checkClasses('ssiVAE', 'numClasses', numClasses, options.recognition ? 1 : 2);
    const prior = classPriorNet('ssiVAE', numClasses, withDefaults(options, ownTable).classPrior);
    super(options, {
      owner: 'ssiVAE',
      ownTable,
      condition: numClasses,
      nets: { encoder_y: net, [CLASS_PRIOR]: prior },
      ...(poseParts && { poseParts }),
      // With sampled classes, summing over all bins would still be expensive.
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

  /** q(y | x) q(z | x, y), without the first factor if y is passed. */
  readonly guide = (x: tf.Tensor, y?: tf.Tensor, terms: SemiSupervisedTerms = {}): void => {
    this.images(x, () => this.guideLatents('z', [x, y ?? this.guideClass(x)], terms));
  };

  /**
   * The auxiliary program: the weighted log q(y | x) of known classes; it is empty if y is omitted. It needs no guide.
   */
  readonly auxModel = (x: tf.Tensor, y?: tf.Tensor, { auxLossMultiplier = 20 }: SemiSupervisedTerms = {}): void => {
    if (y === undefined) return;
    this.images(x, () => {
      const logits = module('encoder_y', this.classifier)(x);
      scale.with(auxLossMultiplier, () =>
        sample('y_aux', oneHotCategorical({ logits: this.toSite(logits) }), { obs: this.toSite(y) }),
      );
    });
  };

  /** The model and the auxiliary program in one, for a joint step. */
  readonly jointModel = (x: tf.Tensor, y?: tf.Tensor, terms: SemiSupervisedTerms = {}): void => {
    this.model(x, y, terms);
    this.auxModel(x, y, terms);
  };

  /** The objective for training these programs. */
  override elbo(): ELBO {
    return new TraceEnumELBO({ maxPlateNesting: this.plateNesting, strictEnumerationWarning: false });
  }

  /** The prior probabilities of the classes, [numClasses]; the current values if they are learned. */
  classPrior(): Float32Array {
    return tf.tidy(() =>
      this.params.run(() => tf.exp(module(CLASS_PRIOR, this.prior)()).dataSync<'float32'>().slice() as never),
    ) as Float32Array;
  }

  /**
   * With classPrior "counts": sets the prior to the frequency of each class in `labels`, with one added to each count.
   * Called by the trainer.
   * @throws {OptionError} when the model has another prior.
   */
  countClasses(labels: ArrayLike<number>): void {
    if (!this.countsClasses) {
      throw new OptionError('countClasses requires a model with classPrior "counts".');
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

  /** Logits of q(class | image) for images x [B, channels * points]: [B, K]. Call inside `params.run`. */
  classLogits(x: tf.Tensor): tf.Tensor {
    return module('encoder_y', this.classifier)(x);
  }

  /** Class probabilities and their uncertainty, from the classifier. */
  classify(set: ImageSet | StreamedSet): Classified {
    const { probabilities } = this.onBatches(set, (x) => ({ probabilities: tf.softmax(this.classLogits(x)) }));
    return classified(probabilities, this.numClasses);
  }

  /** Infers the latents of each image given `classes` (by default the likeliest ones). */
  override encode(set: ImageSet | StreamedSet, classes: ArrayLike<number> = this.classify(set).classes): ClassEncoding {
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
   * The mean inferred angle of the labelled images of each class, in radians; of a class whose objects look the same at several angles, that of one of them. It
   * defines "upright" for that class, since the zero of the model's angles is arbitrary. NaN for classes without images.
   * @throws {OptionError} when the model is not invariant to rotation or the images have no labels.
   */
  classAngles(labelled: ImageSet | StreamedSet): Float32Array {
    const { angle } = this.encode(labelled, labelled.labels);
    if (!angle || !labelled.labels) {
      throw new OptionError('classAngles requires a model that is invariant to rotation, and labelled images.');
    }
    return circularMeans(angle, labelled.labels, this.numClasses);
  }

  /** The classes of the labelled images at `indices` as one-hot rows [B, K]. */
  known(set: ImageSet | StreamedSet, indices: ArrayLike<number>): tf.Tensor {
    const labels = Int32Array.from(indices, (i) => set.labels?.[i] ?? -1);
    return classRows(labels, this.numClasses)(0, indices.length)[0];
  }

  protected override conditionRows({ classes }: Condition, count: number): ConditionRows {
    return classRows(eachClass('ssiVAE', classes, count), this.numClasses);
  }
}

function classifierFor(options: SemiSupervisedOptions): ClassifierNet {
  checkOptions('ssiVAE', options, { ...modelTable, ...ownTable });
  const { numClasses } = options;
  checkClasses('ssiVAE', 'numClasses', numClasses);
  const views = viewsOf(options);
  const net = classifierOfImages(options);
  return views ? classifierOfViews(net, views) : net;
}

function classifierOfImages(options: SemiSupervisedOptions): ClassifierNet {
  const all = withDefaults(options, { ...modelTable, ...ownTable });
  const { shape, channels, numClasses, hiddenClassifier, activation, classifier } = all;
  if (classifier)
    return ownClassifier(classifier, { owner: 'ssiVAE: classifier', shape, channels, outputs: numClasses });
  const input = shape.reduce((n, d) => n * d, channels);
  checkWeights('ssiVAE', 'hiddenClassifier', [input, ...hiddenClassifier, numClasses]);
  return fcClassifier({ input, hidden: hiddenClassifier, activation, numClasses });
}
