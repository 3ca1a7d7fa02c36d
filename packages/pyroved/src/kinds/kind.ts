/** The definition of a kind of image model. A new kind needs a file beside this one and an entry in `imageKinds`. */
import {
  type AffineRanges,
  type Condition,
  type Invariance,
  type Model,
  type ModelConfig,
  type ModelOptions,
  PyrovedError,
  type Trainer,
  type TrainingImages,
} from 'pyroved-ts';
import type { TrainingSets } from '../sources/sets.js';
import type { ModelEvaluation } from './evaluation.js';
import type { ModelSettings, TrainSettings } from './settings.js';

/** A condition to decode with, and its title. */
export interface Variant {
  readonly condition: Condition;
  readonly title?: string;
  readonly class?: number;
}

/** The options of all kinds, as stored in a configuration. */
export type SharedOptions = Omit<ModelOptions, 'kernel'>;

/** Training options with the seed of the run. */
export type SeededSettings = TrainSettings & { readonly seed: number | string };

/** A kind, typed by its model and configuration. */
export interface KindDefinition<M extends Model, C extends ModelConfig> {
  /** The `kind` of a configuration. */
  readonly name: C['kind'];
  readonly type: abstract new (...args: never[]) => M;
  /** The type of training data. */
  readonly data: 'images';
  /** Description in the help of --model. */
  readonly summary: string;
  /** Name in the title of a report. */
  readonly title: string;
  /** Whether this is the default kind for these images and settings; checked in the order of `imageKinds`. */
  readonly isDefault: (sets: TrainingSets, settings: ModelSettings) => boolean;
  /** Options of the model and of its training that are specific to some kinds. */
  readonly modelOptions: readonly (keyof ModelSettings)[];
  readonly trainOptions: readonly (keyof TrainSettings)[];
  /** Whether it is trained on labelled images beside unlabelled ones. */
  readonly usesLabels: boolean;
  /** Whether the model has classes, and whether they are known from labels or found by the model. */
  readonly classes: 'none' | 'known' | 'found';
  /** @throws {PyrovedError} when the images lack labels or factors that the model requires. */
  readonly configure: (sets: TrainingSets, settings: ModelSettings, shared: SharedOptions) => C;
  /** The training options of a run: the given ones, completed by defaults. */
  readonly training: (config: C, sets: TrainingSets, given: TrainSettings) => TrainSettings;
  readonly trainer: (model: M, sets: TrainingSets, settings: SeededSettings) => Trainer;
  /** Evaluates the model on labelled images; undefined if that is not possible. */
  readonly evaluate: (model: M, images: TrainingImages) => ModelEvaluation | undefined;
  /** The conditions to decode with, besides content and pose. */
  readonly variants: (model: M, classNames: readonly string[]) => Variant[];
  /** The images that are trained on without labels. @default the unlabelled ones */
  readonly images?: (model: M, sets: TrainingSets) => TrainingImages;
  /** The ranges of known poses. @default none */
  readonly poseRanges?: (config: C) => AffineRanges | undefined;
  /** A message about options chosen from the images. @default none */
  readonly choices?: (config: C, given: ModelSettings) => string | undefined;
}

/** A kind whose methods accept any model, and reject those of other kinds. */
export type ImageKind = KindDefinition<Model, ModelConfig> & Required<KindDefinition<Model, ModelConfig>>;

export function defineKind<M extends Model, C extends ModelConfig>(own: KindDefinition<M, C>): ImageKind {
  const { name, type } = own;
  const modelOf = (model: Model): M => {
    if (model instanceof type) return model;
    throw new PyrovedError(`Expected a model of kind ${name}; got ${model.kind}.`);
  };
  const isConfig = (config: ModelConfig): config is C => config.kind === name;
  const configOf = (config: ModelConfig): C => {
    if (isConfig(config)) return config;
    throw new PyrovedError(`Expected the configuration of a model of kind ${name}; got ${config.kind}.`);
  };
  const { images, poseRanges, choices } = own;
  return {
    ...own,
    training: (config, sets, given) => own.training(configOf(config), sets, given),
    trainer: (model, sets, settings) => own.trainer(modelOf(model), sets, settings),
    evaluate: (model, set) => own.evaluate(modelOf(model), set),
    variants: (model, classNames) => own.variants(modelOf(model), classNames),
    images: (model, sets) => (images ? images(modelOf(model), sets) : sets.unlabelled),
    poseRanges: (config) => poseRanges?.(configOf(config)),
    choices: (config, given) => choices?.(configOf(config), given),
  };
}

export const isInvariantTo = (
  { invariances = [] }: { readonly invariances?: readonly Invariance[] },
  letters: string,
) => invariances.some((letter) => letters.includes(letter));
