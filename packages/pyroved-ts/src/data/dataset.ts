/** Sets of images or 1-D signals, in memory or read on demand, and operations on them. */
import { RandomStream } from 'pyro-ts';
import { DataError } from '../errors.js';
import { lookUp } from '../lookup.js';

/** Images or 1-D signals of one shape, with their labels, names and factors. */
export interface ImageSet {
  /** `count * channels * product(shape)` values, row major in that order; in [0, 1] once normalised. */
  readonly images: Float32Array;
  readonly count: number;
  /** `[height, width]` of an image, `[length]` of a signal. */
  readonly shape: readonly number[];
  readonly channels: number;
  /** Class index of each image, -1 if unknown. */
  readonly labels?: Int32Array;
  readonly classNames?: readonly string[];
  /** Origin of each image, such as a file name relative to its folder. */
  readonly names?: readonly string[];
  /** Known factors of variation, one value per image: angle and shear in degrees, shifts in pixels, ... */
  readonly factors?: Readonly<Record<string, Float32Array>>;
}

/** A set whose images are read on demand, since they do not fit in memory. */
export interface StreamedSet extends Omit<ImageSet, 'images'> {
  /** The values of the images at `indices`, [indices.length, channels * points]. */
  readonly read: (indices: ArrayLike<number>) => Float32Array;
}

/**
 * Number of values of one image: channels times points.
 * @example imageSize({ shape: [28, 28], channels: 3 }) // 2352
 */
export const imageSize = (set: Pick<ImageSet, 'shape' | 'channels'>): number =>
  set.shape.reduce((n, d) => n * d, set.channels);

/**
 * An `ImageSet` whose parts have been checked against each other; `count` follows from the length of `images`.
 * @throws {DataError} when a part has the wrong length, or a label is not the index of a class.
 * @example const set = imageSet({ images: new Float32Array(20 * 28 * 28), shape: [28, 28] }); // set.count is 20
 */
export function imageSet(parts: Omit<ImageSet, 'count' | 'channels'> & { channels?: number }): ImageSet {
  const { channels = 1, ...rest } = parts;
  const size = imageSize({ shape: parts.shape, channels });
  const count = parts.images.length / size;
  if (!Number.isInteger(count)) {
    throw new DataError(
      `${parts.images.length} values do not divide into images of ${channels} channel(s) ` +
        `and shape [${parts.shape.join(', ')}] (${size} values each).`,
    );
  }
  const perImage: [string, { readonly length: number } | undefined][] = [
    ['labels', parts.labels],
    ['names', parts.names],
    ...Object.entries(parts.factors ?? {}).map(([k, v]): [string, Float32Array] => [`factors.${k}`, v]),
  ];
  for (const [name, list] of perImage) {
    if (list && list.length !== count) throw new DataError(`${name} has ${list.length} entries for ${count} images.`);
  }
  const { labels, classNames } = parts;
  if (labels && classNames) {
    const wrong = labels.find((y) => y < -1 || y >= classNames.length);
    if (wrong !== undefined) throw new DataError(`Label ${wrong} is no index of ${classNames.length} classes (or -1).`);
  }
  return { ...rest, channels, count };
}

/**
 * The values of image `i`: a view, not a copy.
 * @example imageAt(set, 3).length // imageSize(set)
 */
export function imageAt(set: ImageSet, i: number): Float32Array {
  const size = imageSize(set);
  return set.images.subarray(i * size, (i + 1) * size);
}

/**
 * The values of the images at `indices`, in that order: a copy, [indices.length, channels * points].
 * @example const x = tf.tensor2d(gather(set, [4, 0]), [2, imageSize(set)]);
 */
export function gather(set: ImageSet | StreamedSet, indices: ArrayLike<number>): Float32Array {
  if ('read' in set) return set.read(indices);
  const size = imageSize(set);
  const out = new Float32Array(indices.length * size);
  for (let i = 0; i < indices.length; i++) out.set(imageAt(set, indices[i]), i * size);
  return out;
}

/**
 * The whole set with its images in memory.
 * @example const set = inMemory(streamed); // set.images
 */
export function inMemory(set: ImageSet | StreamedSet): ImageSet {
  if (!('read' in set)) return set;
  const { read, ...known } = set;
  return { ...known, images: read(Int32Array.from({ length: set.count }, (_, i) => i)) };
}

/**
 * The images at `indices`, in that order, with their labels, names and factors.
 * @throws {DataError} when an index is out of range.
 * @example const firstTen = subset(set, Array.from({ length: 10 }, (_, i) => i));
 */
export function subset<S extends ImageSet | StreamedSet>(set: S, indices: ArrayLike<number>): S {
  const order = Array.from(indices);
  const wrong = order.find((i) => !(i >= 0 && i < set.count));
  if (wrong !== undefined) throw new DataError(`Image ${wrong} does not exist: the set holds ${set.count}.`);
  const { labels, names, factors } = set;
  const known = {
    count: order.length,
    ...(labels && { labels: Int32Array.from(order, (i) => labels[i]) }),
    ...(names && { names: order.map((i) => names[i]) }),
    ...(factors && {
      factors: Object.fromEntries(
        Object.entries(factors).map(([k, values]) => [k, Float32Array.from(order, (i) => values[i])]),
      ),
    }),
  };
  if (!('read' in set)) return { ...set, ...known, images: gather(set, order) };
  const read = (some: ArrayLike<number>) => set.read(Array.from(some, (i) => order[i]));
  return { ...set, ...known, read };
}

/**
 * The set without its labels.
 * @example await new SemiSupervisedTrainer(model, { unlabelled: withoutLabels(set), labelled }).train();
 */
export function withoutLabels<S extends ImageSet | StreamedSet>(set: S): S {
  const { labels: _, ...rest } = set;
  return rest as S;
}

/** The images in an order drawn from `seed`. */
export const shuffled = (set: ImageSet, seed: string | number): ImageSet =>
  subset(set, new RandomStream(seed).fork('shuffle').permutation(set.count));

/**
 * Number of images of each class, [number of classes]. Images without a label are not counted.
 * @example classCounts({ labels: Int32Array.of(0, 1, 1, -1), classNames: ['a', 'b'] }) // [1, 2]
 */
export function classCounts(set: Pick<ImageSet, 'labels' | 'classNames'>): number[] {
  const { labels, classNames } = set;
  if (!labels) return [];
  const counts = new Array<number>(classNames?.length ?? labels.reduce((m, y) => Math.max(m, y + 1), 0)).fill(0);
  for (const y of labels) if (y >= 0) counts[y] += 1;
  return counts;
}

/** The result of `stratifiedSplit`. */
export interface StratifiedSplit {
  /** Indices of the images that are kept, ascending. */
  readonly kept: Int32Array;
  /** Indices of the validation images, ascending. */
  readonly validation: Int32Array;
  /** Classes without validation images, since they have a single image. */
  readonly singletons: readonly number[];
}

/**
 * Splits off `fraction` of each class for validation, drawn from `seed`: rounded, at least one image and never all of
 * them. A class with a single image keeps it, and unlabelled images (-1) are kept.
 * @throws {DataError} when `fraction` is not between 0 and 1.
 * @example
 * const { kept, validation } = stratifiedSplit(set.labels, 0.2, 1);
 * const [train, test] = [subset(set, kept), subset(set, validation)];
 */
export function stratifiedSplit(labels: ArrayLike<number>, fraction: number, seed: string | number): StratifiedSplit {
  if (!(fraction > 0 && fraction < 1)) {
    throw new DataError(`fraction must be between 0 and 1; got ${fraction}.`);
  }
  const members = new Map<number, number[]>();
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] < 0) continue;
    const list = members.get(labels[i]);
    if (list) list.push(i);
    else members.set(labels[i], [i]);
  }
  const out = new Set<number>();
  const singletons: number[] = [];
  for (const [label, list] of members) {
    if (list.length === 1) {
      singletons.push(label);
      continue;
    }
    const size = Math.min(list.length - 1, Math.max(1, Math.round(fraction * list.length)));
    const order = new RandomStream(seed).fork(`held out/${label}`).permutation(list.length);
    for (let k = 0; k < size; k++) out.add(list[order[k]]);
  }
  const all = Int32Array.from({ length: labels.length }, (_, i) => i);
  return {
    kept: all.filter((i) => !out.has(i)),
    validation: all.filter((i) => out.has(i)),
    singletons: singletons.sort((a, b) => a - b),
  };
}

/**
 * Labels as rows of a matrix [labels.length, numClasses] with a single 1.
 * @throws {DataError} when a label is outside 0..numClasses-1, which includes -1 for unknown.
 * @example oneHot([1, 0], 2) // [0, 1, 1, 0]
 */
export function oneHot(labels: ArrayLike<number>, numClasses: number): Float32Array {
  const out = new Float32Array(labels.length * numClasses);
  for (let i = 0; i < labels.length; i++) {
    if (!(labels[i] >= 0 && labels[i] < numClasses)) {
      throw new DataError(`Image ${i} has label ${labels[i]}; one-hot rows need 0 to ${numClasses - 1}.`);
    }
    out[i * numClasses + labels[i]] = 1;
  }
  return out;
}

/**
 * Concatenates sets of the same shape. Labels, names and factors that only some of the sets have are dropped; class names
 * must agree.
 * @throws {DataError} when there is no set, or shapes or class names differ.
 * @example const all = concatenated([labelled, validation]);
 */
export function concatenated(sets: readonly ImageSet[]): ImageSet {
  if (sets.length === 0) throw new DataError('concatenated requires at least one set.');
  const [first] = sets;
  for (const set of sets) {
    if (set.shape.join() !== first.shape.join() || set.channels !== first.channels) {
      throw new DataError(
        `Sets of shape [${first.shape.join(', ')}] x ${first.channels} and ` +
          `[${set.shape.join(', ')}] x ${set.channels} cannot be joined.`,
      );
    }
    if ((set.classNames ?? []).join('\n') !== (first.classNames ?? []).join('\n')) {
      throw new DataError('Sets with different class names cannot be joined.');
    }
  }
  const images = new Float32Array(sets.reduce((n, s) => n + s.images.length, 0));
  let at = 0;
  for (const set of sets) {
    images.set(set.images, at);
    at += set.images.length;
  }
  const fromAll = <T>(pick: (s: ImageSet) => T | undefined): T[] | undefined => {
    const parts = sets.map(pick);
    return parts.every((p) => p !== undefined) ? (parts as T[]) : undefined;
  };
  const labels = fromAll((s) => s.labels);
  const names = fromAll((s) => s.names);
  const factors = new Map<string, Float32Array>();
  for (const key of Object.keys(first.factors ?? {})) {
    const parts = fromAll((s) => lookUp(s.factors, key));
    if (parts) factors.set(key, Float32Array.from(parts.flatMap((p) => Array.from(p))));
  }
  return imageSet({
    images,
    shape: first.shape,
    channels: first.channels,
    classNames: first.classNames,
    ...(labels && { labels: Int32Array.from(labels.flatMap((p) => Array.from(p))) }),
    ...(names && { names: names.flat() }),
    ...(factors.size > 0 && { factors: Object.fromEntries(factors) }),
  });
}
