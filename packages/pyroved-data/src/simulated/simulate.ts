/**
 * The frame of every generated data set: classes, counts, a seed, and a function that draws one example with its
 * factors of variation.
 */
import { OptionError, RandomStream } from 'pyro-ts';
import { type ImageSet, imageSet } from 'pyroved-ts';
import { anyCondition, applyFieldConditions, type FieldConditions } from './fieldConditions.js';

/**
 * Generated data for semi-supervised learning. The unlabelled set has no labels; its factor `class` holds the truth.
 */
export interface GeneratedSets {
  readonly labelled: ImageSet;
  readonly unlabelled: ImageSet;
  /** Other images, with their labels, to measure with. */
  readonly validation: ImageSet;
}

export interface Simulation {
  readonly classNames: readonly string[];
  /** Examples of each class. */
  readonly counts: readonly number[];
  readonly shape: readonly number[];
  readonly seed: string | number;
  /** Names of the factors that `draw` returns. */
  readonly factors: readonly string[];
  /** Writes example `index` of class `label` into `target` (zeros so far) and returns its factors. */
  readonly draw: (label: number, stream: RandomStream, target: Float32Array, index: number) => Record<string, number>;
  /** Of images of shape [height, width]: applied to each once it is drawn. */
  readonly conditions?: FieldConditions;
  /** What is done to an image after that, with the stream that `draw` has had. */
  readonly finish?: (target: Float32Array, stream: RandomStream) => void;
}

/** Numbers of a set of images: 1 GB. */
const MOST_VALUES = 2 ** 28;

function checkCount(total: number, size: number): void {
  if (total * size <= MOST_VALUES) return;
  throw new OptionError(
    `${total} images of ${size} values exceed the limit of ${MOST_VALUES} values. Generate fewer or smaller images.`,
  );
}

/**
 * Examples of each class, class after class, with labels, and with `class` among the factors. Each class has a random
 * stream of its own, so that its first examples do not depend on how many are generated.
 */
export function simulate(simulation: Simulation): ImageSet {
  const { classNames, counts, shape, seed, factors: names, draw, finish } = simulation;
  const field = fieldOf(simulation);
  const size = shape.reduce((n, d) => n * d, 1);
  const total = counts.reduce((a, b) => a + b, 0);
  checkCount(total, size);
  const images = new Float32Array(total * size);
  const labels = new Int32Array(total);
  const factors = Object.fromEntries(names.map((name) => [name, new Float32Array(total)]));
  let i = 0;
  counts.forEach((count, label) => {
    const stream = new RandomStream(seed).fork(classNames[label]);
    for (let k = 0; k < count; k++, i++) {
      const image = images.subarray(i * size, (i + 1) * size);
      const drawn = draw(label, stream, image, k);
      field?.(image, label, k, drawn);
      finish?.(image, stream);
      for (const name of names) factors[name][i] = drawn[name];
      labels[i] = label;
    }
  });
  return imageSet({ images, shape, labels, classNames, factors: { class: Float32Array.from(labels), ...factors } });
}

type Field = (image: Float32Array, label: number, index: number, factors: Readonly<Record<string, number>>) => void;

/** What applies the conditions to an image; undefined where there are none. Its streams are those of the image alone. */
function fieldOf({ classNames, shape, seed, draw, conditions = {} }: Simulation): Field | undefined {
  if (!anyCondition(conditions)) return undefined;
  const [height, width] = shape;
  const streams = classNames.map((name) => new RandomStream(seed).fork('field').fork(name));
  return (image, label, index, { background: level = 0 }) => {
    // Another class's object, with the same index, so that it does not depend on how many images there are.
    const drawOther = (stream: RandomStream, target: Float32Array): number => {
      const other = (label + 1 + stream.nextInt(Math.max(1, classNames.length - 1))) % classNames.length;
      return draw(other, stream, target, index).background ?? 0;
    };
    const stream = streams[label].fork(index);
    applyFieldConditions(image, conditions, { shape: [height, width], stream, level, drawOther });
  };
}

/** @throws {OptionError} unless `value` is a whole number from `least` to `most`. */
export function wholeNumber(option: string, value: number, least: number, most = 1e7): number {
  if (!(Number.isInteger(value) && value >= least)) {
    throw new OptionError(`${option} must be an integer of at least ${least}; got ${value}.`);
  }
  if (value > most) throw new OptionError(`${option} must be at most ${most}; got ${value}.`);
  return value;
}

/** Side of a generated image at most, in pixels. */
export const MOST_SIDE = 4096;

/** @throws {OptionError} unless `low <= value <= high`. */
export function within(option: string, value: number, low: number, high: number): number {
  if (!(value >= low && value <= high)) {
    throw new OptionError(`${option} must be from ${low} to ${high}; got ${value}.`);
  }
  return value;
}

/** Uniform in `[low, high)`. */
export const uniform = (stream: RandomStream, low: number, high: number): number => low + (high - low) * stream.next();

export const clip01 = (v: number): number => Math.min(1, Math.max(0, v));
