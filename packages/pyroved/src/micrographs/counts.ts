/** Counts and densities per class, with intervals that take the classifier's confusion into account. */
import { RandomStream } from 'pyro-ts';
import { drawDirichlet, drawGamma, drawMultinomial } from './sampling.js';

/** A number with its interval. */
export interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** The objects of one class. */
export interface ClassCount {
  readonly class: string;
  /** Objects that were classified as this class. */
  readonly classified: number;
  /** The number of objects that are of this class; undefined where the confusion is not known. */
  readonly count?: Interval;
  /** Objects per area. */
  readonly density?: Interval;
}

/** What is known of a classifier's errors. */
export interface Confusion {
  /** Validation images of each true class (rows) that were classified as each class. */
  readonly counts: readonly (readonly number[])[];
  /** Distinct images among them, which may be shown several times. */
  readonly distinct: number;
}

export interface CountOptions {
  readonly names: readonly string[];
  readonly confusion?: Confusion;
  /** Fraction of the objects of each true class (rows) that is expected to be classified as each class; see `expectedConfusion`. */
  readonly expected?: readonly (readonly number[])[];
  readonly area?: number;
  readonly seed?: number;
}

/** The confusion that the probabilities of objects let expect; rows of classes that no object can be are those of a perfect classifier. */
export function expectedConfusion(
  objects: readonly { readonly classIndex: number; readonly probabilities: ArrayLike<number> }[],
  numClasses: number,
): number[][] {
  const sums = Array.from({ length: numClasses }, () => new Array<number>(numClasses).fill(0));
  for (const { classIndex, probabilities } of objects)
    for (let k = 0; k < numClasses; k++) sums[k][classIndex] += probabilities[k];
  return sums.map((row, k) => {
    const total = row.reduce((a, b) => a + b, 0);
    return total > 0 ? row.map((v) => v / total) : row.map((_, j) => (j === k ? 1 : 0));
  });
}

/** Weight of the expected confusion, in validation images per class. */
const EXPECTED = 10;
/** Probability that the intervals have. */
export const COVERAGE = 0.95;
const [OUTER, INNER] = [400, 10];

/**
 * Posterior of the number of objects of each true class, given how many were classified as each. Each row of the confusion has a Dirichlet posterior from
 * the validation images; its prior equals ten images with the confusion that the (calibrated) probabilities of the objects let expect, and a tenth of one
 * of no known class, or without probabilities one. The proportions of the classes have a Dirichlet prior worth one object. The posterior is
 * sampled: the confusion from the validation images alone, and for each draw of it the true classes and the proportions in turn (Gibbs sampling).
 * @param classified number of objects classified as each class
 * @param area of the micrograph, for densities; their intervals include the scatter of counts (Poisson)
 * @example
 * classCounts([60, 40], { names: ['rod', 'disc'], confusion: { counts: [[18, 2], [1, 19]], distinct: 40 }, area: 2.5 })
 */
export function classCounts(
  classified: readonly number[],
  { names, confusion, expected, area, seed = 1 }: CountOptions,
): ClassCount[] {
  const draws = confusion && trueCounts(classified, confusion, expected, new RandomStream(seed).fork('counts'));
  const rates = new RandomStream(seed).fork('rates');
  return names.map((name, k) => {
    const own = draws?.map((draw) => draw[k]);
    // A count of n is a rate of Gamma(n + 1/2), with Jeffreys' prior.
    const density = area === undefined ? undefined : own?.map((n) => drawGamma(rates, n + 0.5) / area);
    return {
      ...{ class: name, classified: classified[k] },
      ...(own && { count: interval(own) }),
      ...(density && { density: interval(density) }),
    };
  });
}

/** Draws of the number of objects of each true class. */
function trueCounts(
  classified: readonly number[],
  { counts, distinct }: Confusion,
  expected: CountOptions['expected'],
  stream: RandomStream,
): number[][] {
  const K = classified.length;
  const total = counts.flat().reduce((a, b) => a + b, 0);
  const weight = total > 0 ? distinct / total : 0;
  const posterior = counts.map((row, k) =>
    row.map((n, j) => n * weight + (expected ? 0.1 / K + EXPECTED * expected[k][j] : 1 / K)),
  );
  let proportions = Array.from({ length: K }, () => 1 / K);
  return Array.from({ length: OUTER }, () => {
    const rows = posterior.map((row) => drawDirichlet(stream, row));
    let truth: number[] = [];
    for (let i = 0; i < INNER; i++) {
      truth = new Array<number>(K).fill(0);
      classified.forEach((n, j) => {
        const weights = proportions.map((p, k) => p * rows[k][j]);
        drawMultinomial(stream, n, weights).forEach((share, k) => {
          truth[k] += share;
        });
      });
      proportions = drawDirichlet(
        stream,
        truth.map((n) => n + 1 / K),
      );
    }
    return truth;
  });
}

function interval(values: readonly number[]): Interval {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (p: number) => sorted[Math.round(p * (sorted.length - 1))];
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return { mean, low: at((1 - COVERAGE) / 2), high: at((1 + COVERAGE) / 2) };
}
