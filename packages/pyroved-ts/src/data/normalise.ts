/**
 * The range of grey values that is scaled to [0, 1]: determined once for a data set, stored with the run, and applied to
 * new images.
 */
import { DataError } from '../errors.js';

/** The grey values that are mapped to 0 and 1. */
export interface Normalisation {
  readonly low: number;
  readonly high: number;
}

/** As text: "[0.039, 0.951] scaled to [0, 1]". */
export function normalisationText({ low, high }: Normalisation): string {
  const written = (value: number) => Number(value.toPrecision(3));
  return `[${written(low)}, ${written(high)}] scaled to [0, 1]`;
}

/**
 * Maximum number of values from which percentiles are computed; of more, an evenly spaced subset is used.
 */
const ENOUGH = 4_000_000;

/** The ranges of the inputs and the outputs of pairs. */
export interface PairedNormalisation {
  readonly inputs: Normalisation;
  readonly outputs: Normalisation;
}

/**
 * The 1st and 99th percentile of all values of all parts (linear interpolation between ranks). If they coincide, as for
 * small bright objects on a uniform background, the smallest and the largest value.
 * @throws {DataError} when all values are equal, or a value is not finite.
 */
export function percentileRange(parts: readonly Float32Array[]): Normalisation {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const part of parts) {
    for (const v of part) {
      if (!Number.isFinite(v)) throw new DataError(`A pixel value is ${v}: there is no range of grey values.`);
      if (v < min) min = v;
      if (v > max) max = v;
    }
  }
  if (!(min < max)) throw new DataError('All pixels of all images have the same value: there is nothing to learn.');
  const total = parts.reduce((n, part) => n + part.length, 0);
  // An odd step visits all columns of images whose width is a power of two.
  const step = total <= ENOUGH ? 1 : Math.ceil(total / ENOUGH) | 1;
  const sample: number[] = [];
  for (const part of parts) for (let i = 0; i < part.length; i += step) sample.push(part[i]);
  const sorted = Float32Array.from(sample).sort();
  const low = percentile(sorted, 0.01);
  const high = percentile(sorted, 0.99);
  return low < high ? { low, high } : { low: min, high: max };
}

function percentile(sorted: Float32Array, p: number): number {
  const rank = p * (sorted.length - 1);
  const below = Math.floor(rank);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (rank - below) * (sorted[above] - sorted[below]);
}

/** Maps [low, high] to [0, 1] in place, and clips values outside. */
export function normaliseInPlace(values: Float32Array, { low, high }: Normalisation): void {
  const scale = 1 / (high - low);
  for (let i = 0; i < values.length; i++) values[i] = Math.min(1, Math.max(0, (values[i] - low) * scale));
}
