/**
 * The frame of every generated data set: classes, counts, a seed, and a function that draws one example with its
 * factors of variation.
 */
import { OptionError, RandomStream } from 'pyro-ts';
import { type ImageSet, imageSet } from '../dataset.js';

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
}

/**
 * Examples of each class, class after class, with labels, and with `class` among the factors. Each class has a random
 * stream of its own, so that its first examples do not depend on how many are asked for.
 */
export function simulate({ classNames, counts, shape, seed, factors: names, draw }: Simulation): ImageSet {
  const size = shape.reduce((n, d) => n * d, 1);
  const total = counts.reduce((a, b) => a + b, 0);
  const images = new Float32Array(total * size);
  const labels = new Int32Array(total);
  const factors = Object.fromEntries(names.map((name) => [name, new Float32Array(total)]));
  let i = 0;
  counts.forEach((count, label) => {
    const stream = new RandomStream(seed).fork(classNames[label]);
    for (let k = 0; k < count; k++, i++) {
      const drawn = draw(label, stream, images.subarray(i * size, (i + 1) * size), k);
      for (const name of names) factors[name][i] = drawn[name];
      labels[i] = label;
    }
  });
  return imageSet({ images, shape, labels, classNames, factors: { class: Float32Array.from(labels), ...factors } });
}

/** @throws {OptionError} unless `value` is a whole number of at least `least`. */
export function wholeNumber(option: string, value: number, least: number): number {
  if (!(Number.isInteger(value) && value >= least)) {
    throw new OptionError(`${option} must be a whole number of at least ${least}, not ${value}.`);
  }
  return value;
}

/** @throws {OptionError} unless `low <= value <= high`. */
export function within(option: string, value: number, low: number, high: number): number {
  if (!(value >= low && value <= high)) {
    throw new OptionError(`${option} must lie between ${low} and ${high}, not ${value}.`);
  }
  return value;
}

/** Uniform in `[low, high)`. */
export const uniform = (stream: RandomStream, low: number, high: number): number => low + (high - low) * stream.next();

export const clip01 = (v: number): number => Math.min(1, Math.max(0, v));
