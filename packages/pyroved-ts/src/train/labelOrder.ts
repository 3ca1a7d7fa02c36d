/** The order in which images are most worth labelling: those whose class is uncertain, and that differ from each other. */
import { OptionError } from 'pyro-ts';
import type { Classified } from '../models/queries/uncertainty.js';

export interface LabelCandidates extends Pick<Classified, 'probabilities' | 'entropy'> {
  /** What images are compared by, [count, d], e.g. the content latents. */
  readonly features: Float32Array;
}

export interface LabelOrderOptions {
  /** Number of images. @default 100 */
  readonly count?: number;
  /** Indices of images that have labels: they are not among the result, and images like them come later. @default none */
  readonly labelled?: Iterable<number>;
}

/** Entropy that is added to every image, as a fraction of the largest, so that images of certain classes differ too. */
const FLOOR = 0.02;

/**
 * Orders unlabelled images: each next one has the largest product of its entropy and its distance from the nearest image that precedes it or has a
 * label. By entropy alone, nearly identical images would follow each other. Features and class probabilities are compared, each scaled by its spread.
 * @returns indices of at most `count` images
 * @throws {OptionError} when the sizes of the arrays do not fit together, or `count` is not a positive integer.
 * @see Sener and Savarese 2018 (core sets), weighted by the entropy
 * @example
 * const { probabilities, entropy } = model.classify(images);
 * const first = labelOrder({ probabilities, entropy, features: model.encode(images).content }, { count: 20 });
 */
export function labelOrder(candidates: LabelCandidates, options: LabelOrderOptions = {}): Int32Array {
  const { count = 100, labelled = [] } = options;
  const { entropy } = candidates;
  const n = entropy.length;
  for (const name of ['probabilities', 'features'] as const) {
    if (!Number.isInteger(candidates[name].length / Math.max(1, n)))
      throw new OptionError(`labelOrder: ${name} has ${candidates[name].length} values for ${n} images.`);
  }
  if (!Number.isInteger(count) || count < 1)
    throw new OptionError(`labelOrder: count must be an integer of at least 1; got ${count}.`);
  const { rows, width } = scaledRows(candidates);
  const most = entropy.reduce((a, b) => Math.max(a, b), 0);
  const weight = Float64Array.from(entropy, (value) => value + FLOOR * (most || 1));
  // Squared distance from the nearest image that is labelled or precedes.
  const nearest = new Float64Array(n).fill(Number.POSITIVE_INFINITY);
  const isTaken = new Uint8Array(n);
  const take = (i: number): void => {
    isTaken[i] = 1;
    for (let j = 0; j < n; j++) {
      let distance = 0;
      for (let k = 0; k < width; k++) distance += (rows[i * width + k] - rows[j * width + k]) ** 2;
      if (distance < nearest[j]) nearest[j] = distance;
    }
  };
  for (const i of labelled) take(i);
  const order: number[] = [];
  while (order.length < count) {
    let best = -1;
    let bestValue = Number.NEGATIVE_INFINITY;
    for (let j = 0; j < n; j++) {
      if (isTaken[j]) continue;
      // The first image has no other to be compared with.
      const value = weight[j] * (nearest[j] === Number.POSITIVE_INFINITY ? 1 : Math.sqrt(nearest[j]));
      if (value > bestValue) [best, bestValue] = [j, value];
    }
    if (best < 0) break;
    order.push(best);
    take(best);
  }
  return Int32Array.from(order);
}

/** Features and probabilities of each image in one row, each group with a total variance of 1. */
function scaledRows({ features, probabilities, entropy }: LabelCandidates): { rows: Float32Array; width: number } {
  const n = Math.max(1, entropy.length);
  const groups = [features, probabilities].map((data) => ({
    data,
    width: data.length / n,
    scale: 1 / (spread(data, n) || 1),
  }));
  const width = groups.reduce((sum, group) => sum + group.width, 0);
  const rows = new Float32Array(n * width);
  let from = 0;
  for (const { data, width: own, scale } of groups) {
    for (let i = 0; i < n; i++) for (let k = 0; k < own; k++) rows[i * width + from + k] = scale * data[i * own + k];
    from += own;
  }
  return { rows, width };
}

/** The square root of the total variance of `n` rows. */
function spread(data: Float32Array, n: number): number {
  const width = data.length / n;
  let total = 0;
  for (let k = 0; k < width; k++) {
    let [sum, squares] = [0, 0];
    for (let i = 0; i < n; i++) {
      sum += data[i * width + k];
      squares += data[i * width + k] ** 2;
    }
    total += squares / n - (sum / n) ** 2;
  }
  return Math.sqrt(Math.max(0, total));
}
