/**
 * Images and signals from array files, checked, resized and normalised: held in memory, or streamed from disk where
 * they are too many.
 */
import { OptionError } from 'pyro-ts';
import { DataError, type FileProblem, type ImageSet, inMemory, type Normalisation, type StreamedSet } from 'pyroved-ts';
import { defined, normaliseInPlace, percentileRange } from 'pyroved-ts/internal';
import type { ReadLimits } from 'pyroved-ts/node';
import { entryAt, naturalOrder } from '../images/folder.js';
import { centreSquare, resize } from '../images/resize.js';
import { type Defaults, LIMIT_DEFAULTS, withDefaults } from '../options.js';
import type { ArrayFile } from './arrayFile.js';
import { readHdf5Texts } from './hdf5.js';
import { type ArrayChoice, isHdf5, openArray } from './openArray.js';

/** Options of `loadArray` and `streamArray`. */
export interface ArrayOptions extends ArrayChoice {
  /**
   * Class labels, one per item: another dataset of the same file, or another file. Numbers, or the texts of an HDF5 dataset of strings;
   * NaN, -1, "unknown" and empty texts mean unlabelled.
   * @default none
   */
  readonly labels?: string;
  /** Height and width to which images are resized, after a crop to the centred square. @default no resizing */
  readonly size?: number;
  /** The grey range of an earlier run. @default the 1st and 99th percentile */
  readonly normalisation?: Normalisation;
}

/** A set read from an array file. */
export interface LoadedArray<S> {
  readonly set: S;
  readonly normalisation: Normalisation;
  /** Items that are skipped, e.g. `scan.npy[17]`. */
  readonly problems: readonly FileProblem[];
  /** Index in the file of each item of the set. */
  readonly places: readonly number[];
}

const DEFAULTS = {
  dataset: undefined,
  labels: undefined,
  size: undefined,
  normalisation: undefined,
  ...LIMIT_DEFAULTS,
} as const satisfies Defaults<ArrayOptions>;

/** Enough images to find the range of grey values by. */
const SAMPLED = 2000;

/**
 * Reads an array `[N, H, W]`, `[N, H, W, C]` or `[N, C, H, W]` (C up to 4) of images or `[N, L]` of signals.
 * @throws {DataError} when the file cannot be read, has another shape, or holds nothing to learn from.
 * @throws {OptionError} for an unknown option or a size below 8.
 * @example
 * const { set, problems } = await loadArray('scan.h5', { dataset: 'frames', labels: 'phase', size: 32 });
 */
export async function loadArray(path: string, options: ArrayOptions = {}): Promise<LoadedArray<ImageSet>> {
  const { set, close, ...rest } = await streamArray(path, options);
  const whole = inMemory(set);
  close();
  return { set: whole, ...rest };
}

/**
 * Like `loadArray`, without holding the images in memory: each batch is read from disk when it is needed. The file is read
 * once from start to end to check it. Call `close` when done.
 * @throws {DataError} as `loadArray`.
 * @example
 * const { set, close } = await streamArray('scan.npy', { size: 32 });
 * try {
 *   const batch = set.read([0, 5, 7]);
 * } finally {
 *   close();
 * }
 */
export async function streamArray(
  path: string,
  options: ArrayOptions = {},
): Promise<LoadedArray<StreamedSet> & { close: () => void }> {
  const { size } = withDefaults('loadArray', options, DEFAULTS);
  if (size !== undefined && !(Number.isInteger(size) && size >= 8)) {
    throw new OptionError(`size is the side of the resized images in pixels, an integer of at least 8; got ${size}.`);
  }
  const file = await openArray(path, options);
  try {
    const layout = layoutOf(path, file.shape);
    const item = (i: number) => fitted(file.item(i), layout, size);
    const { usable, problems, sample } = survey(path, file);
    if (usable.length === 0) throw new DataError(`"${path}" holds nothing that can be used.`, problems);
    const normalisation = options.normalisation ?? percentileRange(sample.map(item));
    const labelling = options.labels
      ? await readLabels(path, options.labels, usable, file.shape[0], defined({ maxBytes: options.maxBytes }))
      : {};
    const shape = size && layout.shape.length === 2 ? [size, size] : layout.shape;
    const values = shape.reduce((n, d) => n * d, layout.channels);
    const read = (indices: ArrayLike<number>): Float32Array => {
      const out = new Float32Array(indices.length * values);
      for (let k = 0; k < indices.length; k++) out.set(item(usable[indices[k]]), k * values);
      normaliseInPlace(out, normalisation);
      return out;
    };
    const names = usable.map((i) => `${path}[${i}]`);
    const set = { read, count: usable.length, shape, channels: layout.channels, names, ...labelling };
    return { set, normalisation, problems, places: usable, close: () => file.close() };
  } catch (error) {
    file.close();
    throw error;
  }
}

interface Layout {
  readonly shape: readonly number[];
  readonly channels: number;
  readonly channelsLast: boolean;
}

export function layoutOf(path: string, shape: readonly number[]): Layout {
  const [, ...item] = shape;
  const [a, b, c] = item;
  if (shape.some((d) => d === 0)) throw new DataError(`The array in "${path}" is empty: shape [${shape.join(', ')}].`);
  if (item.length === 1 || item.length === 2) return { shape: item, channels: 1, channelsLast: false };
  if (item.length === 3 && c <= 4) return { shape: [a, b], channels: c, channelsLast: true };
  if (item.length === 3 && a <= 4) return { shape: [b, c], channels: a, channelsLast: false };
  throw new DataError(
    `The array in "${path}" has shape [${shape.join(', ')}]. ` +
      'Images are [N, H, W], [N, H, W, C] or [N, C, H, W] with C up to 4; signals are [N, L].',
  );
}

/** An item with its channels first, resized to `size`. */
export function fitted(
  values: Float32Array,
  { shape, channels, channelsLast }: Layout,
  size: number | undefined,
): Float32Array {
  const pixels = values.length / channels;
  const first = channelsLast ? values.map((_, k) => values[(k % pixels) * channels + Math.floor(k / pixels)]) : values;
  if (!size || shape.length !== 2) return first;
  const [height, width] = shape;
  const out = new Float32Array(channels * size * size);
  for (let c = 0; c < channels; c++) {
    const plane = { pixels: first.subarray(c * pixels, (c + 1) * pixels), height, width };
    out.set(resize(centreSquare(plane), size, size).pixels, c * size * size);
  }
  return out;
}

/** Reads every item once: which can be used, and an even sample of those to find the grey range by. */
function survey(path: string, file: ArrayFile): { usable: number[]; problems: FileProblem[]; sample: number[] } {
  const usable: number[] = [];
  const problems: FileProblem[] = [];
  for (let i = 0; i < file.shape[0]; i++) {
    const values = file.item(i);
    const why = nonFiniteValues(values, file.shape.slice(1));
    if (why !== undefined) problems.push({ file: `${path}[${i}]`, why });
    else if (values.every((v) => v === values[0]))
      problems.push({ file: `${path}[${i}]`, why: 'all its values are the same' });
    else usable.push(i);
  }
  const step = Math.max(1, Math.floor(usable.length / SAMPLED));
  return { usable, problems, sample: usable.filter((_, k) => k % step === 0) };
}

/** How many values are NaN or infinite, and the place of the first one in its item; undefined where there is none. */
function nonFiniteValues(values: Float32Array, shape: readonly number[]): string | undefined {
  const first = values.findIndex((v) => !Number.isFinite(v));
  if (first < 0) return undefined;
  const count = values.filter((v) => !Number.isFinite(v)).length;
  let rest = first;
  const place = [...shape].reverse().map((size) => {
    const at = rest % size;
    rest = (rest - at) / size;
    return at;
  });
  return `${count} value(s) are NaN or infinite, the first one ${values[first]} at [${place.reverse().join(', ')}]`;
}

async function readLabels(path: string, labels: string, usable: readonly number[], count: number, room: ReadLimits) {
  const isFile = entryAt(labels)?.isFile();
  const texts = isFile ? undefined : await readTexts(path, labels);
  if (texts) {
    if (texts.length !== count) {
      throw new DataError(
        `The labels "${labels}" in "${path}" are ${texts.length} texts; one for each of ${count} items is needed.`,
      );
    }
    return labelling(
      usable.map((i) => (UNKNOWN.includes(texts[i].trim().toLowerCase()) ? undefined : texts[i].trim())),
    );
  }
  const file = isFile ? await openArray(labels, room) : await openArray(path, { ...room, dataset: labels });
  const [length] = file.shape;
  if (length !== count || file.shape.slice(1).some((d) => d !== 1)) {
    file.close();
    throw new DataError(
      `The labels ${isFile ? `in "${labels}"` : `"${labels}" in "${path}"`} have shape [${file.shape.join(', ')}]; ` +
        `one for each of ${count} items is needed.`,
    );
  }
  const values = usable.map((i) => file.item(i)[0]);
  file.close();
  return labelling(values.map((v) => (Number.isFinite(v) && v !== -1 ? String(v) : undefined)));
}

/** Texts that stand for no label. */
const UNKNOWN = ['', 'unknown'];

/** Labels that are strings of an HDF5 file; undefined for any other labels. */
async function readTexts(path: string, labels: string): Promise<string[] | undefined> {
  return isHdf5(path) ? readHdf5Texts(path, labels).catch(() => undefined) : undefined;
}

/** Class indices of labels, -1 where there is none. */
function labelling(values: readonly (string | undefined)[]) {
  const classNames = [...new Set(values.flatMap((value) => value ?? []))].sort(naturalOrder);
  return {
    labels: Int32Array.from(values, (value) => (value === undefined ? -1 : classNames.indexOf(value))),
    classNames,
  };
}
