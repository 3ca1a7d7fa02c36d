/** A user's own images, from folders and label tables to the sets that training takes. */
import { resolve } from 'node:path';
import { OptionError, refuseUnknownKeys } from 'pyro-ts';
import { DataError, type FileProblem, listProblems } from '../../errors.js';
import { type ImageSet, stratifiedSplit, subset } from '../dataset.js';
import { type Normalisation, normaliseInPlace, percentileRange } from '../normalise.js';
import { listFiles, requireFolder } from './folder.js';
import { planFiles, type SourceOptions } from './plan.js';
import { assemble, type FoundImage, READ_OPTIONS, type ReadOptions, readImageFiles } from './read.js';

export interface LoadOptions extends SourceOptions, ReadOptions {
  /** Share of each class's labelled images that is held out to measure accuracy; 0.2 unless told, 0 for none. */
  readonly heldOut?: number;
  /** Decides which images are held out. */
  readonly seed?: string | number;
  /** The grey range of an earlier run; without it the 1st and 99th percentile of all these images. */
  readonly normalisation?: Normalisation;
}

export interface LoadedImages {
  readonly unlabelled?: ImageSet;
  /** Labelled images to train on. */
  readonly labelled?: ImageSet;
  /** Labelled images that training must not see. */
  readonly heldOut?: ImageSet;
  readonly normalisation: Normalisation;
  /** Files that were left out. */
  readonly problems: readonly FileProblem[];
  /** What a person should know before trusting the result, a sentence each. */
  readonly notes: readonly string[];
}

/**
 * Reads unlabelled images from a folder and labelled ones from a folder per class or a label table, brings them to one size and to grey values in [0, 1],
 * and holds out a stratified part of the labels.
 * @throws {DataError} when there is nothing to learn from: an empty folder, a class without a readable image, one class only, images that are all equal, ...
 */
export async function loadImages(options: LoadOptions): Promise<LoadedImages> {
  refuseUnknownKeys('loadImages', options, [
    ...['unlabelled', 'labelled', 'labels', 'heldOut', 'seed', 'normalisation'],
    ...READ_OPTIONS,
  ]);
  const { heldOut = 0.2, seed = 1 } = options;
  if (!(heldOut >= 0 && heldOut < 1)) {
    throw new OptionError(`heldOut is the share of labels to hold out, from 0 to less than 1, not ${heldOut}.`);
  }
  const plan = planFiles(options);
  const { images, problems } = await readImageFiles(plan.files, options);
  const notes = [...plan.notes];
  const labelOf = (image: FoundImage) => plan.files[image.file].labelOf(image.page);
  const labelledImages = images.filter((image) => (labelOf(image) ?? -1) >= 0);
  const unlabelledImages = images.filter((image) => labelOf(image) === -1);
  const { classNames } = plan;
  if (classNames) refusePoorClasses(classNames, labelledImages.map(labelOf), problems);
  if (options.unlabelled && unlabelledImages.length === 0) {
    const all =
      problems.length === 0 ? 'every image in it has a label' : `no file in it can be read:\n${listProblems(problems)}`;
    if (labelledImages.length === 0)
      throw new DataError(`"${options.unlabelled}" has no unlabelled image: ${all}`, problems);
    notes.push(`"${options.unlabelled}" has no unlabelled image: training uses the labelled ones alone.`);
  }
  const labels = Int32Array.from(labelledImages, (image) => labelOf(image) ?? -1);
  const labelled = classNames && assemble(labelledImages, options, { labels, classNames });
  const unlabelled = unlabelledImages.length > 0 ? assemble(unlabelledImages, options) : undefined;
  const normalisation = normaliseSets([labelled, unlabelled], images, notes, options.normalisation);
  if (!labelled || heldOut === 0) return { labelled, unlabelled, normalisation, problems, notes };
  const split = stratifiedSplit(labels, heldOut, seed);
  for (const label of split.singletons) {
    notes.push(
      `Class "${labelled.classNames?.[label]}" has a single labelled image: it is used for training and none is held out.`,
    );
  }
  if (split.heldOut.length === 0) return { labelled, unlabelled, normalisation, problems, notes };
  return {
    labelled: subset(labelled, split.kept),
    heldOut: subset(labelled, split.heldOut),
    unlabelled,
    normalisation,
    problems,
    notes,
  };
}

/**
 * Reads every image in a folder and below: what `classify` and `encode` take.
 * @throws {DataError} when the folder has no readable image.
 */
export async function readFolder(
  folder: string,
  options: ReadOptions & { readonly normalisation?: Normalisation },
): Promise<{ set: ImageSet; problems: FileProblem[]; normalisation: Normalisation; notes: string[] }> {
  refuseUnknownKeys('readFolder', options, ['normalisation', ...READ_OPTIONS]);
  requireFolder(folder, 'folder');
  const files = listFiles(folder).map((name) => ({ name, path: resolve(folder, name) }));
  if (files.length === 0) throw new DataError(`The folder "${folder}" is empty.`);
  const { images, problems } = await readImageFiles(files, options);
  if (images.length === 0) {
    throw new DataError(`"${folder}" holds no image that can be used:\n${listProblems(problems)}`, problems);
  }
  const set = assemble(images, options);
  const notes: string[] = [];
  const normalisation = normaliseSets([set], images, notes, options.normalisation);
  return { set, problems, normalisation, notes };
}

function refusePoorClasses(
  classNames: readonly string[],
  labels: (number | undefined)[],
  problems: FileProblem[],
): void {
  const empty = classNames.filter((_, label) => !labels.includes(label));
  if (empty.length > 0) {
    const because = problems.length > 0 ? ` Files that cannot be used:\n${listProblems(problems)}` : '';
    throw new DataError(
      `No readable labelled image of ${empty.map((name) => `"${name}"`).join(', ')}. Each class needs at least one.${because}`,
      problems,
    );
  }
  if (classNames.length < 2) {
    throw new DataError(
      `All labelled images are of one class ("${classNames[0]}"): a classifier needs at least two. To look at what varies within one class, ` +
        'give the images as unlabelled ones.',
    );
  }
}

/** Finds (or takes) the grey range and brings the sets to [0, 1]. */
function normaliseSets(
  sets: readonly (ImageSet | undefined)[],
  images: readonly FoundImage[],
  notes: string[],
  given?: Normalisation,
): Normalisation {
  const floating = images.filter((image) => image.floating).length;
  if (floating > 0 && floating < images.length) {
    notes.push(
      `${floating} of ${images.length} images hold floating-point values and the others whole numbers: their grey values may not be comparable.`,
    );
  }
  if (!given && images.length > 1 && images.every((image) => samePixels(image.pixels, images[0].pixels))) {
    throw new DataError(`All ${images.length} images are equal: there is nothing to learn.`);
  }
  const present = sets.filter((set) => set !== undefined);
  const normalisation = given ?? percentileRange(present.map((set) => set.images));
  for (const set of present) normaliseInPlace(set.images, normalisation);
  return normalisation;
}

const samePixels = (a: Float32Array, b: Float32Array): boolean => a === b || a.every((v, i) => v === b[i]);
