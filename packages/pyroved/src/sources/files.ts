/** Sources of a user's own: folders of images, array files, micrographs to cut objects out of. */
import {
  type ArrayOptions,
  type FindOptions,
  loadImages,
  loadMicrographs,
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

/** How labelled images are set aside for validation. */
type Split = Omit<PartitionOptions, 'table'>;

/** Folders of image files, and labels as folders or a table. */
export interface ImagesSource extends SourceOptions, Omit<ReadOptions, 'onProgress' | 'size'>, Split {
  readonly kind: 'images';
  /** Images are brought to this many pixels a side. @default the median of their shorter sides, at most 48 */
  readonly size?: number;
  /** A table of known numbers: a header, a column "file" as in `labels`, and a column for each number, empty where it is not known. */
  readonly factors?: string;
}

/** Images or signals in a `.npy`, `.npz` or HDF5 file. */
export interface ArraySource extends Omit<Split, 'splitBy'>, ReadLimits {
  readonly kind: 'array';
  readonly file: string;
  /** A table of known numbers: a header, a column for each number, a row for each item in order. */
  readonly factors?: string;
  /** Which array of the file, where it holds several. */
  readonly dataset?: string;
  /** The array of class labels: another array of the same file, or another file. */
  readonly labels?: string;
  /** Images are brought to this many pixels a side. @default as they are */
  readonly size?: number;
  /** An array of more bytes than this, as 32-bit floats, is read from disk batch by batch; 1e9. */
  readonly inMemory?: number;
}

/** Patches of one object each, cut out of a micrograph or a folder of them. */
export interface MicrographSource extends FindOptions, Split, ReadLimits {
  readonly kind: 'micrographs';
  readonly path: string;
  /** A table of x, y and perhaps file and label; objects are looked for unless it is given. */
  readonly centres?: string;
  /** Patches are resized to this many pixels a side. @default as they are cut */
  readonly size?: number;
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

/** The images or signals of an array file: in memory, or streamed until `close` where they take more bytes than `most`. */
export async function arrayImages(file: string, options: ArrayOptions, most = 1e9) {
  const { set, close, ...found } = await streamArray(file, options);
  const bytes = 4 * set.count * imageSize(set);
  if (bytes > most) {
    const note = `${file} holds ${(bytes / 1e9).toFixed(1)} GB of numbers: it is read from disk batch by batch.`;
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
  return setsOf(partition(found.set, split, found.problems), found);
}

interface Found {
  readonly normalisation: Normalisation;
  readonly problems: readonly FileProblem[];
  readonly notes?: readonly string[];
}

function setsOf(parts: Partition<TrainingImages>, { normalisation, problems, notes = [] }: Found): TrainingSets {
  const { labelled, validation, unlabelled } = parts;
  return {
    // There is one of the two at least: a set without labels is unlabelled as a whole.
    unlabelled: unlabelled ?? (labelled as TrainingImages),
    ...(labelled && { labelled }),
    ...(validation && { test: validation }),
    classNames: labelled?.classNames ?? [],
    normalisation,
    notes: [...new Set([...notes, ...parts.notes])],
    problems,
  };
}
