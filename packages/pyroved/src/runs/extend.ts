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

/** What a new run takes over from the one that it extends. */
export interface Start {
  readonly origin: RunOrigin;
  readonly model: ModelConfig;
  readonly train: TrainSettings;
  readonly classNames: readonly string[];
  /** The images of the extended run; undefined for a model that was trained elsewhere. */
  readonly source?: Source;
  readonly normalisation?: Normalisation;
  readonly preprocessing?: Preprocessing;
}

/**
 * What the run in `folder` gives to one that extends it.
 * @throws {PyrovedError} where it holds no trained image model.
 */
export function startFrom(folder: string): Start {
  const run = RunFolder.open(folder);
  if (isPairsRun(run)) {
    throw new PyrovedError(
      `${folder} holds an encoder-decoder (VED), which cannot be extended. Continue it with --resume.`,
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
 * The labels of `sets` as indices into `classNames`: classes are matched by name. Images of some of the classes are enough.
 * @throws {PyrovedError} for a class that the model does not have.
 */
export function withClassNames(sets: TrainingSets, classNames: readonly string[]): TrainingSets {
  if (classNames.length === 0 || sets.classNames.length === 0) return sets;
  if (sets.classNames.join('\n') === classNames.join('\n')) return sets;
  const unknown = sets.classNames.filter((name) => !classNames.includes(name));
  if (unknown.length > 0) {
    throw new PyrovedError(
      `The images have ${unknown.length === 1 ? 'a class' : 'classes'} that the model does not know: ${unknown.join(', ')}. ` +
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
    // Where the labelled images serve as the unlabelled ones too, they are one set.
    unlabelled: both && unlabelled === labelled ? both : renamed(unlabelled),
    ...(both && { labelled: both }),
    ...(test && { test: renamed(test) }),
  };
}

/** Refuses options of the model and of the preprocessing beside a run to start from, which has both. */
export function refuseModelOptions(folder: string, options: object): void {
  const names = Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  if (names.length === 0) return;
  throw new OptionError(
    `A run that extends ${folder} has its model and its preprocessing, so ${names.join(', ')} cannot be changed. Omit ${names.length === 1 ? 'it' : 'them'}, or train a new run.`,
  );
}

/** Gives `model` the weights that the run it extends ended with. Its class prior is counted anew from the labels, where it is counted. */
export function loadStart(model: Model, { run }: RunOrigin, { labelled }: TrainingSets): void {
  const { checkpoint } = RunFolder.open(run).loadCheckpoint();
  loadParams(model.params, checkpoint.tensors);
  if (model instanceof SSIVAE && model.countsClasses && labelled?.labels) model.countClasses(labelled.labels);
}

/** Checks that the run to start from has the weights of its model. @throws {FormatError} where it has not. */
export function checkStart({ origin, model }: Start): void {
  const made = modelFromConfig(model);
  try {
    loadParams(made.params, RunFolder.open(origin.run).loadCheckpoint().checkpoint.tensors);
  } finally {
    made.dispose();
  }
}
