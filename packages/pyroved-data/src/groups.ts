/** Groups of images with one source, such as a micrograph: near-duplicates that must not be on both sides of a split. */
import { RandomStream } from 'pyro-ts';
import { DataError, type ImageSet } from 'pyroved-ts';
import { columnOf, readTable } from './table.js';

/** By folder, by file (a micrograph, a stack of pages), or by a column of the label table. */
export type SplitBy = 'folder' | 'file' | (string & {});

type Named = Pick<ImageSet, 'names' | 'labels' | 'classNames' | 'count'>;

/**
 * The source of each image. `file`: the file that it is a page or a patch of. `folder`: the folder that it lies in, not counting the folder of its class,
 * so that "cats/slide-3/7.png" and "dogs/slide-3/2.png" belong together. Any other value is a column of the label table.
 * @param table the label table, for a column
 * @throws {DataError} when the images have no names, or the table has no such column.
 */
export function groupsOf(set: Named, splitBy: SplitBy, table?: string): string[] {
  const { names } = set;
  if (!names) {
    throw new DataError(
      `The images cannot be split by ${splitBy}: items of an array have no files. Omit splitBy (--split-by).`,
    );
  }
  if (splitBy === 'file') return names.map(fileOf);
  if (splitBy === 'folder') return names.map((name, i) => folderOf(name, set.classNames?.[set.labels?.[i] ?? -1]));
  if (table === undefined) {
    throw new DataError(
      `splitBy is "${splitBy}", which would be a column of a label table, but there is none. Use "folder" or "file", or give a table of labels.`,
    );
  }
  const column = readColumn(table, splitBy);
  // An image that is not in the table is a separate source.
  return names.map((name) => column.get(name) ?? column.get(fileOf(name)) ?? `image ${name}`);
}

/** "stack.tif#3" and "micrograph.tif#1@40,52" without the page and the place. */
const fileOf = (name: string): string => name.replace(/@-?\d+,-?\d+$/, '').replace(/#\d+$/, '');

function folderOf(name: string, className: string | undefined): string {
  const parts = fileOf(name).split('/').slice(0, -1);
  return (className !== undefined && parts[0] === className ? parts.slice(1) : parts).join('/');
}

const FILE_COLUMNS = ['file', 'filename', 'image', 'name', 'path'];

function readColumn(path: string, column: string): Map<string, string> {
  const [header, ...rows] = readTable(path);
  const [file, value] = [columnOf(header, FILE_COLUMNS), columnOf(header, [column.toLowerCase()])];
  if (file < 0 || value < 0) {
    throw new DataError(
      `${path} has no column "${column}" beside a column of files. Its columns are ${header?.cells.join(', ') ?? '(none)'}; splitBy may also be "folder" or "file".`,
    );
  }
  return new Map(rows.map(({ cells }) => [cells[file].replaceAll('\\', '/'), cells[value] ?? '']));
}

/** A split by source. */
export interface GroupSplit {
  /** Labelled images to train on, and labelled images for validation; ascending indices. */
  readonly kept: Int32Array;
  readonly validation: Int32Array;
  /** The sources of the validation images. */
  readonly groups: ReadonlySet<string>;
}

/**
 * Adds whole sources to the validation set until it has about `fraction` of each class, in an order drawn from `seed`; at least one image
 * of each class stays in the training set.
 * @throws {DataError} when no source can be used for validation, because each has all images of some class.
 */
export function groupSplit(
  labels: ArrayLike<number>,
  groups: readonly string[],
  fraction: number,
  seed: string | number,
): GroupSplit {
  const members = new Map<string, number[]>();
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] < 0) continue;
    members.set(groups[i], [...(members.get(groups[i]) ?? []), i]);
  }
  const numClasses = Math.max(...Array.from(labels)) + 1;
  const countsOf = (images: readonly number[]) => {
    const counts = new Array<number>(numClasses).fill(0);
    for (const i of images) counts[labels[i]]++;
    return counts;
  };
  const totals = countsOf([...members.values()].flat());
  const held = new Array<number>(numClasses).fill(0);
  const chosen = new Set<string>();
  const distance = (counts: readonly number[]) =>
    counts.reduce((sum, n, c) => sum + (n - fraction * totals[c]) ** 2, 0);
  const order = new RandomStream(seed).fork('sources').permutation(members.size);
  const names = [...members.keys()].sort();
  const consider = (needsGain: boolean): void => {
    for (const k of order) {
      const name = names[k];
      if (chosen.has(name)) continue;
      const counts = countsOf(members.get(name) as number[]);
      const sum = held.map((n, c) => n + counts[c]);
      if (sum.some((n, c) => totals[c] > 0 && n >= totals[c])) continue;
      if (needsGain && distance(sum) >= distance(held)) continue;
      chosen.add(name);
      for (let c = 0; c < numClasses; c++) held[c] = sum[c];
      if (!needsGain) return;
    }
  };
  consider(true);
  // Sources so large that each is more than the fraction: one of them, rather than none.
  if (chosen.size === 0) consider(false);
  if (chosen.size === 0) {
    throw new DataError(
      `The labelled images come from ${members.size} source${members.size === 1 ? '' : 's'}, none of which can be used for validation without taking the ` +
        'last images of a class. Label images of more sources, or use no validation set.',
    );
  }
  const labelled = Int32Array.from({ length: labels.length }, (_, i) => i).filter((i) => labels[i] >= 0);
  return {
    kept: labelled.filter((i) => !chosen.has(groups[i])),
    validation: labelled.filter((i) => chosen.has(groups[i])),
    groups: chosen,
  };
}

/**
 * Distributes whole sources over `folds` parts of similar size and class proportions, in an order drawn from `seed`.
 * @returns the fold of each image
 */
export function groupFolds(
  labels: ArrayLike<number>,
  groups: readonly string[],
  folds: number,
  seed: string | number,
): Int32Array {
  const members = new Map<string, number[]>();
  groups.forEach((name, i) => {
    members.set(name, [...(members.get(name) ?? []), i]);
  });
  const drawn = new RandomStream(seed).fork('source folds').permutation(members.size);
  const names = [...members.keys()].sort();
  // Large sources first: the small ones even out what they leave.
  const order = Array.from(drawn, (k) => members.get(names[k]) as number[]).sort((a, b) => b.length - a.length);
  const counts = Array.from({ length: folds }, () => new Map<number, number>());
  const result = new Int32Array(labels.length);
  for (const images of order) {
    const cost = (fold: number): number => images.reduce((sum, i) => sum + (counts[fold].get(labels[i]) ?? 0), 0);
    let best = 0;
    for (let fold = 1; fold < folds; fold++) {
      const [own, other] = [cost(fold), cost(best)];
      if (own < other || (own === other && total(counts[fold]) < total(counts[best]))) best = fold;
    }
    for (const i of images) {
      result[i] = best;
      counts[best].set(labels[i], (counts[best].get(labels[i]) ?? 0) + 1);
    }
  }
  return result;
}

const total = (counts: ReadonlyMap<number, number>): number => [...counts.values()].reduce((sum, n) => sum + n, 0);
