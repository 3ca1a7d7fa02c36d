/** What the application does in its own way for one kind of image model. A new kind is a file beside this one and an entry in `imageKinds`. */
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

/** One thing that a decoder can be given, and what to call it. */
export interface Variant {
  readonly condition: Condition;
  readonly title?: string;
  readonly class?: number;
}

/** The options that all kinds have, as a configuration holds them. */
export type SharedOptions = Omit<ModelOptions, 'kernel'>;

/** Training options with the seed of the run. */
export type SeededSettings = TrainSettings & { readonly seed: number | string };

/** A kind with the types of its model and configuration. */
export interface KindDefinition<M extends Model, C extends ModelConfig> {
  /** As a configuration calls it. */
  readonly name: C['kind'];
  readonly type: abstract new (...args: never[]) => M;
  /** What it learns from. */
  readonly data: 'images';
  /** In the help of --model. */
  readonly summary: string;
  /** In the title of a report. */
  readonly title: string;
  /** Whether a run is of this kind where none is given; asked in the order of `imageKinds`. */
  readonly isDefault: (sets: TrainingSets, settings: ModelSettings) => boolean;
  /** Options of the model and of its training that not all kinds have. */
  readonly modelOptions: readonly (keyof ModelSettings)[];
  readonly trainOptions: readonly (keyof TrainSettings)[];
  /** Whether it is trained on labelled images beside unlabelled ones. */
  readonly usesLabels: boolean;
  /** Whether it names a class for each image, and whether the data say which classes there are. */
  readonly classes: 'none' | 'known' | 'found';
  /** @throws {PyrovedError} where the images lack what such a model needs. */
  readonly configure: (sets: TrainingSets, settings: ModelSettings, shared: SharedOptions) => C;
  /** The training options of a run: those that are given, and defaults. */
  readonly training: (config: C, sets: TrainingSets, given: TrainSettings) => TrainSettings;
  readonly trainer: (model: M, sets: TrainingSets, settings: SeededSettings) => Trainer;
  /** Figures of the model on images whose truth is known; undefined where there is nothing to compare. */
  readonly evaluate: (model: M, images: TrainingImages) => ModelEvaluation | undefined;
  /** What the decoder can be given beside content and pose. */
  readonly variants: (model: M, classNames: readonly string[]) => Variant[];
  /** The images that it learns from without labels. @default the unlabelled ones */
  readonly images?: (model: M, sets: TrainingSets) => TrainingImages;
  /** The ranges of known poses. @default none */
  readonly poseRanges?: (config: C) => AffineRanges | undefined;
  /** A line about options that were chosen from the images. @default none */
  readonly choices?: (config: C, given: ModelSettings) => string | undefined;
}

/** A kind whose methods take any model, and reject those of another kind. */
export type ImageKind = KindDefinition<Model, ModelConfig> & Required<KindDefinition<Model, ModelConfig>>;

export function defineKind<M extends Model, C extends ModelConfig>(own: KindDefinition<M, C>): ImageKind {
  const { name, type } = own;
  const modelOf = (model: Model): M => {
    if (model instanceof type) return model;
    throw new PyrovedError(`This is a model of kind ${model.kind}, not ${name}.`);
  };
  const isConfig = (config: ModelConfig): config is C => config.kind === name;
  const configOf = (config: ModelConfig): C => {
    if (isConfig(config)) return config;
    throw new PyrovedError(`This is the configuration of a model of kind ${config.kind}, not ${name}.`);
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
