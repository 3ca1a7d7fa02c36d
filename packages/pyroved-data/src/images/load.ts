/** Loads images from folders and label tables into the sets that training takes. */
import { resolve } from 'node:path';
import { DataError, type FileProblem, type ImageSet, type Normalisation } from 'pyroved-ts';
import { listProblems, normaliseInPlace, percentileRange } from 'pyroved-ts/internal';
import { type Defaults, withDefaults } from '../options.js';
import { PARTITION_DEFAULTS, type Partition, type PartitionOptions, partition } from '../partition.js';
import { listFiles, requireFolder } from './folder.js';
import { planFiles, SOURCE_DEFAULTS, type SourceOptions } from './plan.js';
import { assemble, type FoundImage, READ_DEFAULTS, type ReadOptions, readImageFiles } from './read.js';
import { chosenSize } from './size.js';

/** Options of `loadImages`. */
export interface LoadOptions extends SourceOptions, Omit<ReadOptions, 'size'>, Omit<PartitionOptions, 'table'> {
  /** Height and width in pixels to which images are resized. @default the median of the images' shorter sides, at most 48 */
  readonly size?: number;
  /** The grey range of an earlier run. @default the 1st and 99th percentile of all these images */
  readonly normalisation?: Normalisation;
}

/** Options of `readFolder`. */
export interface FolderOptions extends ReadOptions {
  /** The grey range of an earlier run. @default the 1st and 99th percentile of all these images */
  readonly normalisation?: Normalisation;
}

/** The images of a source, ready for training. */
export interface LoadedImages extends Partition<ImageSet> {
  /** Height and width of the images. */
  readonly size: number;
  readonly normalisation: Normalisation;
  /** Files that were skipped. */
  readonly problems: readonly FileProblem[];
}

const LOAD_DEFAULTS = {
  ...SOURCE_DEFAULTS,
  ...READ_DEFAULTS,
  validationFraction: PARTITION_DEFAULTS.validationFraction,
  seed: PARTITION_DEFAULTS.seed,
  splitBy: PARTITION_DEFAULTS.splitBy,
  normalisation: undefined,
} as const satisfies Defaults<LoadOptions>;

/**
 * Reads unlabelled images from a folder and labelled ones from one folder per class or a label table, resizes them, maps their
 * grey values to [0, 1], and sets aside a stratified part of the labelled images for validation.
 * @throws {DataError} when there is nothing to learn from: an empty folder, a class without a readable image, a single class,
 * identical images.
 * @throws {OptionError} for an unknown option or a value outside its range.
 * @example
 * const { labelled, unlabelled, validation, notes } = await loadImages({ labelled: 'labelled', unlabelled: 'images', size: 32 });
 */
export async function loadImages(options: LoadOptions): Promise<LoadedImages> {
  const { validationFraction, seed, splitBy, labels: table } = withDefaults('loadImages', options, LOAD_DEFAULTS);
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
    notes.push(`"${options.unlabelled}" has no unlabelled image: training uses only labelled ones.`);
  }
  const labels = Int32Array.from(wanted, ({ label }) => label);
  const found = wanted.map(({ image }) => image);
  const set = assemble(found, reading, classNames && { labels, classNames });
  const split = {
    validationFraction,
    seed,
    ...(splitBy !== undefined && { splitBy, table }),
  };
  const parts = partition(set, split, problems);
  const normalisation = options.normalisation ?? rangeOf(found);
  notes.push(...mixedFormats(found), ...parts.notes);
  for (const part of [parts.labelled, parts.validation, parts.unlabelled]) {
    if (part) normaliseInPlace(part.images, normalisation);
  }
  return { ...parts, size, normalisation, problems, notes };
}

const FOLDER_DEFAULTS = { ...READ_DEFAULTS, normalisation: undefined } as const satisfies Defaults<FolderOptions>;

/**
 * Reads every image in a folder and its subfolders as one set, e.g. to classify or encode it with a trained model.
 * @throws {DataError} when the folder has no readable image.
 * @throws {OptionError} for an unknown option or a value outside its range.
 * @example
 * const { set, problems } = await readFolder('images', { size: 28, normalisation: run.normalisation });
 */
export async function readFolder(
  folder: string,
  options: FolderOptions,
): Promise<{ set: ImageSet; problems: FileProblem[]; normalisation: Normalisation; notes: string[] }> {
  withDefaults('readFolder', options, FOLDER_DEFAULTS);
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
  new DataError(`"${folder}" has no image that can be used:\n${listProblems(problems)}`, problems);

function rangeOf(images: readonly FoundImage[]): Normalisation {
  if (images.length > 1 && images.every((image) => samePixels(image.pixels, images[0].pixels))) {
    throw new DataError(`All ${images.length} images are identical: there is nothing to learn.`);
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
