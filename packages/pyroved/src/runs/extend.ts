/** A new run that starts from the weights of a finished one: more epochs, more labels, another learning rate. */
import { OptionError } from 'pyro-ts';
import {
  loadParams,
  type Model,
  type ModelConfig,
  modelFromConfig,
  type Normalisation,
  type Preprocessing,
  PyrovedError,
  SSIVAE,
} from 'pyroved-ts';
import type { TrainSettings } from '../kinds/index.js';
import { isPairsRun } from '../pairs/sections.js';
import type { TrainingSets } from '../sources/sets.js';
import type { Source } from '../sources/source.js';
import { RunFolder, type RunOrigin } from '../storage/index.js';
import { dataSection, modelSection, trainSection } from './settings.js';

/** What a new run inherits from the run that it extends. */
export interface Start {
  readonly origin: RunOrigin;
  readonly model: ModelConfig;
  readonly train: TrainSettings;
  readonly classNames: readonly string[];
  /** The images of the extended run; undefined for an imported model. */
  readonly source?: Source;
  readonly normalisation?: Normalisation;
  readonly preprocessing?: Preprocessing;
}

/**
 * What a run that extends the one in `folder` inherits.
 * @throws {PyrovedError} when the folder contains no trained image model.
 */
export function startFrom(folder: string): Start {
  const run = RunFolder.open(folder);
  if (isPairsRun(run)) {
    throw new PyrovedError(
      `${folder} contains an encoder-decoder (VED), which cannot be extended. Continue it with --resume.`,
    );
  }
  const { state } = run.loadCheckpoint().checkpoint;
  const { source, classNames, normalisation, preprocessing } = dataSection(run.config);
  return {
    origin: { run: folder, epochs: Number(state.epoch ?? 0), steps: Number(state.step ?? 0) },
    model: modelSection(run.config),
    train: trainSection(run.config),
    classNames,
    ...(source.kind !== 'imported' && { source }),
    ...(normalisation && { normalisation }),
    ...(preprocessing && { preprocessing }),
  };
}

/**
 * The labels of `sets` as indices into `classNames`: classes are matched by name and may be missing.
 * @throws {PyrovedError} for a class that the model does not have.
 */
export function withClassNames(sets: TrainingSets, classNames: readonly string[]): TrainingSets {
  if (classNames.length === 0 || sets.classNames.length === 0) return sets;
  if (sets.classNames.join('\n') === classNames.join('\n')) return sets;
  const unknown = sets.classNames.filter((name) => !classNames.includes(name));
  if (unknown.length > 0) {
    throw new PyrovedError(
      `The images have ${unknown.length === 1 ? 'a class' : 'classes'} that the model does not have: ${unknown.join(', ')}. ` +
        `Its classes are ${classNames.join(', ')}. Rename the classes, or train a new model.`,
    );
  }
  const index = sets.classNames.map((name) => classNames.indexOf(name));
  const renamed = <S extends TrainingSets['unlabelled']>(set: S): S => ({
    ...set,
    ...(set.labels && { labels: set.labels.map((y) => (y < 0 ? y : index[y])) }),
    ...(set.classNames && { classNames }),
  });
  const { unlabelled, labelled, test } = sets;
  const both = labelled && renamed(labelled);
  return {
    ...sets,
    classNames,
    // Keep a single set if the labelled images also serve as unlabelled ones.
    unlabelled: both && unlabelled === labelled ? both : renamed(unlabelled),
    ...(both && { labelled: both }),
    ...(test && { test: renamed(test) }),
  };
}

/** Rejects options of the model and of the preprocessing for a run that extends another one. */
export function rejectModelOptions(folder: string, options: object): void {
  const names = Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  if (names.length === 0) return;
  throw new OptionError(
    `A run that extends ${folder} uses its model and preprocessing, so ${names.join(', ')} cannot be changed. Omit ${names.length === 1 ? 'it' : 'them'}, or train a new run.`,
  );
}

/** Loads the final weights of the extended run into `model`. A class prior that is counted from the labels is counted again. */
export function loadStart(model: Model, { run }: RunOrigin, { labelled }: TrainingSets): void {
  const { checkpoint } = RunFolder.open(run).loadCheckpoint();
  loadParams(model.params, checkpoint.tensors);
  if (model instanceof SSIVAE && model.countsClasses && labelled?.labels) model.countClasses(labelled.labels);
}

/** Checks that the extended run has the weights of its model. @throws {FormatError} when it does not. */
export function checkStart({ origin, model }: Start): void {
  const made = modelFromConfig(model);
  try {
    loadParams(made.params, RunFolder.open(origin.run).loadCheckpoint().checkpoint.tensors);
  } finally {
    made.dispose();
  }
}
