/** The accuracy of a trained model on the validation images of its run, on other images, and on altered ones. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { concatenated, type ImageSet, inMemory, noPreprocessing, PyrovedError, type TrainingImages } from 'pyroved-ts';
import { isClassifier } from 'pyroved-ts/internal';
import { evaluateFound, type ModelEvaluation } from '../kinds/evaluation.js';
import { kindOf, predicts } from '../kinds/index.js';
import { type Changes, isGenerated, validationOf } from '../sources/generated.js';
import { type Alteration, type FoundImages, normalisedImages, preprocessedFor } from '../sources/newImages.js';
import type { TrainingSets } from '../sources/sets.js';
import { explained } from '../storage/errors.js';
import { classifierOf, type TrainedModel } from './loadModel.js';
import { dataSection } from './settings.js';
import { imagesOf } from './trainingImages.js';
import { type Validation, validationFor } from './validation.js';

/**
 * The validation images of the run, or newly generated ones with other options; those that `changes` omits are the run's.
 * @param alter applied to the images before preprocessing. @default unchanged
 * @example evaluateModel(trained, await testImages(trained, { angle: '90 deg' }))
 */
export const testImages = async (
  trained: TrainedModel,
  changes: Changes = {},
  alter?: Alteration,
): Promise<TrainingImages> => (await validationImages(trained, changes, alter)).images;

/** The images of `testImages`, with the number of distinct images and whether they are shown at random poses. */
export async function validationImages(
  trained: TrainedModel,
  changes: Changes = {},
  alter?: Alteration,
): Promise<Validation> {
  const { run } = trained;
  const { source } = dataSection(run.config);
  const asked = Object.keys(changes);
  if (asked.length > 0) {
    if (!isGenerated(source)) {
      throw new PyrovedError(
        `${run.path} was trained on your own images: ${asked.join(', ')} can only be changed for generated images. Use other labelled images instead.`,
      );
    }
    const images = preprocessedFor(trained, (alter ?? unchanged)(await validationOf(source, changes)));
    return { images, distinct: images.count, copies: 1, poses: 'own' };
  }
  const validation = await validationOfRun(trained, alter);
  if (validation) return validation;
  // Throws for a model without classes, which cannot be evaluated on any images.
  if (!predicts(trained.model)) classifierOf(trained);
  throw new PyrovedError(`The run ${run.path} has no validation images. Provide labelled images to evaluate it.`);
}

const unchanged: Alteration = (set) => set;

/** The validation images as in training. Alterations are applied before preprocessing. */
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

/**
 * Labelled images from one folder per class; classes may be missing. `alter` is applied before the run's preprocessing.
 * @example const { set } = await labelledImages(trained, 'examples')
 */
export async function labelledImages(
  trained: TrainedModel,
  folder: string,
  alter: Alteration = unchanged,
): Promise<FoundImages> {
  const { set, ...rest } = await readLabelled(trained, folder);
  return { set: preprocessedFor(trained, alter(set)), ...rest };
}

/** The images of `labelledImages`, not preprocessed. */
export async function readLabelled(trained: TrainedModel, folder: string): Promise<FoundImages & { set: ImageSet }> {
  const { classNames, model } = trained;
  if (!isClassifier(model)) {
    throw new PyrovedError(
      `The model of ${trained.run.path} (${model.kind}) has no classes and cannot be evaluated on labelled images. Omit --labelled.`,
    );
  }
  const names = explained(`Could not read ${folder}`, () => readdirSync(folder, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  // Classes found by a model have no names, so any names can be matched with them.
  const isFound = kindOf(model).classes === 'found' || dataSection(trained.run.config).foundClasses !== undefined;
  const known = isFound ? names : classNames;
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0 || names.length === 0) {
    const found =
      names.length === 0 ? 'has no folders' : `has folders that are not classes of the model: ${unknown.join(', ')}`;
    throw new PyrovedError(
      `${folder} ${found}. Expected one folder per class, named after the classes of the model: ${classNames.join(', ')}.`,
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
    set: concatenated(sets),
    problems,
    notes: parts.flatMap(({ notes }) => notes),
  };
}

/**
 * Evaluates the model on labelled images.
 * @throws {PyrovedError} for a model without classes and quantities.
 * @example const report = evaluateModel(trained, await testImages(trained))
 */
export function evaluateModel(trained: TrainedModel, images: TrainingImages): ModelEvaluation {
  const { run, model } = trained;
  const isFound = dataSection(run.config).foundClasses !== undefined && isClassifier(model);
  const found = isFound ? evaluateFound(model, images) : kindOf(model).evaluate(model, images);
  if (found) return found;
  classifierOf(trained);
  throw new PyrovedError(`The model of ${run.path} (${model.kind}) cannot be evaluated: the images have no labels.`);
}
