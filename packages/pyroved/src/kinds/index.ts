/** The kinds of models, and the choice of the kind for a run. */
import { OptionError } from 'pyro-ts';
import { didYouMean } from 'pyro-ts/internal';
import {
  type Model,
  type ModelConfig,
  type ModelOptions,
  modelFromConfig,
  noPreprocessing,
  type Trainer,
  VED,
} from 'pyroved-ts';
import { disposeOnError, isIdentity } from 'pyroved-ts/internal';

import type { TrainingSets } from '../sources/sets.js';
import { ivae } from './ivae.js';
import { jivae } from './jivae.js';
import type { ImageKind, SeededSettings, Variant } from './kind.js';
import type { ModelSettings, TrainSettings } from './settings.js';
import { ssivae } from './ssivae.js';
import { ssRegIvae } from './ssRegIvae.js';
import { ved } from './ved.js';

export type { ImageKind, Variant } from './kind.js';
export * from './settings.js';
export * from './ved.js';

/** In the order in which `isDefault` is checked for a run without a kind. */
export const imageKinds: readonly ImageKind[] = [ssRegIvae, jivae, ivae, ssivae];

/** Every kind of model. */
export const modelKinds = [...imageKinds, ved] as const;

/** @throws {OptionError} for an unknown kind, with the most similar known one. */
export const kindNamed = (name: string): (typeof modelKinds)[number] => named(modelKinds, name);

/** The kind of an image model. */
export const kindOf = ({ kind }: Pick<Model | ModelConfig, 'kind'>): ImageKind => named(imageKinds, kind);

/** Whether a model of this kind predicts something that labels or known quantities can confirm. */
export const predicts = (model: Pick<Model, 'kind'>): boolean => {
  const { usesLabels, classes } = kindOf(model);
  return usesLabels || classes !== 'none';
};

function named<K extends { readonly name: string }>(kinds: readonly K[], name: string): K {
  const found = kinds.find((kind) => kind.name === name);
  if (found) return found;
  const names = kinds.map((kind) => kind.name);
  throw new OptionError(`Unknown kind of model "${name}".${didYouMean(name, names)}`);
}

/**
 * The model's configuration. The default kind is ssRegIVAE if targets are named or the images come with a table of factors, jiVAE if `numClasses` is
 * given, iVAE if `condition` is given or there are no labels, and ssiVAE otherwise. The default invariances are rotation and translation (translation
 * for signals).
 */
export function modelConfigFor(sets: TrainingSets, given: ModelSettings, seed: number | string): ModelConfig {
  const kind = kindFor(sets, given);
  const { shape, channels } = sets.unlabelled;
  const invariances = given.invariances ?? (shape.length === 1 ? (['t'] as const) : (['r', 't'] as const));
  const { kind: _, hidden, ...settings } = given;
  const hasTemplates = settings.decoder === 'template';
  if (hasTemplates && !kind.modelOptions.includes('templates')) {
    throw new OptionError(
      `decoder "template" requires a model with labelled classes (ssiVAE); the kind of this model is ${kind.name}.`,
    );
  }
  const own = new Set<string>(imageKinds.flatMap(({ modelOptions }) => modelOptions));
  const shared = Object.fromEntries(Object.entries(settings).filter(([name]) => !own.has(name)));
  const layers = hidden && { hiddenEncoder: hidden, hiddenDecoder: hidden };
  const likelihood = hasTemplates ? {} : likelihoodFor(sets, given);
  return kind.configure(sets, given, { ...layers, ...shared, ...likelihood, invariances, shape, channels, seed });
}

/** The given kind, or the one implied by the images and the other options. */
function kindFor(sets: TrainingSets, given: ModelSettings): ImageKind {
  if (given.kind !== undefined) return named(imageKinds, given.kind);
  return imageKinds.find((kind) => kind.isDefault(sets, given)) ?? ssivae;
}

/** The likelihood and its options. For preprocessed images, which are unbounded, it is Gaussian with a learned standard deviation. */
function likelihoodFor(
  { preprocessing = noPreprocessing }: TrainingSets,
  { likelihood, decoderSigma, sigmoidOutput }: ModelSettings,
): Pick<ModelSettings, 'likelihood' | 'decoderSigma' | 'sigmoidOutput'> {
  if (isIdentity(preprocessing) || (likelihood !== undefined && likelihood !== 'gaussian')) {
    return { likelihood: likelihood ?? 'bernoulli' };
  }
  return { likelihood: 'gaussian', decoderSigma: decoderSigma ?? 'learned', sigmoidOutput: sigmoidOutput ?? false };
}

/** @throws {OptionError} for an option of other kinds of models than that of `config`. */
export function rejectForeignOptions(config: ModelConfig, model: ModelSettings, train: TrainSettings): void {
  const own = kindOf(config);
  const check = (given: object, of: (kind: ImageKind) => readonly string[]): void => {
    const wrong = Object.entries(given).find(
      ([name, value]) =>
        value !== undefined && !of(own).includes(name) && imageKinds.some((kind) => of(kind).includes(name)),
    );
    if (!wrong) return;
    const owners = imageKinds.filter((kind) => of(kind).includes(wrong[0])).map(({ name }) => name);
    throw new OptionError(
      `${wrong[0]} is an option of ${owners.join(' and ')}; the kind of this model is ${own.name}. Omit it.`,
    );
  };
  check(model, ({ modelOptions }) => modelOptions);
  check(train, ({ trainOptions }) => trainOptions);
}

/** A new model and its trainer. */
export function prepareTraining(
  config: ModelConfig,
  sets: TrainingSets,
  settings: SeededSettings,
  kernel: ModelOptions['kernel'],
): { model: Model; trainer: Trainer } {
  return disposeOnError(modelFromConfig(config, { kernel }), (model) => ({
    model,
    trainer: kindOf(config).trainer(model, sets, settings),
  }));
}

/** The names of a model's classes: those of the data, followed by numbers for classes found by the model; empty for a model without classes. */
export function classNamesOf(model: Model, fromData: readonly string[]): readonly string[] {
  const { numClasses } = model;
  const numbered = (prefix: string, count: number): string[] =>
    Array.from({ length: Math.max(0, count) }, (_, i) => `${prefix} ${i + 1}`);
  if (kindOf(model).classes === 'found') return numbered('class', numClasses);
  return numClasses > 0 ? [...fromData, ...numbered('new class', numClasses - fromData.length)] : [];
}

/** The conditions to decode with, besides content and pose; a single empty one for a model that takes none. */
export const variantsOf = (model: Model | VED, classNames: readonly string[]): Variant[] =>
  model instanceof VED ? [{ condition: {} }] : kindOf(model).variants(model, classNames);
