/** The methods of a trained model: images to latents and back, on the host, in batches. */
import { expandTo } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { module, OptionError, ShapeError } from 'pyro-ts';
import { formatShape } from 'pyro-ts/internal';
import { poseTransform, undoPose } from '../coordinates/index.js';
import { gather, type ImageSet, imageSet, type StreamedSet } from '../data/index.js';
import { poseKinds } from '../priors/posePart.js';
import { type Terms, VaePrograms } from './programs.js';
import { type Condition, type ConditionRows, conditionIn, type NetworkCondition } from './queries/condition.js';
import { anglesOf, collect, type Encoding, type PoseRows, poseTensors } from './queries/host.js';
import { type InterpolateOptions, interpolate, type LatentPoint } from './queries/interpolate.js';
import { type LogLikelihoodOptions, logLikelihood } from './queries/logLikelihood.js';
import { type Manifold, type ManifoldOptions, manifold } from './queries/manifold.js';
import { type Traversal, type TraverseOptions, traverse } from './queries/traverse.js';
import type { Classified } from './queries/uncertainty.js';
import { centreOf } from './views.js';

/** Options of `straighten`. */
export interface StraightenOptions {
  /**
   * The angle that counts as upright for each image, in radians; see `classAngles`.
   * @default 0, which is arbitrary in a model
   */
  readonly reference?: ArrayLike<number>;
  /** The same images, in the same order, at another resolution: they are transformed instead of the set. @default the set */
  readonly original?: ImageSet | StreamedSet;
}

/** Options of `reconstruct`. */
export interface ReconstructOptions {
  /** Reconstruct every image in the upright pose instead of its inferred one. @default false */
  readonly upright?: boolean;
  /** What the model infers from the images, where it is known. @default inferred from them */
  readonly encoding?: Encoding & Condition;
}

/** What a model infers from images: latents and, depending on the model, classes or regression targets. */
export interface Inferred {
  readonly encoding: Encoding;
  readonly classified?: Classified;
  /** [count, number of targets] in the units of the data, row major. */
  readonly targets?: Float32Array;
}

/** A network that predicts classes or targets from the pixels of an image. */
export interface Predictor {
  readonly name: 'classifier' | 'regressor';
  readonly output: 'probabilities' | 'targets';
  /**
   * Maps images [B, channels * points] to [B, classes or targets], in the units of the data. Call inside `params.run`.
   */
  readonly predict: (x: tf.Tensor) => tf.Tensor;
}

/**
 * The programs of a model together with the methods of a trained model. `C` is the condition of the decoder.
 * @example
 * const describe = (model: InvariantVAE, images: ImageSet) => {
 *   const { content, angle } = model.encode(images); // [count, latentDim], [count]
 *   return model.reconstruct(images, { upright: true });
 * };
 */
export abstract class InvariantVAE<C extends Condition = Condition> extends VaePrograms {
  /** The name of the kind of model, as in configurations. */
  abstract readonly kind: string;
  /** Number of classes that the decoder is conditioned on. @default 0, no classes */
  readonly numClasses: number = 0;
  /** Whether the model is trained on labelled images beside unlabelled ones. @default false */
  readonly isSemiSupervised: boolean = false;
  /** Infers the latents of each image, and returns them with the conditions of the networks. A conditional model overrides it. */
  encode(set: ImageSet | StreamedSet): Encoding & Condition {
    return this.encodeImages(set, (x) => [x]);
  }
  /**
   * The condition tensors of `count` images. A conditional model overrides it.
   * @throws {OptionError} when a condition is missing, has the wrong size, or is one that the model does not have.
   */
  protected conditionRows(given: Condition, _count: number): ConditionRows {
    const [name] = Object.keys(conditionIn(given));
    if (name !== undefined) throw new OptionError(`This ${this.kind} is not conditional. Omit ${name}.`);
    return () => [];
  }
  /** The conditions of the encoder or the decoder. @default none */
  networkConditions(_net: 'encoder' | 'decoder'): NetworkCondition[] {
    return [];
  }
  /** The classifier or regressor of the model, if it has one. @default none */
  predictor(): Predictor | undefined {
    return undefined;
  }
  /** Latents of images, with the classes or targets that the model infers. */
  infer(set: ImageSet | StreamedSet): Inferred {
    return { encoding: this.encode(set) };
  }
  /** p(x, latents). x: images [B, channels * points]; y: their known classes, factors or targets, [B, n]. */
  abstract readonly model: (x: tf.Tensor, y?: tf.Tensor, terms?: Terms) => void;
  /** q(latents | x, y). */
  abstract readonly guide: (x: tf.Tensor, y?: tf.Tensor, terms?: Terms) => void;

  /**
   * Decodes images from content [count, latentDim] (row major), by default in the upright pose. Classes, factors or
   * targets, depending on the model, are one for all images or one for each.
   */
  decode(content: Float32Array | readonly number[], options: PoseRows & C = {} as PoseRows & C): ImageSet {
    const { classes, condition, targets, ...pose }: PoseRows & Condition = options;
    const rows = Float32Array.from(content);
    const conditions = conditionIn({ classes, condition, targets });
    return this.decodeRows(rows, pose, this.conditionRows(conditions, rows.length / this.options.latentDim));
  }

  /** Reconstructs each image, in its inferred pose or upright. */
  reconstruct(
    set: ImageSet | StreamedSet,
    { upright = false, encoding = this.encode(set) }: ReconstructOptions = {},
  ): ImageSet {
    const { content, angle, shift, scale, shear } = encoding;
    return this.decodeAny(content, { ...conditionIn(encoding), ...(!upright && { angle, shift, scale, shear }) });
  }

  /**
   * Decodes images over a grid of two content latents, all with the same class, factors or targets, depending on the
   * model.
   */
  manifold(options: ManifoldOptions & C = {} as ManifoldOptions & C): Manifold {
    return manifold(this.options.latentDim, options, this.decodeAny);
  }

  /** Varies one latent at a time with the others fixed: one row for each class (by default all) and latent. */
  traverse(options: TraverseOptions & Partial<C> = {}): Traversal {
    const { latentDim } = this.options;
    return traverse({ latentDim, numClasses: this.numClasses }, options, this.decodeAny);
  }

  /** Interpolates between two points of the latent space; `latentPoint` extracts one from an encoding. */
  interpolate(from: LatentPoint, to: LatentPoint, options: InterpolateOptions = {}): ImageSet {
    return interpolate(from, to, options, this.decodeAny);
  }

  /**
   * log p(image) of each image in nats, by importance sampling with the guide, with classes and modes summed out
   * exactly. Its expectation is a lower bound, which more particles tighten. A conditional model uses the labels and
   * factors of the set. All pixels are used, even with the option `pixels`.
   */
  logLikelihood(set: ImageSet | StreamedSet, options: LogLikelihoodOptions = {}): Float64Array {
    this.checkImages(set);
    const { model, guide, plateNesting, points } = this;
    const condition = (indices: Int32Array) => this.conditionTensor(set, indices);
    return this.params.run(() => logLikelihood(set, { model, guide, plateNesting, points, condition }, options));
  }

  /** The condition of the images at `indices`, [B, n]; undefined unless the model is conditional. */
  conditionTensor(_set: ImageSet | StreamedSet, _indices: ArrayLike<number>): tf.Tensor | undefined {
    return undefined;
  }

  /** `decode` for any model, without the check of its conditions by the compiler. */
  private readonly decodeAny = (content: Float32Array, options: PoseRows & Condition): ImageSet =>
    this.decode(content, options as PoseRows & C);

  /** Transforms the original images to the upright pose by their inferred pose, with (bi)linear interpolation. */
  straighten(set: ImageSet | StreamedSet, { reference, original = set }: StraightenOptions = {}): ImageSet {
    const { angle, shift, scale, shear } = this.encode(set);
    const { shape, channels } = original;
    if (original.count !== set.count || shape.length !== this.options.shape.length)
      throw new ShapeError(
        `original must have the ${set.count} images of the set at another resolution; got ${original.count} of shape ${formatShape(shape)}.`,
      );
    const dims = shape.length;
    const points = shape.reduce((product, n) => product * n, 1);
    const images = new Float32Array(set.count * channels * points);
    for (let i = 0; i < set.count; i++) {
      const pose = {
        ...(angle && { angle: angle[i] - (reference?.[i] ?? 0) }),
        ...(shift && { shift: Array.from(shift.subarray(i * dims, (i + 1) * dims)) }),
        ...(scale && { scale: axisScales(scale, i, set.count) }),
        ...(shear && { shear: Array.from(shear.subarray(2 * i, 2 * i + 2)) }),
      };
      const source = gather(original, [i]);
      for (let c = 0; c < channels; c++) {
        const picture = source.subarray(c * points, (c + 1) * points);
        images.set(undoPose(picture, shape, pose), (i * channels + c) * points);
      }
    }
    const { labels, classNames, names, factors } = set;
    return { images, count: set.count, shape, channels, labels, classNames, names, factors };
  }

  /** @throws {ShapeError} when the images do not have the shape of this model. */
  checkImages(set: Pick<ImageSet, 'shape' | 'channels'>): void {
    const { shape, channels } = this.options;
    if (formatShape(set.shape) === formatShape(shape) && set.channels === channels) return;
    throw new ShapeError(
      `The images have shape ${formatShape(set.shape)} and ${set.channels} channel(s); this model expects ${formatShape(shape)} and ` +
        `${channels}. Resize the images, or construct a model of their shape.`,
    );
  }

  /** Runs `body` inside `params.run` on batches [B, channels * points] of the images, and concatenates its results. */
  protected onBatches<Name extends string>(
    set: ImageSet | StreamedSet,
    body: (x: tf.Tensor2D, from: number) => Readonly<Record<Name, tf.Tensor>>,
  ): Record<Name, Float32Array> {
    this.checkImages(set);
    const size = this.imageSize;
    return collect(set.count, (from, count) =>
      this.params.run(() => {
        const indices = Int32Array.from({ length: count }, (_, i) => from + i);
        return body(tf.tensor2d(gather(set, indices), [count, size]), from);
      }),
    );
  }

  /** The point estimate of the guide for each image. `parts` returns the inputs of the encoder for a batch. */
  protected encodeImages(set: ImageSet | StreamedSet, parts: (x: tf.Tensor2D, from: number) => tf.Tensor[]): Encoding {
    const { latents } = this;
    const found: Partial<Record<string, Float32Array>> = this.onBatches<string>(set, (x, from) => {
      const { pose, modeProbs, ...content } = centreOf(latents, module('encoder_z', this.encoder)(parts(x, from)));
      return { ...content, ...(modeProbs && { bins: modeProbs }), ...(pose as Readonly<Record<string, tf.Tensor>>) };
    });
    const { content = empty, contentScale = empty, angle, bins, shift, scale, shear } = found;
    const has = (kind: string) => latents.parts.some((part) => part.kind === kind);
    return {
      count: set.count,
      content,
      contentScale,
      ...(has('angle') && { angle: anglesOf(angle ?? empty) }),
      ...(latents.modes && { angleBins: bins ?? empty }),
      ...(has('shift') && { shift: shift ?? empty }),
      ...(has('scale') && { scale: scale ?? empty }),
      ...(has('shear') && { shear: shear ?? empty }),
    };
  }

  /**
   * Decodes images from content rows and poses. `condition` returns further inputs of the decoder for rows
   * from..from+size.
   */
  protected decodeRows(
    content: Float32Array,
    pose: PoseRows,
    condition: (from: number, size: number) => tf.Tensor[],
  ): ImageSet {
    const { latentDim, shape, channels } = this.options;
    const count = content.length / latentDim;
    if (!Number.isInteger(count)) {
      throw new OptionError(
        `The number of values of content must be a multiple of ${latentDim}, the number of content latents; got ${content.length}.`,
      );
    }
    for (const [name, value] of Object.entries(pose)) {
      if (!poseKinds.some((kind) => kind === name)) {
        throw new OptionError(`decode: unknown option "${name}". The parts of a pose are ${poseKinds.join(', ')}.`);
      }
      if (value !== undefined && !this.latents.hasPose) {
        throw new OptionError(`This model has no invariances, so ${name} cannot be set. Omit it.`);
      }
    }
    const posesOf = poseTensors(pose, count, shape.length);
    const { images = empty } = collect(count, (from, size) =>
      this.params.run(() => {
        const rows = tf.tensor2d(content.slice(from * latentDim, (from + size) * latentDim), [size, latentDim]);
        const transform = poseTransform(posesOf(from, size));
        const output = module('decoder', this.decoder)({ parts: [rows, ...condition(from, size)], transform });
        const mean = this.likelihood.distribution(output).mean();
        return { images: tf.transpose(expandTo(mean, [size, this.points, channels]), [0, 2, 1]) };
      }),
    );
    return imageSet({ images, shape, channels });
  }
}

const empty = new Float32Array(0);

function axisScales(scale: Float32Array, i: number, count: number): number[] {
  const width = scale.length / count;
  return width === 1 ? [scale[i], scale[i]] : Array.from(scale.subarray(i * width, (i + 1) * width));
}
