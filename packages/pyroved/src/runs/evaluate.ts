/** The accuracy of a trained model: on the images that its run kept aside, on others, and on damaged ones. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  concatenated,
  type ImageSet,
  IVAE,
  inMemory,
  isClassifier,
  noPreprocessing,
  PyrovedError,
  type TrainingImages,
} from 'pyroved-ts';
import { evaluateFound, type ModelEvaluation } from '../kinds/evaluation.js';
import { kindOf } from '../kinds/index.js';
import { type Changes, validationOf } from '../sources/generated.js';
import { type Alteration, type FoundImages, normalisedImages, preprocessedFor } from '../sources/newImages.js';
import type { TrainingSets } from '../sources/sets.js';
import { explained } from '../storage/errors.js';
import { classifierOf, type TrainedModel } from './loadModel.js';
import { dataSection } from './settings.js';
import { imagesOf } from './trainingImages.js';
import { type Validation, validationFor } from './validation.js';

/**
 * The validation images of the run, or generated images unlike those of the run: what `changes` omits is as in the run.
 * @param alter what is done to them before they are preprocessed; nothing by default
 */
export const testImages = async (
  trained: TrainedModel,
  changes: Changes = {},
  alter?: Alteration,
): Promise<TrainingImages> => (await validationImages(trained, changes, alter)).images;

/** The same, with the number of distinct images, and whether they are shown at drawn poses. */
export async function validationImages(
  trained: TrainedModel,
  changes: Changes = {},
  alter?: Alteration,
): Promise<Validation> {
  const { run } = trained;
  const { source } = dataSection(run.config);
  const asked = Object.keys(changes);
  if (asked.length > 0) {
    const { kind } = source;
    if (kind === 'images' || kind === 'array' || kind === 'micrographs' || kind === 'imported') {
      throw new PyrovedError(
        `${run.path} was trained on images of your own: ${asked.join(', ')} can only be changed of generated ones. Give other labelled images instead.`,
      );
    }
    const images = preprocessedFor(trained, (alter ?? unchanged)(await validationOf(source, changes)));
    return { images, distinct: images.count, copies: 1, poses: 'own' };
  }
  const validation = await validationOfRun(trained, alter);
  if (validation) return validation;
  // It has nothing to be evaluated by, whatever the images.
  if (trained.model instanceof IVAE) classifierOf(trained);
  throw new PyrovedError(`The run ${run.path} has no validation images. Give labelled images to evaluate it on.`);
}

const unchanged: Alteration = (set) => set;

/** As training saw them; altered ones are preprocessed last, because noise would be standardised with the images. */
async function validationOfRun(
  { run, normalisation, preprocessing }: TrainedModel,
  alter: Alteration | undefined,
): Promise<Validation | undefined> {
  const data = { ...dataSection(run.config), normalisation };
  const imagesIn = (sets: TrainingSets): Validation | undefined => {
    const test = sets.found?.test;
    return test ? { images: test, distinct: test.count, copies: 1, poses: 'own' } : validationFor(run.config, sets);
  };
  if (!alter) return imagesIn(await imagesOf(data));
  const found = imagesIn(await imagesOf({ ...data, preprocessing: noPreprocessing }));
  if (!found) return undefined;
  const { images, upright, ...rest } = found;
  return {
    ...rest,
    images: preprocessedFor({ preprocessing }, alter(images)),
    ...(upright && { upright: preprocessedFor({ preprocessing }, upright) }),
  };
}

/** Labelled images of the user's own, one folder per class that the model knows; not every class needs one. `alter` is applied before the run's preprocessing. */
export async function labelledImages(
  trained: TrainedModel,
  folder: string,
  alter: Alteration = unchanged,
): Promise<FoundImages> {
  const { classNames, model } = trained;
  if (!isClassifier(model)) {
    throw new PyrovedError(
      `The model of ${trained.run.path} (${model.kind}) tells no classes, so that a folder per class says nothing about it. Omit --labelled.`,
    );
  }
  const names = explained(`Could not read ${folder}`, () => readdirSync(folder, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  // Classes that a model found by itself have no names, so that any will do to hold them against.
  const isFound = kindOf(model).classes === 'found' || dataSection(trained.run.config).foundClasses !== undefined;
  const known = isFound ? names : classNames;
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0 || names.length === 0) {
    const found = names.length === 0 ? 'has no folders' : `has folders that are no classes: ${unknown.join(', ')}`;
    throw new PyrovedError(
      `${folder} ${found}. Expected one folder per class, of the classes that the model knows: ${classNames.join(', ')}.`,
    );
  }
  const parts = await Promise.all(names.map((name) => normalisedImages(trained, { folder: join(folder, name) })));
  const sets = parts.map(({ set }, i): ImageSet => {
    const labels = new Int32Array(set.count).fill(known.indexOf(names[i]));
    const files = set.names?.map((file) => `${names[i]}/${file}`);
    return { ...inMemory(set), classNames: known, labels, ...(files && { names: files }) };
  });
  const problems = parts.flatMap((part, i) =>
    part.problems.map(({ file, why }) => ({ file: `${names[i]}/${file}`, why })),
  );
  return {
    set: preprocessedFor(trained, alter(concatenated(sets))),
    problems,
    notes: parts.flatMap(({ notes }) => notes),
  };
}

/** Holds what the model says of images against what is known of them. @throws {PyrovedError} for a model that tells neither classes nor quantities. */
export function evaluateModel(trained: TrainedModel, images: TrainingImages): ModelEvaluation {
  const { run, model } = trained;
  const isFound = dataSection(run.config).foundClasses !== undefined && isClassifier(model);
  const found = isFound ? evaluateFound(model, images) : kindOf(model).evaluate(model, images);
  if (found) return found;
  classifierOf(trained);
  throw new PyrovedError(
    `There is nothing to hold the model of ${run.path} (${model.kind}) against: the images have no labels to hold its classes against.`,
  );
}
