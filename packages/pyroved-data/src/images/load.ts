/** A user's own images, from folders and label tables to the sets that training takes. */
import { resolve } from 'node:path';
import { rejectUnknownKeys } from 'pyro-ts/internal';
import {
  DataError,
  type FileProblem,
  type ImageSet,
  listProblems,
  type Normalisation,
  normaliseInPlace,
  percentileRange,
} from 'pyroved-ts';
import { type Partition, type PartitionOptions, partition } from '../partition.js';
import { listFiles, requireFolder } from './folder.js';
import { planFiles, type SourceOptions } from './plan.js';
import { assemble, type FoundImage, READ_OPTIONS, type ReadOptions, readImageFiles } from './read.js';
import { chosenSize } from './size.js';

export interface LoadOptions extends SourceOptions, Omit<ReadOptions, 'size'>, Omit<PartitionOptions, 'table'> {
  /** Height and width in pixels to which images are resized. @default the median of the images' shorter sides, at most 48 */
  readonly size?: number;
  /** The grey range of an earlier run; without it the 1st and 99th percentile of all these images. */
  readonly normalisation?: Normalisation;
}

export interface LoadedImages extends Partition<ImageSet> {
  /** Height and width of the images. */
  readonly size: number;
  readonly normalisation: Normalisation;
  /** Files that were skipped. */
  readonly problems: readonly FileProblem[];
}

/**
 * Reads unlabelled images from a folder and labelled ones from a folder per class or a label table, brings them to one
 * size and to grey values in [0, 1], and holds out a stratified part of the labels.
 * @throws {DataError} when there is nothing to learn from: an empty folder, a class without a readable image, one class
 * only, images that are all equal, ...
 */
export async function loadImages(options: LoadOptions): Promise<LoadedImages> {
  rejectUnknownKeys('loadImages', options, [
    ...['unlabelled', 'labelled', 'labels', 'outsidePaths', 'validationFraction', 'seed', 'splitBy', 'normalisation'],
    ...READ_OPTIONS,
  ]);
  const { files, classNames, notes: planned } = planFiles(options);
  const size = options.size ?? (await chosenSize(files, options));
  const reading = { ...options, size };
  const { images, problems } = await readImageFiles(files, reading);
  const wanted = images.flatMap((image) => {
    const label = files[image.file].labelOf(image.page);
    return label === undefined ? [] : [{ image, label }];
  });
  const notes = [...planned];
  if (options.unlabelled && !wanted.some(({ label }) => label < 0)) {
    if (wanted.length === 0) throw noImage(options.unlabelled, problems);
    notes.push(`"${options.unlabelled}" has no unlabelled image: training uses the labelled ones alone.`);
  }
  const labels = Int32Array.from(wanted, ({ label }) => label);
  const found = wanted.map(({ image }) => image);
  const set = assemble(found, reading, classNames && { labels, classNames });
  const { validationFraction, seed, splitBy, labels: table } = options;
  const split = {
    validationFraction,
    seed,
    ...(splitBy !== undefined && { splitBy, ...(table !== undefined && { table }) }),
  };
  const parts = partition(set, split, problems);
  const normalisation = options.normalisation ?? rangeOf(found);
  notes.push(...mixedFormats(found), ...parts.notes);
  for (const part of [parts.labelled, parts.validation, parts.unlabelled]) {
    if (part) normaliseInPlace(part.images, normalisation);
  }
  return { ...parts, size, normalisation, problems, notes };
}

/**
 * Reads every image in a folder and below: what `classify` and `encode` take.
 * @throws {DataError} when the folder has no readable image.
 */
export async function readFolder(
  folder: string,
  options: ReadOptions & { readonly normalisation?: Normalisation },
): Promise<{ set: ImageSet; problems: FileProblem[]; normalisation: Normalisation; notes: string[] }> {
  rejectUnknownKeys('readFolder', options, ['normalisation', ...READ_OPTIONS]);
  requireFolder(folder, 'folder');
  const files = listFiles(folder).map((name) => ({ name, path: resolve(folder, name) }));
  if (files.length === 0) throw new DataError(`The folder "${folder}" is empty.`);
  const { images, problems } = await readImageFiles(files, options);
  if (images.length === 0) {
    throw noImage(folder, problems);
  }
  const set = assemble(images, options);
  const normalisation = options.normalisation ?? rangeOf(images);
  normaliseInPlace(set.images, normalisation);
  return { set, problems, normalisation, notes: mixedFormats(images) };
}

const noImage = (folder: string, problems: readonly FileProblem[]): DataError =>
  new DataError(`"${folder}" holds no image that can be used:\n${listProblems(problems)}`, problems);

function rangeOf(images: readonly FoundImage[]): Normalisation {
  if (images.length > 1 && images.every((image) => samePixels(image.pixels, images[0].pixels))) {
    throw new DataError(`All ${images.length} images are equal: there is nothing to learn.`);
  }
  return percentileRange(images.map((image) => image.pixels));
}

const samePixels = (a: Float32Array, b: Float32Array): boolean => a === b || a.every((v, i) => v === b[i]);

function mixedFormats(images: readonly FoundImage[]): string[] {
  const floating = images.filter((image) => image.floating).length;
  if (floating === 0 || floating === images.length) return [];
  return [
    `${floating} of ${images.length} images hold floating-point values and the others whole numbers: ` +
      'their grey values may not be comparable.',
  ];
}
