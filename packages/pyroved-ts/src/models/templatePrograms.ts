/** The programs of a model with templates: the generative model and the objectives of pictures and recognition. */
import { take } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import { module, normal, oneHotCategorical, param, plate, sample, scale } from 'pyro-ts';
import type { Recognised } from '../nets/index.js';
import { blurred } from '../templates/blur.js';
import { templateDecoder } from '../templates/decoder.js';
import { bendingOf, withoutPose } from '../templates/field.js';
import type { KnownPose, RecognitionTerms } from './recognisedPose.js';
import { RecognitionSSIVAE } from './recognition.js';
import type { SemiSupervisedOptions, SemiSupervisedTerms } from './ssivae.js';
import {
  DEFAULT_CONTENTS,
  DEFAULT_SIGMA,
  noEncoder,
  type ResolvedTemplates,
  resolveTemplates,
  templateLikelihood,
} from './templateOptions.js';

/** Known or inferred classes, poses and contents that recognition is trained on. */
export interface Teaching {
  /** [B, channels * points]. */
  readonly x: tf.Tensor;
  /** Classes: rows of image index, one-hot class [R, K] and weight [R]. */
  readonly classes: TaughtRows;
  /** Classes with poses and contents, in the same form. */
  readonly poses: TaughtRows & { readonly pose: KnownPose; readonly content: tf.Tensor };
}

/** Rows of images of known or inferred class. */
export interface TaughtRows {
  readonly image: Int32Array;
  readonly y: tf.Tensor;
  readonly weight: tf.Tensor;
}

/** Images with known classes, poses and contents. */
export interface CompleteRows {
  /** Images under the model's blur, [R, channels * points]; see `blurredImages`. */
  readonly x: tf.Tensor;
  readonly y: tf.Tensor;
  /**
   * The picture of its class that each row shows, one-hot [R, templatesPerClass]; omitted if classes have one picture.
   */
  readonly template?: tf.Tensor;
  readonly pose: KnownPose;
  readonly content: tf.Tensor;
  /** Weight of each row, [R]. */
  readonly weight: tf.Tensor;
}

/** See `TemplateSSIVAE`. */
export abstract class TemplatePrograms extends RecognitionSSIVAE {
  readonly templates: ResolvedTemplates;
  /** Standard deviation of a pixel as a fraction of the contrast, or "learned". */
  readonly relativeSigma: number | 'learned';
  /** The options passed to the constructor; in `options`, networks replace their names. */
  readonly given: SemiSupervisedOptions;
  protected readonly kernel: SemiSupervisedOptions['kernel'];

  constructor(options: SemiSupervisedOptions) {
    const {
      latentDim = DEFAULT_CONTENTS,
      decoderSigma = DEFAULT_SIGMA,
      templates: _,
      templatesPerClass: __,
      ...others
    } = options;
    const templates = resolveTemplates(options);
    const { shape, channels = 1, numClasses, kernel } = options;
    super(
      { ...others, latentDim },
      {
        contents: latentDim,
        encoder: noEncoder(latentDim),
        decoder: templateDecoder({
          ...{ shape, channels, numClasses, perClass: templates.perClass, contents: latentDim, grid: templates.grid },
          ...(kernel && { kernel }),
        }),
        likelihood: templateLikelihood(decoderSigma),
      },
    );
    this.given = options;
    this.templates = templates;
    this.relativeSigma = decoderSigma;
    this.kernel = kernel;
  }

  // Programs.

  /**
   * The objective of pictures and field: p(x, y, pose, z) with everything observed, weighted by row. It needs no guide.
   */
  readonly completeModel = ({ x, y, template, pose, content, weight }: CompleteRows): void => {
    this.images(x, () =>
      scale.with(this.toSite1(weight), () => {
        const draws = this.posePriors({}, pose);
        sample('y', this.classPriorDistribution(), { obs: this.toSite(y) });
        this.observeBlurred(x, draws, y, {}, { content, ...(template && { template }) });
      }),
    );
  };

  /**
   * The objective of recognition: log q(class | x) for rows of known or inferred class, and log q(class, bin | x) and
   * log q(pose, z | x, class, bin) for rows whose pose and content are also known or inferred, weighted by row. It
   * needs no guide.
   */
  readonly teachingModel = (
    { x, classes, poses }: Teaching,
    { classWeight = 1, binWeight = 0.3, poseWeight = 0.05, kept }: RecognitionTerms = {},
  ): void => {
    const seen = module('encoder_y', this.recogniser)(x, kept);
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
        sample('class_bin', oneHotCategorical({ logits: this.bins.flat(rows.logits) }), { obs: pair }),
      );
      scale.with(ofPose, () => {
        this.recognisedPose(rows, pair, poses.pose);
        if (!content || !contentScale) return;
        const [mean, deviation] = [content, contentScale].map((t) => this.bins.entry(own(t), pair));
        sample('z', normal(mean, deviation).toEvent(1), { obs: poses.content });
      });
    });
  };

  protected override observeImage(
    x: tf.Tensor,
    draws: Readonly<Record<string, tf.Tensor>>,
    y: tf.Tensor,
    terms: SemiSupervisedTerms,
  ): void {
    this.observeBlurred(this.blurredImages(x, this.blur), draws, y, terms);
  }

  private observeBlurred(
    x: tf.Tensor,
    draws: Readonly<Record<string, tf.Tensor>>,
    y: tf.Tensor,
    { klWeight }: SemiSupervisedTerms,
    known: Partial<Pick<CompleteRows, 'content' | 'template'>> = {},
  ): void {
    const { latentDim } = this.options;
    const z = this.sampleContent(klWeight, known.content);
    const picture = this.samplePicture(y, known.template);
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
    this.observe('x', [z, picture], this.poseOf(draws), x);
  }

  /**
   * The picture that an image of classes y [..., K] shows, one-hot [..., K * templatesPerClass], with a uniform prior
   * over the pictures of a class.
   */
  private samplePicture(y: tf.Tensor, known: tf.Tensor | undefined): tf.Tensor {
    const { perClass } = this.templates;
    if (perClass === 1) return y;
    const prior = oneHotCategorical({ logits: tf.zeros([perClass]) });
    const template = this.fromSite(sample('template', prior, known ? { obs: this.toSite(known) } : {}), 1);
    const both = tf.mul(tf.expandDims(y, -1), tf.expandDims(template, -2));
    return tf.reshape(both, [...both.shape.slice(0, -2), this.pictureCount]);
  }

  // The state of training.

  /** Standard deviation in pixels of the blur of images and pictures during training; 0 afterwards. */
  get blur(): number {
    return this.params.get('decoder.blur').dataSync()[0];
  }
  set blur(pixels: number) {
    tf.tidy(() => this.params.set('decoder.blur', pixels));
  }

  /** Total number of pictures. Those of class k start at index k * templatesPerClass. */
  get pictureCount(): number {
    return this.numClasses * this.templates.perClass;
  }

  /**
   * Sets the pictures, [numClasses * templatesPerClass, channels, height, width]. The trainer sets the initial ones.
   */
  setPictures(pictures: Float32Array): void {
    const { shape, channels } = this.options;
    tf.tidy(() => this.params.set('decoder.pictures', tf.tensor(pictures, [this.pictureCount, channels, ...shape])));
  }

  /** Sets all pictures of a class to the same one, [channels, height, width]. */
  setPicture(label: number, picture: Float32Array): void {
    const { perClass } = this.templates;
    const all = this.params.get('decoder.pictures').dataSync<'float32'>().slice();
    for (let t = 0; t < perClass; t++) all.set(picture, (label * perClass + t) * picture.length);
    this.setPictures(all);
  }

  /** Blurs images [n, channels * points] by a standard deviation of `pixels`. */
  blurredImages(x: tf.Tensor, pixels: number): tf.Tensor {
    const { shape, channels } = this.options;
    return tf.reshape(blurred(tf.reshape(x, [x.shape[0] * channels, ...shape]), pixels), x.shape);
  }
}
