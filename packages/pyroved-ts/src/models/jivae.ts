/** The joint model: an iVAE with a discrete class latent, inferred without labels. */
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
import type { ImageSet, StreamedSet } from '../data/index.js';
import type { OptionTable } from '../options.js';
import { checkClasses } from '../sizes.js';
import { type EnumerateClasses, enumerationTable, inferClasses } from './classes.js';
import type { ModelOptions } from './options.js';
import type { KlWeight, Terms } from './programs.js';
import {
  type Condition,
  type ConditionRows,
  classRows,
  eachClass,
  type NetworkCondition,
} from './queries/condition.js';
import type { Encoding } from './queries/host.js';
import { type Classified, classified } from './queries/uncertainty.js';
import { type Inferred, InvariantVAE, type Predictor } from './vae.js';

/** Options of a `JIVAE`. */
export interface JointOptions extends ModelOptions, EnumerateClasses {
  /** Number of classes to find. */
  readonly numClasses: number;
}

const ownTable = {
  numClasses: { required: true },
  ...enumerationTable,
} satisfies OptionTable<Omit<JointOptions, keyof ModelOptions>>;

/** Weights of the terms of the joint objective. */
export interface JointTerms extends Omit<Terms, 'klWeight'> {
  /** Weight of both Kullback-Leibler terms, or separate weights for content and pose, and for the class. @default 1 */
  readonly klWeight?: KlWeight | { readonly content?: KlWeight; readonly discrete?: KlWeight };
}

/** Content, pose and class probabilities inferred for each image. */
export interface JointEncoding extends Encoding, Classified {}

/**
 * c ~ Categorical(1/K), z ~ N(0, 1), x ~ likelihood(decoder(pose(z), content(z), c)); q(z | x) and q(c | x) from one
 * encoder, with c summed out exactly. Sites: "latent_cont" (pose and content together), "latent_disc", "obs", and
 * "angle" where the angle prior has its own site.
 * @see `pyroved.models.jiVAE`; Dupont 2018, "Learning disentangled joint continuous and discrete representations".
 * @example
 * const vae = new JIVAE({ shape: [28, 28], numClasses: 4, invariances: ['r'] });
 * await new UnsupervisedTrainer(vae, { images }, { klWeight: 'max(3, 40 - epoch)', discreteKlWeight: 3 }).train();
 * const { classes, entropy } = vae.classify(images);
 */
export class JIVAE extends InvariantVAE<{ readonly classes: number | ArrayLike<number> }> {
  override readonly kind = 'jiVAE';
  override readonly numClasses: number;
  private readonly inferClass: InferConfig;

  constructor(options: JointOptions) {
    const { numClasses, ...enumerate } = options;
    checkClasses('jiVAE', 'numClasses', numClasses);
    const inferClass = inferClasses('jiVAE', numClasses, enumerate);
    const exactBins = enumerate.enumerate === 'sum-and-sample' ? { exactBins: 1 } : {};
    super(options, { owner: 'jiVAE', ownTable, condition: 0, discrete: numClasses, nets: {}, ...exactBins });
    this.numClasses = numClasses;
    this.inferClass = inferClass;
  }

  /** p(x, z, c). x: images [B, channels * points]; y is ignored, so that all models have the same signature. */
  readonly model = (x: tf.Tensor, _y?: tf.Tensor, terms: JointTerms = {}): void => {
    const weights = termWeights(terms);
    this.images(x, () => {
      const { content, pose } = this.modelLatents('latent_cont', { klWeight: weights.content });
      const prior = oneHotCategorical({ logits: tf.zeros([this.numClasses]) });
      const drawn = scale.with(weights.discrete, () => sample('latent_disc', prior));
      this.observe('obs', [content, this.fromSite(drawn, 1)], pose, x);
    });
  };

  /** q(z | x) q(c | x). */
  readonly guide = (x: tf.Tensor, _y?: tf.Tensor, terms: JointTerms = {}): void => {
    const weights = termWeights(terms);
    this.images(x, () => {
      const { discrete } = this.guideLatents('latent_cont', [x], { klWeight: weights.content });
      const found = oneHotCategorical({ logits: this.toSite(logitsOf(discrete)) });
      scale.with(weights.discrete, () => sample('latent_disc', found, { infer: this.inferClass }));
    });
  };

  /** The objective for training these programs. */
  override elbo(): ELBO {
    return new TraceEnumELBO({ maxPlateNesting: this.plateNesting });
  }

  /** Class probabilities. The classes are numbered arbitrarily; decode one image of each to see what it stands for. */
  classify(set: ImageSet | StreamedSet): Classified {
    const { probabilities } = this.onBatches(set, (x) => ({
      probabilities: tf.softmax(logitsOf(module('encoder_z', this.encoder)([x]).discrete)),
    }));
    return classified(probabilities, this.numClasses);
  }

  /** Only the decoder is conditioned on the class; the encoder infers it. */
  override networkConditions(net: 'encoder' | 'decoder'): NetworkCondition[] {
    return net === 'decoder' ? [{ name: 'class', numClasses: this.numClasses }] : [];
  }

  override predictor(): Predictor {
    const predict = (x: tf.Tensor): tf.Tensor => tf.softmax(logitsOf(module('encoder_z', this.encoder)([x]).discrete));
    return { name: 'classifier', output: 'probabilities', predict };
  }

  override infer(set: ImageSet | StreamedSet): Inferred {
    const encoding = this.encode(set);
    return { encoding, classified: encoding };
  }

  /** Infers content, pose and class probabilities of each image. */
  override encode(set: ImageSet | StreamedSet): JointEncoding {
    return { ...this.encodeImages(set, (x) => [x]), ...this.classify(set) };
  }

  protected override conditionRows({ classes }: Condition, count: number): ConditionRows {
    return classRows(eachClass('jiVAE', classes, count), this.numClasses);
  }
}

function termWeights({ klWeight = 1 }: JointTerms): { content: KlWeight; discrete: KlWeight } {
  if (typeof klWeight === 'number' || klWeight instanceof tf.Tensor) return { content: klWeight, discrete: klWeight };
  const { content = 1, discrete = 1 } = klWeight;
  return { content, discrete };
}

function logitsOf(discrete: tf.Tensor | undefined): tf.Tensor {
  if (discrete) return discrete;
  throw new OptionError('The encoder of a jiVAE must return class logits as "discrete"; this one returns none.');
}
