/** The semi-supervised model that recognises class and pose jointly, trained on labelled images at random poses. */
import * as tf from '@tensorflow/tfjs';
import { type ELBO, module, normal, oneHotCategorical, sample, scale, TraceELBO, TraceEnumELBO } from 'pyro-ts';
import { directionOf, type PoseTensors } from '../coordinates/index.js';
import type { ImageSet, StreamedSet } from '../data/index.js';
import { PyrovedError } from '../errors.js';
import { CLASS_PRIOR } from './classPrior.js';
import { PoseRecognition } from './poseRecognition.js';
import { turnedCopies } from './queries/classAngles.js';
import { anglesOf, circularMeans } from './queries/host.js';
import {
  type AngleMixture,
  type ConsistentImages,
  centreOfPart,
  difference,
  inGuideOrder,
  type KnownPose,
  knownValue,
  type Proposal,
  type RecognisedCentre,
  type RecognisedPose,
  type RecognitionTerms,
} from './recognisedPose.js';
import type { ClassEncoding, SemiSupervisedTerms } from './ssivae.js';

/**
 * Weight of log q(pose | image, class, proposal) of images of known pose, which trains the correction by the encoder.
 */
const CORRECTION_WEIGHT = 1;

/**
 * y ~ Categorical(classPrior), angle, shift, ... ~ their priors, z ~ N(0, 1), x ~ likelihood(decoder(pose, z, y)): as
 * `SSIVAE`, but each part of the pose is a separate site, which can be observed, and the guide has three steps:
 *
 * 1. q(class, bin | x): one network looks at rotated views of the image; "bin" is the view in which the object is
 *    nearly upright. The network also proposes the remaining angle in that view, and the shift.
 * 2. The image is transformed to upright by the proposed pose.
 * 3. q(pose, z | x, class, bin): the encoder infers a correction of the pose, and the content, from the upright image.
 *
 * Step 1 is trained only on labelled images at random poses (`recognitionModel`); it gets no gradient from the ELBO,
 * which therefore cannot degrade the classifier. The ELBO trains the decoder and step 3, on unlabelled images (`model`,
 * `guide`) and on labelled ones with class and pose observed (`posedModel`, `posedGuide`).
 *
 * Sites: "class_bin" (or "y" and "angle_bin" where the class is known), "angle", "shift", "scale", "shear", "z", "x".
 * @example
 * const model = new RecognitionSSIVAE({ shape: [48, 48], numClasses: 4, invariances: ['r', 't'], recognition: {} });
 */
export class RecognitionSSIVAE extends PoseRecognition {
  /** p(x, y, pose, z), with y observed if it is passed. */
  override readonly model = (x: tf.Tensor, y?: tf.Tensor, terms: SemiSupervisedTerms = {}): void => {
    this.images(x, () => {
      const draws = this.posePriors(terms);
      const classes = this.modelClass(this.directionOfDraw(draws.angle), y);
      this.observeImage(x, draws, classes, terms);
    });
  };

  /** q(class, bin | x) q(pose, z | x, class, bin), without the class if y is passed. */
  override readonly guide = (x: tf.Tensor, y?: tf.Tensor, terms: SemiSupervisedTerms = {}): void => {
    this.images(x, () => {
      const seen = this.recognise(x);
      this.guidePose(x, this.proposalFor(seen, this.guidePair(seen, y)), terms);
    });
  };

  /**
   * p(x, y, pose, z) with class and pose observed, and log q(pose | x), the encoder's correction of the recognised
   * pose.
   */
  readonly posedModel = (x: tf.Tensor, y: tf.Tensor, pose: KnownPose, terms: SemiSupervisedTerms = {}): void => {
    this.images(x, () => {
      const draws = this.posePriors(terms, pose);
      sample('y', this.classPriorDistribution(), { obs: this.toSite(y) });
      this.observeImage(x, draws, y, terms);
      const proposal = this.proposalFor(this.recognise(x), this.pairOf(y, pose));
      scale.with(CORRECTION_WEIGHT, () => this.corrections(x, proposal, pose));
    });
  };

  /** q(z | x, class, pose). */
  readonly posedGuide = (x: tf.Tensor, y: tf.Tensor, pose: KnownPose, terms: SemiSupervisedTerms = {}): void => {
    this.images(x, () => {
      const { loc, scale: spread } = this.encodeUpright(x, this.proposalFor(this.recognise(x), this.pairOf(y, pose)));
      scale.with(terms.klWeight ?? 1, () => sample('z', normal(this.toSite(loc), this.toSite(spread)).toEvent(1)));
    });
  };

  /**
   * The recognition objective: log q(class | x) of images of known class, and log q(class, bin | x) and log q(pose | x,
   * class, bin) if their pose is passed. It needs no guide.
   */
  readonly recognitionModel = (
    x: tf.Tensor,
    y: tf.Tensor,
    pose?: KnownPose,
    { classWeight = 1, binWeight = 0.3, poseWeight = 0.05, kept }: RecognitionTerms = {},
    consistent?: ConsistentImages,
  ): void => {
    if (consistent) this.consistency(consistent);
    this.images(x, () => {
      const seen = module('encoder_y', this.recogniser)(x, kept);
      const classLogits = this.toSite(tf.logSumExp(seen.logits, 1));
      scale.with(classWeight, () =>
        sample('class', oneHotCategorical({ logits: classLogits }), { obs: this.toSite(y) }),
      );
      if (!pose) return;
      const pair = this.pairOf(y, pose);
      const logits = this.toSite(this.bins.flat(seen.logits));
      scale.with(binWeight, () => sample('class_bin', oneHotCategorical({ logits }), { obs: this.toSite(pair) }));
      scale.with(poseWeight, () => this.recognisedPose(seen, pair, pose));
    });
  };

  /**
   * Class logits [B, K] from the views that recognition is trained on. `classLogits` also uses the views between them
   * and takes twice as long.
   */
  quickClassLogits(x: tf.Tensor): tf.Tensor {
    return tf.logSumExp(this.recognise(x).logits, 1);
  }

  /** The point estimate of the guide for images of classes y [B, K]: the likeliest bin, corrected by the encoder. */
  centre(x: tf.Tensor, y: tf.Tensor): RecognisedCentre {
    const { proposal, logits } = this.likeliest(x, y);
    const { loc, scale: contentScale, own } = this.encodeUpright(x, proposal);
    const pose: Record<string, tf.Tensor> = {};
    let turned: tf.Tensor | undefined;
    for (const part of inGuideOrder(this.parts)) {
      const numbers = own[part.kind] as tf.Tensor;
      const around =
        part.kind === 'angle' ? proposal.angle : centreOfPart(part, proposal, { ...pose, turned }, numbers);
      pose[part.kind] = part.toPose(part.posterior(around as tf.Tensor, numbers).mean());
      if (part.kind === 'angle') turned = difference(pose.angle, directionOf(proposal.angle as tf.Tensor));
    }
    return { content: loc, contentScale, bins: tf.softmax(logits), ...pose };
  }

  /** The proposal in the likeliest bin of images of classes y [B, K], and the logits of the bins [B, V]. */
  private likeliest(x: tf.Tensor, y: tf.Tensor): { proposal: Proposal; logits: tf.Tensor } {
    const seen = this.recognise(x);
    const logits = tf.sum(tf.mul(seen.logits, tf.expandDims(y, 1)), -1);
    const { length: views } = this.recognition.angles;
    const bin = views > 1 ? tf.cast(tf.oneHot(tf.argMax(logits, -1), views), 'float32') : tf.ones([x.shape[0], 1]);
    return { proposal: this.proposalFor(seen, this.bins.pairs(bin, y)), logits };
  }

  /**
   * The pose that recognition proposes for each image given `classes` (by default the likeliest ones), before the
   * correction by the encoder.
   */
  recognised(set: ImageSet | StreamedSet, classes: ArrayLike<number> = this.classify(set).classes): RecognisedPose {
    const rows = this.conditionRows({ classes }, set.count);
    const found: Partial<Record<string, Float32Array>> = this.onBatches<string>(set, (x, from) => {
      const { angle, shift, angleScale } = this.likeliest(x, rows(from, x.shape[0])[0]).proposal;
      return { ...(angle && { angle }), ...(shift && { shift }), ...(angleScale && { angleScale }) };
    });
    return { count: set.count, ...found };
  }

  /**
   * The angle distribution that recognition infers for each image given `classes` (by default the likeliest ones). An
   * object with a symmetry of order n has n modes.
   * @throws {PyrovedError} when the model is not invariant to rotation.
   */
  angleMixture(set: ImageSet | StreamedSet, classes: ArrayLike<number> = this.classify(set).classes): AngleMixture {
    const { angles } = this.recognition;
    const views = angles.length;
    if (!this.parts.some(({ kind }) => kind === 'angle')) {
      throw new PyrovedError('The model is not invariant to rotation ("r"), so it infers no angles.');
    }
    const rows = this.conditionRows({ classes }, set.count);
    const {
      weights = none,
      means = none,
      concentrations = none,
    } = this.onBatches<'weights' | 'means' | 'concentrations'>(set, (x, from) => {
      const [y] = rows(from, x.shape[0]);
      const seen = this.recognise(x);
      const ofClass = tf.expandDims(y, 1);
      const vectors = tf.sum(tf.mul(seen.angle, tf.expandDims(ofClass, -1)), 2);
      const [cos, sin] = tf.unstack(vectors, -1);
      return {
        weights: tf.softmax(tf.sum(tf.mul(seen.logits, ofClass), -1)),
        means: tf.add(tf.atan2(sin, cos), tf.tensor1d([...angles])),
        concentrations: tf.sqrt(tf.sum(tf.square(vectors), -1)),
      };
    });
    return { count: set.count, views, weights, means, concentrations };
  }

  override encode(set: ImageSet | StreamedSet, classes: ArrayLike<number> = this.classify(set).classes): ClassEncoding {
    const rows = this.conditionRows({ classes }, set.count);
    const found: Partial<Record<string, Float32Array>> = this.onBatches<string>(set, (x, from) => ({
      ...this.centre(x, rows(from, x.shape[0])[0]),
    }));
    const { content = none, contentScale = none, bins = none, angle, shift, scale: size, shear } = found;
    return {
      count: set.count,
      content,
      contentScale,
      classes: Int32Array.from(classes),
      ...(angle && { angle: anglesOf(angle), angleBins: bins }),
      ...(shift && { shift }),
      ...(size && { scale: size }),
      ...(shear && { shear }),
    };
  }

  /**
   * As of any model with classes; of labelled images that are upright, the mean deviation of the inferred angle from that of turned copies, which does not
   * depend on the error at one angle.
   */
  override classAngles(labelled: ImageSet | StreamedSet): Float32Array {
    const { labelledPoses, ranges } = this.recognition;
    const { shape, invariances } = this.options;
    const isTurned = labelledPoses === 'drawn' && shape.length === 2 && invariances.includes('r');
    if (!isTurned || !labelled.labels) return super.classAngles(labelled);
    const { set, angles, labels } = turnedCopies(labelled, Math.min(ranges.angle ?? 0, Math.PI));
    const { angle } = this.encode(set, labels);
    const deviations = angles.map((known, i) => (angle ? angle[i] - known : Number.NaN));
    return circularMeans(deviations, labels, this.numClasses);
  }

  /** The objective for training these programs. */
  override elbo(): ELBO {
    const maxPlateNesting = this.plateNesting;
    return this.inferPair.enumerate
      ? new TraceEnumELBO({ maxPlateNesting, strictEnumerationWarning: false })
      : new TraceELBO({ maxPlateNesting });
  }

  // The model.

  protected posePriors({ klWeight = 1 }: SemiSupervisedTerms, known?: KnownPose): Record<string, tf.Tensor> {
    return scale.with(klWeight, () =>
      Object.fromEntries(
        this.parts.map((part) => {
          const { kind, source } = part;
          const value = known && knownValue(known, kind);
          const prior = source.prior();
          const drawn = sample(
            kind,
            prior,
            value ? { obs: this.toEventSite(part.known(value), prior.eventShape.length) } : {},
          );
          return [kind, this.fromSite(drawn, prior.eventShape.length)];
        }),
      ),
    );
  }

  protected classPriorDistribution() {
    return oneHotCategorical({ logits: module(CLASS_PRIOR, this.prior)() });
  }

  /**
   * The class [..., B, K], sampled jointly with the bin. The bin is conditioned on the angle, so that the angle keeps
   * its prior.
   */
  private modelClass(direction: tf.Tensor | undefined, y: tf.Tensor | undefined): tf.Tensor {
    const bins = direction && this.bins.angles.length > 1 ? this.bins.logits(direction) : undefined;
    if (y) {
      sample('y', this.classPriorDistribution(), { obs: this.toSite(y) });
      if (bins) sample('angle_bin', oneHotCategorical({ logits: this.toSite(bins) }));
      return y;
    }
    const prior = module(CLASS_PRIOR, this.prior)();
    const logits = bins ? tf.add(tf.expandDims(tf.logSoftmax(bins, -1), -1), prior) : prior;
    const pairs = bins ? tf.reshape(logits, [...bins.shape.slice(0, -1), this.bins.count]) : logits;
    const pair = this.fromSite(
      sample('class_bin', oneHotCategorical({ logits: bins ? this.toSite(pairs) : pairs })),
      1,
    );
    return this.bins.classOf(pair);
  }

  protected observeImage(
    x: tf.Tensor,
    draws: Readonly<Record<string, tf.Tensor>>,
    y: tf.Tensor,
    { klWeight }: SemiSupervisedTerms,
  ): void {
    this.observe('x', [this.sampleContent(klWeight), y], this.poseOf(draws), x);
  }

  /** The pose [..., B, n] from the samples of its parts. */
  protected poseOf(draws: Readonly<Record<string, tf.Tensor>>): PoseTensors {
    return Object.fromEntries(this.parts.map(({ kind, toPose }) => [kind, toPose(draws[kind])]));
  }

  /** The content [..., B, latentDim], observed if it is known. */
  protected sampleContent(klWeight: SemiSupervisedTerms['klWeight'] = 1, known?: tf.Tensor): tf.Tensor {
    const prior = normal(0, 1).expand([this.options.latentDim]).toEvent(1);
    return scale.with(klWeight, () => this.fromSite(sample('z', prior, known ? { obs: this.toSite(known) } : {}), 1));
  }

  private directionOfDraw(draw: tf.Tensor | undefined): tf.Tensor | undefined {
    return draw && this.parts[0].toPose(draw);
  }
}

const none = new Float32Array(0);
