/**
 * The semi-supervised regression model: an iVAE with continuous targets, known for a few images and inferred for the
 * others.
 */
import * as tf from '@tensorflow/tfjs';
import { module, normal, OptionError, sample, scale } from 'pyro-ts';
import type { ImageSet, StreamedSet } from '../data/index.js';
import { type ClassifierSlot, fcRegressor, type RegressorNet } from '../nets/index.js';
import { ownClassifier } from '../nets/own.js';
import { checkOptions, layerWidths, type OptionTable, positive, withDefaults } from '../options.js';
import { type ModelOptions, modelTable } from './options.js';
import {
  type Condition,
  type ConditionRows,
  eachNumber,
  type NetworkCondition,
  numberRows,
} from './queries/condition.js';
import { type Factor, Factors } from './queries/factors.js';
import type { Encoding } from './queries/host.js';
import type { SemiSupervisedTerms } from './ssivae.js';
import { type Inferred, InvariantVAE, type Predictor } from './vae.js';

/** Options of an `SSRegIVAE`. */
export interface RegressionOptions extends ModelOptions {
  /**
   * The factors to predict, by their names in `ImageSet.factors`, with their scaling for the networks; see
   * `standardised`.
   */
  readonly targets: readonly (string | Factor)[];
  /**
   * Standard deviation of a target around its prediction, and around 0 a priori, in the units of the networks.
   * @default 0.5
   */
  readonly regressorSigma?: number;
  /** Widths of the regressor's hidden layers. @default [128, 128] */
  readonly hiddenRegressor?: readonly number[];
  /** Replaces the fully connected regressor: `convNet({ ... })`, a custom network or a `tf.LayersModel`. */
  readonly regressor?: ClassifierSlot;
}

const ownTable = {
  targets: { required: true },
  regressorSigma: { default: 0.5, ...positive },
  hiddenRegressor: { default: [128, 128] as readonly number[], ...layerWidths },
  regressor: {},
} satisfies OptionTable<Omit<RegressionOptions, keyof ModelOptions>>;

/** The latents inferred for each image, with its known or predicted targets. */
export interface TargetEncoding extends Encoding {
  /** [count, regDim] in the units of the data. */
  readonly targets: Float32Array;
}

/**
 * y ~ N(0, regressorSigma), z ~ N(0, 1), x ~ likelihood(decoder(pose(z), content(z), y)); q(y | x) = N(regressor(x),
 * regressorSigma) and q(z | x, y) from the encoder. Sites: "z", "y", "x", "angle" where the angle prior has its own
 * site, and "y_aux" in the auxiliary program.
 * @see `pyroved.models.ss_reg_iVAE`
 * @example
 * const vae = new SSRegIVAE({ shape: [32, 32], invariances: ['r'], targets: standardised(labelled, ['aspect']) });
 * await new SemiSupervisedTrainer(vae, { unlabelled, labelled }, { epochs: 50 }).train();
 * const aspect = vae.predict(images);
 */
export class SSRegIVAE extends InvariantVAE<{ readonly targets: ArrayLike<number> }> {
  override readonly kind = 'ssRegIVAE';
  override readonly isSemiSupervised = true;
  /** The targets that it predicts. */
  readonly targets: Factors;
  readonly regressorSigma: number;
  private readonly regressor: RegressorNet;

  constructor(options: RegressionOptions) {
    const targets = new Factors(options.targets, 'ssRegIVAE: targets');
    if (targets.dim === 0) throw new OptionError('ssRegIVAE: targets must name at least one factor.');
    checkOptions('ssRegIVAE', options, { ...modelTable, ...ownTable });
    const { regressorSigma } = withDefaults(options, { ...modelTable, ...ownTable });
    const regressor = regressorFor(options, targets.dim);
    super(options, { owner: 'ssRegIVAE', ownTable, condition: targets.dim, nets: { encoder_y: regressor } });
    this.targets = targets;
    this.regressorSigma = regressorSigma;
    this.regressor = regressor;
  }

  /** Number of targets. */
  get regDim(): number {
    return this.targets.dim;
  }

  /**
   * p(x, y, z). x: images [B, channels * points]; y: known targets in the units of the networks [B, regDim], latent by
   * default.
   */
  readonly model = (x: tf.Tensor, y?: tf.Tensor, terms: SemiSupervisedTerms = {}): void => {
    this.images(x, () => {
      const { content, pose } = this.modelLatents('z', terms);
      const prior = normal(0, this.regressorSigma).expand([this.regDim]).toEvent(1);
      const drawn = sample('y', prior, y === undefined ? {} : { obs: this.toSite(y) });
      this.observe('x', [content, this.fromSite(drawn, 1)], pose, x);
    });
  };

  /** q(y | x) q(z | x, y), without the first factor if y is passed. */
  readonly guide = (x: tf.Tensor, y?: tf.Tensor, terms: SemiSupervisedTerms = {}): void => {
    this.images(x, () => this.guideLatents('z', [x, y ?? this.fromSite(sample('y', this.predicted(x)), 1)], terms));
  };

  /**
   * The auxiliary program: the weighted log q(y | x) of known targets; it is empty if y is omitted. It needs no guide.
   */
  readonly auxModel = (x: tf.Tensor, y?: tf.Tensor, { auxLossMultiplier = 20 }: SemiSupervisedTerms = {}): void => {
    if (y === undefined) return;
    this.images(x, () => {
      const found = this.predicted(x);
      scale.with(auxLossMultiplier, () => sample('y_aux', found, { obs: this.toSite(y) }));
    });
  };

  /** The model and the auxiliary program in one, for a joint step. */
  readonly jointModel = (x: tf.Tensor, y?: tf.Tensor, terms: SemiSupervisedTerms = {}): void => {
    this.model(x, y, terms);
    this.auxModel(x, y, terms);
  };

  private predicted(x: tf.Tensor) {
    return normal(this.toSite(module('encoder_y', this.regressor)(x)), this.regressorSigma).toEvent(1);
  }

  /** The targets predicted for each image by the regressor, [count, regDim] row major in the units of the data. */
  predict(set: ImageSet | StreamedSet): Float32Array {
    const { found } = this.onBatches(set, (x) => ({ found: module('encoder_y', this.regressor)(x) }));
    return this.targets.fromNetwork(found);
  }

  override networkConditions(): NetworkCondition[] {
    return [{ name: 'targets', factors: this.targets }];
  }

  override predictor(): Predictor {
    const predict = (x: tf.Tensor): tf.Tensor => this.targets.tensorFromNetwork(module('encoder_y', this.regressor)(x));
    return { name: 'regressor', output: 'targets', predict };
  }

  override infer(set: ImageSet | StreamedSet): Inferred {
    const encoding = this.encode(set);
    return { encoding, targets: encoding.targets };
  }

  /**
   * Infers the latents of each image given its targets (by default the predicted ones), [count, regDim] in the units of
   * the data.
   */
  override encode(set: ImageSet | StreamedSet, targets: ArrayLike<number> = this.predict(set)): TargetEncoding {
    const rows = this.conditionRows({ targets }, set.count);
    const encoding = this.encodeImages(set, (x, from) => [x, ...rows(from, x.shape[0])]);
    return { ...encoding, targets: Float32Array.from(eachNumber('targets', targets, this.targets, set.count)) };
  }

  /** Known targets of the images at `indices` in the units of the networks: [B, regDim]. */
  known(set: ImageSet | StreamedSet, indices: ArrayLike<number>): tf.Tensor {
    const { dim } = this.targets;
    const all = this.targets.of(set);
    const chosen = Float32Array.from(
      { length: indices.length * dim },
      (_, k) => all[indices[Math.floor(k / dim)] * dim + (k % dim)],
    );
    return tf.tensor2d(this.targets.toNetwork(chosen), [indices.length, dim]);
  }

  protected override conditionRows({ targets }: Condition, count: number): ConditionRows {
    return numberRows(eachNumber('targets', targets, this.targets, count), this.targets);
  }
}

function regressorFor(options: RegressionOptions, targets: number): RegressorNet {
  const all = withDefaults(options, { ...modelTable, ...ownTable });
  const { shape, channels, hiddenRegressor, activation, regressor } = all;
  if (regressor) return ownClassifier(regressor, { owner: 'ssRegIVAE: regressor', shape, channels, outputs: targets });
  const input = shape.reduce((n, d) => n * d, channels);
  return fcRegressor({ input, hidden: hiddenRegressor, activation, targets });
}
