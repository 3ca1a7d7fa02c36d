/** The unsupervised model: a variational autoencoder that is invariant to the pose of the object in the image. */
import * as tf from '@tensorflow/tfjs';
import { OptionError } from 'pyro-ts';
import type { ImageSet, StreamedSet } from '../data/index.js';
import { DataError } from '../errors.js';
import type { OptionTable } from '../options.js';
import { checkClasses } from '../sizes.js';
import type { ModelOptions } from './options.js';
import type { Terms } from './programs.js';
import {
  type Condition,
  type ConditionRows,
  classRows,
  eachClass,
  eachNumber,
  type NetworkCondition,
  numberRows,
} from './queries/condition.js';
import { type Factor, Factors } from './queries/factors.js';
import type { Encoding } from './queries/host.js';
import { InvariantVAE } from './vae.js';

/** Options of an `IVAE`. */
export interface ConditionalOptions extends ModelOptions {
  /**
   * Condition the encoder and the decoder on the class of each image, one of this many classes. pyroVED's c_dim.
   * @default none
   */
  readonly numClasses?: number;
  /** Known factors of each image (`ImageSet.factors`) to condition on, by name; see `standardised`. @default none */
  readonly condition?: readonly (string | Factor)[];
}

const ownTable = { numClasses: {}, condition: {} } satisfies OptionTable<Omit<ConditionalOptions, keyof ModelOptions>>;

/** What a conditional iVAE is conditioned on. */
export type IVAECondition = Pick<Condition, 'classes' | 'condition'>;

/** The latents inferred for each image, and the values they were conditioned on. */
export interface ConditionalEncoding extends Encoding {
  readonly classes?: Int32Array;
  readonly condition?: Float32Array;
}

/**
 * z ~ N(0, 1), x ~ likelihood(decoder(pose(z), content(z), y)); q(z | x, y) from the encoder. A conditional model has
 * y: the class of each image, its known factors, or both. Sites: "latent" (pose and content together), "angle" where
 * the angle prior has a site of its own, "angle_bin" where the guide has bins, "obs".
 * @see `pyroved.models.iVAE`; Bepler et al. 2019 for the spatial decoder.
 * @example
 * const vae = new IVAE({ shape: [48, 48], invariances: ['r', 't'] });
 * await new UnsupervisedTrainer(vae, { images }, { epochs: 20 }).train();
 * const { angle, content } = vae.encode(images);
 */
export class IVAE extends InvariantVAE<IVAECondition> {
  override readonly kind = 'iVAE';
  override readonly numClasses: number;
  /** The known factors that the model is conditioned on. */
  readonly condition: Factors;

  constructor(options: ConditionalOptions) {
    const { numClasses = 0 } = options;
    if (numClasses !== 0) checkClasses('iVAE', 'numClasses', numClasses);
    const condition = new Factors(options.condition ?? [], 'iVAE: condition');
    super(options, { owner: 'iVAE', ownTable, condition: numClasses + condition.dim, nets: {} });
    this.numClasses = numClasses;
    this.condition = condition;
  }

  /** Number of values that the model is conditioned on, 0 for an unconditional model. pyroVED's c_dim. */
  get conditionDim(): number {
    return this.numClasses + this.condition.dim;
  }

  /**
   * p(x, latent | y). x: images [B, channels * points]; y: [B, conditionDim], classes first, for a conditional model.
   */
  readonly model = (x: tf.Tensor, y?: tf.Tensor, terms: Terms = {}): void => {
    this.images(x, () => {
      const { content, pose } = this.modelLatents('latent', terms);
      this.observe('obs', [content, ...this.conditionOf(y)], pose, x);
    });
  };

  /** q(latent | x, y). */
  readonly guide = (x: tf.Tensor, y?: tf.Tensor, terms: Terms = {}): void => {
    this.images(x, () => this.guideLatents('latent', [x, ...this.conditionOf(y)], terms));
  };

  private conditionOf(y: tf.Tensor | undefined): tf.Tensor[] {
    if (this.conditionDim === 0) return [];
    if (y?.shape[y.rank - 1] === this.conditionDim) return [y];
    const got = y === undefined ? 'nothing' : `a tensor of shape [${y.shape}]`;
    throw new OptionError(
      `This iVAE is conditional: its programs take y of shape [B, ${this.conditionDim}]; got ${got}.`,
    );
  }

  override networkConditions(): NetworkCondition[] {
    const { numClasses, condition } = this;
    return [
      ...(numClasses > 0 ? [{ name: 'class', numClasses } as const] : []),
      ...(condition.dim > 0 ? [{ name: 'condition', factors: condition } as const] : []),
    ];
  }

  /** Infers the latents of each image, conditioned by default on the labels and factors of the set. */
  override encode(set: ImageSet | StreamedSet, given: IVAECondition = this.conditionFrom(set)): ConditionalEncoding {
    const rows = this.conditionRows(given, set.count);
    const encoding = this.encodeImages(set, (x, from) => [x, ...rows(from, x.shape[0])]);
    const { classes, condition } = this.conditionPerImage(given, set.count);
    return {
      ...encoding,
      ...(classes && { classes: Int32Array.from(classes) }),
      ...(condition && { condition: Float32Array.from(condition) }),
    };
  }

  override conditionTensor(set: ImageSet | StreamedSet, indices: ArrayLike<number>): tf.Tensor | undefined {
    const { classes, condition } = this.conditionFrom(set);
    const { dim } = this.condition;
    const chosen = {
      ...(classes && { classes: Int32Array.from(indices, (i) => classes[i]) }),
      ...(condition && {
        condition: Float32Array.from(
          { length: indices.length * dim },
          (_, k) => condition[indices[Math.floor(k / dim)] * dim + (k % dim)],
        ),
      }),
    };
    return this.conditionRows(chosen, indices.length)(0, indices.length)[0];
  }

  protected override conditionRows(given: Condition, count: number): ConditionRows {
    const { classes, condition } = this.conditionPerImage(given, count);
    const parts = [
      ...(classes ? [classRows(classes, this.numClasses)] : []),
      ...(condition ? [numberRows(condition, this.condition)] : []),
    ];
    return (from, size) =>
      parts.length > 1
        ? [
            tf.concat(
              parts.flatMap((part) => part(from, size)),
              1,
            ),
          ]
        : (parts[0]?.(from, size) ?? []);
  }

  /**
   * The conditions of each of `count` images.
   * @throws {OptionError} when a condition is missing, or is one that this model does not have.
   */
  private conditionPerImage({ classes, condition }: Condition, count: number) {
    if (this.numClasses === 0 && classes !== undefined)
      throw new OptionError('This iVAE is not conditioned on classes. Omit classes.');
    if (this.condition.dim === 0 && condition !== undefined) {
      throw new OptionError('This iVAE is not conditioned on factors. Omit condition.');
    }
    return {
      ...(this.numClasses > 0 && { classes: eachClass('This iVAE', classes, count) }),
      ...(this.condition.dim > 0 && { condition: eachNumber('condition', condition, this.condition, count) }),
    };
  }

  /** The labels and factors of a set that this model is conditioned on. */
  private conditionFrom(set: ImageSet | StreamedSet): { classes?: Int32Array; condition?: Float32Array } {
    if (this.numClasses > 0 && !set.labels) {
      throw new DataError('This iVAE is conditioned on classes, but the images have no labels. Pass classes.');
    }
    return {
      ...(this.numClasses > 0 && { classes: set.labels }),
      ...(this.condition.dim > 0 && { condition: this.condition.of(set) }),
    };
  }
}
