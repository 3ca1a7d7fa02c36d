/** The plain structure in which every part of the package holds images (or 1-D signals), and what one does with it. */
import { RandomStream } from 'pyro-ts';
import { DataError } from '../errors.js';
import { lookUp } from '../lookup.js';

/** Images or 1-D signals of one shape, with what is known of each. */
export interface ImageSet {
  /** `count * channels * product(shape)` values, row major in that order; in [0, 1] once normalised. */
  readonly images: Float32Array;
  readonly count: number;
  /** `[height, width]` of an image, `[length]` of a signal. */
  readonly shape: readonly number[];
  readonly channels: number;
  /** Class index of each image, -1 where it is not known. */
  readonly labels?: Int32Array;
  readonly classNames?: readonly string[];
  /** Where each image came from, e.g. a file name relative to its folder. */
  readonly names?: readonly string[];
  /** Known factors of variation, one value an image: angle and shear in degrees, shifts in pixels, ... */
  readonly factors?: Readonly<Record<string, Float32Array>>;
}

/** A set whose images are read when they are asked for, because they are too many for memory. */
export interface StreamedSet extends Omit<ImageSet, 'images'> {
  /** The values of the images at `indices`, one image after the other. */
  readonly read: (indices: ArrayLike<number>) => Float32Array;
}

/** Values in one image: `channels * product(shape)`. */
export const imageSize = (set: Pick<ImageSet, 'shape' | 'channels'>): number =>
  set.shape.reduce((n, d) => n * d, set.channels);

/**
 * An `ImageSet` whose parts have been checked against each other; `count` follows from the length of `images`.
 * @throws {DataError} when a part has the wrong length or a label names no class.
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

/** The values of image `i`: a view, not a copy. */
export function imageAt(set: ImageSet, i: number): Float32Array {
  const size = imageSize(set);
  return set.images.subarray(i * size, (i + 1) * size);
}

/** The values of the images at `indices`, in that order, copied one after the other. */
export function gather(set: ImageSet | StreamedSet, indices: ArrayLike<number>): Float32Array {
  if ('read' in set) return set.read(indices);
  const size = imageSize(set);
  const out = new Float32Array(indices.length * size);
  for (let i = 0; i < indices.length; i++) out.set(imageAt(set, indices[i]), i * size);
  return out;
}

/** The whole set with its images in memory. */
export function inMemory(set: ImageSet | StreamedSet): ImageSet {
  if (!('read' in set)) return set;
  const { read, ...known } = set;
  return { ...known, images: read(Int32Array.from({ length: set.count }, (_, i) => i)) };
}

/** The images at `indices`, in that order, with everything known of them. */
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

/** The set without its labels, as an unlabelled set is handed to training. */
export function withoutLabels<S extends ImageSet | StreamedSet>(set: S): S {
  const { labels: _, ...rest } = set;
  return rest as S;
}

/** The same images in an order drawn from `seed`. */
export const shuffled = (set: ImageSet, seed: string | number): ImageSet =>
  subset(set, new RandomStream(seed).fork('shuffle').permutation(set.count));

/** Number of images of each class. Images without a label are not counted. */
export function classCounts(set: Pick<ImageSet, 'labels' | 'classNames'>): number[] {
  const { labels, classNames } = set;
  if (!labels) return [];
  const counts = new Array<number>(classNames?.length ?? labels.reduce((m, y) => Math.max(m, y + 1), 0)).fill(0);
  for (const y of labels) if (y >= 0) counts[y] += 1;
  return counts;
}

export interface StratifiedSplit {
  /** Indices that stay, ascending. */
  readonly kept: Int32Array;
  /** Indices that are held out, ascending. */
  readonly validation: Int32Array;
  /** Classes of which nothing could be held out, because they have one image only. */
  readonly singletons: readonly number[];
}

/**
 * Holds out `fraction` of each class, drawn from `seed`: rounded, at least one image and never all of them. A class
 * with a single image keeps it, and unlabelled images (-1) are kept.
 */
export function stratifiedSplit(labels: ArrayLike<number>, fraction: number, seed: string | number): StratifiedSplit {
  if (!(fraction > 0 && fraction < 1)) {
    throw new DataError(`A fraction strictly between 0 and 1 can be held out, not ${fraction}.`);
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
 * Labels as rows of a `[labels.length, numClasses]` matrix with a single 1.
 * @throws {DataError} for a label outside 0..numClasses-1, unknown (-1) included.
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
 * Several sets of one shape as one. What only some of them know (labels, names, a factor) is dropped; class names must
 * agree.
 */
export function concatenated(sets: readonly ImageSet[]): ImageSet {
  if (sets.length === 0) throw new DataError('There is no set to join.');
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
  const everyoneKnows = <T>(pick: (s: ImageSet) => T | undefined): T[] | undefined => {
    const parts = sets.map(pick);
    return parts.every((p) => p !== undefined) ? (parts as T[]) : undefined;
  };
  const labels = everyoneKnows((s) => s.labels);
  const names = everyoneKnows((s) => s.names);
  const factors = new Map<string, Float32Array>();
  for (const key of Object.keys(first.factors ?? {})) {
    const parts = everyoneKnows((s) => lookUp(s.factors, key));
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
