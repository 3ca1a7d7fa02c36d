/**
 * Outlier scores: how atypical an image is of the training images, from the tail probabilities of three statistics of
 * its explanation, combined as in Fisher's method.
 */
import { softmaxRows } from './queries/uncertainty.js';
import type { ClassExplanations } from './templateExplanations.js';

/** Number of stored quantiles of each statistic of the training images, and of their scores. */
export const QUANTILE_COUNT = 201;

/** Number of stored quantile tables: one for each statistic below, and one for the scores. */
export const OUTLIER_TABLES = 4;

/** Temperature of the evidence in the third statistic. */
const SOFTENING = 64;

/**
 * Statistics that are low for objects of no known class, [3][count]: the evidence summed over the classes; the log
 * probability of the likeliest class according to recognition; and the same according to the evidence, softened.
 */
export function outlierStatistics({ evidence, recognised }: ClassExplanations, numClasses: number): Float64Array[] {
  return [
    totalEvidence(evidence, numClasses),
    largestLog(softmaxRows(recognised, numClasses), numClasses),
    largestLog(
      softmaxRows(
        evidence.map((nats) => nats / SOFTENING),
        numClasses,
      ),
      numClasses,
    ),
  ];
}

/**
 * Outlier scores, [count]: for each statistic, the log of the fraction of training images with a lower value, summed
 * over the statistics. 0 is the most typical score. With a gate of 1, only the evidence counts.
 * @param tables ascending quantiles of the statistics of the training images, [3][QUANTILE_COUNT]
 * @param gate the weight of the evidence, from 0 to 1
 * @see Fisher 1925, "Statistical Methods for Research Workers", for the combination of tail probabilities.
 */
export function outlierScores(
  statistics: readonly Float64Array[],
  tables: readonly ArrayLike<number>[],
  gate: number,
): Float64Array {
  const weights = [1, 1 - gate, 1 - gate];
  return statistics[0].map((_, i) =>
    weights.reduce((sum, weight, k) => (weight === 0 ? sum : sum + weight * logTail(statistics[k][i], tables[k])), 0),
  );
}

/** Evenly spaced quantiles, from the smallest to the largest value, [QUANTILE_COUNT]. */
export function quantilesOf(values: ArrayLike<number>): number[] {
  const sorted = Float64Array.from(values).sort();
  return Array.from(
    { length: QUANTILE_COUNT },
    (_, i) => sorted[Math.round((i / (QUANTILE_COUNT - 1)) * (sorted.length - 1))],
  );
}

/** The quantile at probability `share`, interpolated linearly between `quantiles`. */
export function valueAt(quantiles: ArrayLike<number>, share: number): number {
  const at = share * (quantiles.length - 1);
  const low = Math.min(Math.floor(at), quantiles.length - 2);
  return quantiles[low] + (at - low) * (quantiles[low + 1] - quantiles[low]);
}

/**
 * Log of the fraction of values that are below `value`, given their `quantiles`. It keeps decreasing below the smallest
 * quantile, so that outliers remain ordered.
 */
export function logTail(value: number, quantiles: ArrayLike<number>): number {
  const last = quantiles.length - 1;
  const least = 0.5 / last;
  if (value >= quantiles[last]) return 0;
  if (value < quantiles[0]) {
    const spread = quantiles[last >> 1] - quantiles[0];
    return Math.log(least) - (spread > 0 ? (quantiles[0] - value) / spread : 1);
  }
  let [low, high] = [0, last];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (quantiles[middle] <= value) low = middle;
    else high = middle;
  }
  const within = (value - quantiles[low]) / (quantiles[high] - quantiles[low]);
  return Math.log(Math.max(least, (low + within) / last));
}

/** Log-sum-exp over the classes of rows [count, K]: [count]. */
export function totalEvidence(evidence: Float64Array, classes: number): Float64Array {
  return Float64Array.from({ length: evidence.length / classes }, (_, i) => {
    const row = evidence.subarray(i * classes, (i + 1) * classes);
    const most = Math.max(...row);
    return most + Math.log(row.reduce((sum, e) => sum + Math.exp(e - most), 0));
  });
}

const largestLog = (probabilities: Float32Array, classes: number): Float64Array =>
  Float64Array.from({ length: probabilities.length / classes }, (_, i) =>
    Math.log(Math.max(...probabilities.subarray(i * classes, (i + 1) * classes))),
  );
