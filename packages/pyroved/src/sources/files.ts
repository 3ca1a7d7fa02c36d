/** The user's own images: folders of images, array files, and micrographs to cut patches from. */
import {
  type ArrayOptions,
  type FindOptions,
  loadImages,
  loadMicrographs,
  type MicrographReadOptions,
  type Partition,
  type PartitionOptions,
  partition,
  type ReadOptions,
  type SourceOptions,
  streamArray,
} from 'pyroved-data';
import { type FileProblem, imageSize, inMemory, type Normalisation, type TrainingImages } from 'pyroved-ts';
import type { ReadLimits } from 'pyroved-ts/node';
import { setsWithFactors } from './factors.js';
import type { LoadSetsOptions, TrainingSets } from './sets.js';

/** How labelled images are split for validation. */
type Split = Omit<PartitionOptions, 'table'>;

/** Folders of image files, with labels as folders or as a table. */
export interface ImagesSource extends SourceOptions, Omit<ReadOptions, 'onProgress' | 'size'>, Split {
  readonly kind: 'images';
  /** Images are resized to this side, in pixels. @default the median of their shorter sides, at most 48 */
  readonly size?: number;
  /** A table of factors with a header, a column "file" as in `labels`, and one column per factor, empty where unknown. */
  readonly factors?: string;
}

/** Images or signals in a `.npy`, `.npz` or HDF5 file. */
export interface ArraySource extends Omit<Split, 'splitBy'>, ReadLimits {
  readonly kind: 'array';
  readonly file: string;
  /** A table of factors with a header, one column per factor, and one row per item in order. */
  readonly factors?: string;
  /** The name of the array in a file with several arrays. */
  readonly dataset?: string;
  /** The array of class labels: another array of the same file, or another file. */
  readonly labels?: string;
  /** Images are resized to this side, in pixels. @default not resized */
  readonly size?: number;
  /** Arrays larger than this (bytes as 32-bit floats) are read from disk batch by batch. @default 1e9 */
  readonly inMemory?: number;
}

/** Patches with one object each, cut from one or several micrographs. */
export interface MicrographSource extends FindOptions, Split, MicrographReadOptions {
  readonly kind: 'micrographs';
  readonly path: string;
  /** A table of x, y and optionally file, label and angle; see `readCentres`. @default objects are found */
  readonly objects?: string;
  /** Labels of the objects, beside those of `objects`; see `MicrographOptions`. */
  readonly labels?: string;
  /** Patches are resized to this side, in pixels. @default not resized */
  readonly size?: number;
  /** See `MicrographOptions`. @default false */
  readonly flatten?: boolean;
  readonly isolate?: boolean;
}

export async function imageSets(
  { kind: _, factors, ...source }: ImagesSource,
  options: LoadSetsOptions,
): Promise<TrainingSets> {
  const { normalisation, onProgress } = options;
  const found = await loadImages({
    ...source,
    ...(normalisation && { normalisation }),
    ...(onProgress && { onProgress }),
  });
  const { size } = found;
  const sets = { ...setsOf(found, found), ...(source.size === undefined && { size }) };
  return factors === undefined ? sets : setsWithFactors(sets, factors, source);
}

export async function arraySets(source: ArraySource, { normalisation }: LoadSetsOptions): Promise<TrainingSets> {
  const { kind: _, file, factors, validationFraction, seed, inMemory: most, ...choice } = source;
  const { close, ...found } = await arrayImages(file, { ...choice, ...(normalisation && { normalisation }) }, most);
  const sets = setsOf(partition(found.set, { validationFraction, seed }, found.problems), found);
  return { ...(factors === undefined ? sets : setsWithFactors(sets, factors, source)), close };
}

/** The images or signals of an array file: in memory, or streamed until `close` if they take more bytes than `most`. */
export async function arrayImages(file: string, options: ArrayOptions, most = 1e9) {
  const { set, close, ...found } = await streamArray(file, options);
  const bytes = 4 * set.count * imageSize(set);
  if (bytes > most) {
    const note = `${file} contains ${(bytes / 1e9).toFixed(1)} GB of data and is read from disk batch by batch.`;
    return { ...found, set, notes: [note], close };
  }
  const whole = inMemory(set);
  close();
  return { ...found, set: whole, notes: [], close: () => {} };
}

export async function micrographSets(
  source: MicrographSource,
  { normalisation }: LoadSetsOptions,
): Promise<TrainingSets> {
  const { kind: _, path, validationFraction, seed, splitBy, ...options } = source;
  const found = await loadMicrographs(path, { ...options, ...(normalisation && { normalisation }) });
  const split = { validationFraction, seed, ...(splitBy !== undefined && { splitBy }) };
  const { patch, pixelSize } = found;
  const isLength = pixelSize !== undefined && !pixelSize.unit.startsWith('1/');
  const patches = { patch, ...(isLength && { commonPixelSize: `${pixelSize.x} x ${pixelSize.y} ${pixelSize.unit}` }) };
  return { ...setsOf(partition(found.set, split, found.problems), found), patches };
}

interface Found {
  readonly normalisation: Normalisation;
  readonly problems: readonly FileProblem[];
  readonly notes?: readonly string[];
}

function setsOf(parts: Partition<TrainingImages>, { normalisation, problems, notes = [] }: Found): TrainingSets {
  const { labelled, validation, unlabelled } = parts;
  return {
    // At least one of the two is defined: without labels, all images are unlabelled.
    unlabelled: unlabelled ?? (labelled as TrainingImages),
    ...(labelled && { labelled }),
    ...(validation && { test: validation }),
    classNames: labelled?.classNames ?? [],
    normalisation,
    notes: [...new Set([...notes, ...parts.notes])],
    problems,
  };
}
