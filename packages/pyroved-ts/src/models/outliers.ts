/** How unlike the training images an image is: tail probabilities of three statistics of its explanation, combined as in Fisher's method. */
import { softmaxRows } from './queries/uncertainty.js';
import type { ClassExplanations } from './templateExplanations.js';

/** Quantiles that are kept of each statistic of the training images, and of their scores. */
export const QUANTILE_COUNT = 201;

/** What is kept of each training image: the statistics below, and the score that they make. */
export const OUTLIER_TABLES = 4;

/** Nats of evidence are divided by it where it says how clearly an image belongs to one class. */
const SOFTENING = 64;

/**
 * Statistics that are low for objects of no class, [3][count]: the evidence summed over the classes; the log probability of the likeliest class by
 * recognition; and by the evidence, softened.
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
 * Outlier scores, [count]: the sum of the logs of the shares of training images with a lower statistic, so that 0 is the most typical. Where the gate is
 * open, the evidence alone counts.
 * @param tables quantiles of the statistics of the training images, ascending, [3][QUANTILE_COUNT]
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

/** Quantiles from the smallest to the largest value, [QUANTILE_COUNT]. */
export function quantilesOf(values: ArrayLike<number>): number[] {
  const sorted = Float64Array.from(values).sort();
  return Array.from(
    { length: QUANTILE_COUNT },
    (_, i) => sorted[Math.round((i / (QUANTILE_COUNT - 1)) * (sorted.length - 1))],
  );
}

/** The value below which a share of those behind `quantiles` lies. */
export function valueAt(quantiles: ArrayLike<number>, share: number): number {
  const at = share * (quantiles.length - 1);
  const low = Math.min(Math.floor(at), quantiles.length - 2);
  return quantiles[low] + (at - low) * (quantiles[low + 1] - quantiles[low]);
}

/** Log of the share of the values behind `quantiles` that are lower; below all of them it falls on, so that outliers stay in order. */
function logTail(value: number, quantiles: ArrayLike<number>): number {
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

/** log of the sum over classes of rows [count, K]: [count]. */
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
