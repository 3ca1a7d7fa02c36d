/** Means, standard deviations and paired tests. Both tests have closed forms, so no statistics library is needed. */
import { OptionError } from 'pyro-ts';

export interface Spread {
  readonly mean: number;
  /** Sample standard deviation (n - 1); 0 for a single number. */
  readonly sd: number;
  readonly n: number;
}

/** Mean and standard deviation; NaN for no numbers. */
export function spreadOf(values: readonly number[]): Spread {
  const n = values.length;
  const mean = values.reduce((sum, v) => sum + v, 0) / n;
  const squares = values.reduce((sum, v) => sum + (v - mean) ** 2, 0);
  return { mean, sd: n > 1 ? Math.sqrt(squares / (n - 1)) : 0, n };
}

export interface PairedTest {
  /** Mean of a - b. */
  readonly difference: number;
  /** Two-sided p-value of the paired t-test; NaN for fewer than two pairs. */
  readonly tTest: number;
  /** Two-sided exact p-value of the Wilcoxon signed-rank test; NaN if no pair differs. */
  readonly wilcoxon: number;
  readonly n: number;
}

/** Tests whether pairs (a, b) differ on average. */
export function pairedTest(a: readonly number[], b: readonly number[]): PairedTest {
  if (a.length !== b.length)
    throw new OptionError(`pairedTest requires arrays of the same length; got ${a.length} and ${b.length}.`);
  const differences = a.map((v, i) => v - b[i]);
  const { mean, sd, n } = spreadOf(differences);
  // Differences that vary only by rounding count as equal.
  const isSame = sd <= 1e-12 * Math.max(...differences.map(Math.abs), Number.MIN_VALUE);
  const t = isSame ? (mean === 0 ? 0 : Number.POSITIVE_INFINITY) : mean / (sd / Math.sqrt(n));
  return {
    difference: mean,
    tTest: n > 1 ? studentTail(Math.abs(t), n - 1) : Number.NaN,
    wilcoxon: wilcoxon(differences),
    n,
  };
}

/** The 95% confidence interval of the mean of a - b, of the paired t-test; infinite for fewer than two pairs. */
export function pairedInterval(a: readonly number[], b: readonly number[]): [low: number, high: number] {
  const { mean, sd, n } = spreadOf(a.map((v, i) => v - b[i]));
  if (n < 2) return [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const half = (studentQuantile(0.05, n - 1) * sd) / Math.sqrt(n);
  return [mean - half, mean + half];
}

/** The t for which P(|T| > t) is `tail`, by bisection. */
function studentQuantile(tail: number, df: number): number {
  let [low, high] = [0, 1];
  while (studentTail(high, df) > tail) high *= 2;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (studentTail(middle, df) > tail) low = middle;
    else high = middle;
  }
  return high;
}

/** P(|T| > t) of Student's t with an integer number of degrees of freedom. @see Abramowitz & Stegun 1964, 26.7.3 and 26.7.4. */
export function studentTail(t: number, df: number): number {
  const angle = Math.atan(t / Math.sqrt(df));
  const [sin, cos] = [Math.sin(angle), Math.cos(angle)];
  const odd = df % 2 === 1;
  // cos (or 1), then 2/3 cos^3 (1/2 cos^2), then 2 4/(3 5) cos^5 (1 3/(2 4) cos^4), ...
  let term = odd ? cos : 1;
  let sum = df === 1 ? 0 : term;
  for (let k = odd ? 3 : 2; k <= df - 2; k += 2) {
    term *= ((k - 1) / k) * cos * cos;
    sum += term;
  }
  const within = odd ? (2 / Math.PI) * (angle + sin * sum) : sin * sum;
  return Math.min(1, Math.max(0, 1 - within));
}

/**
 * The exact two-sided p-value: the fraction of all sign assignments that are at least as extreme. Pairs without a difference are dropped; equal
 * differences share the mean of their ranks. @see Wilcoxon 1945; Pratt & Gibbons 1981 for ties.
 */
function wilcoxon(differences: readonly number[]): number {
  const given = differences.filter((d) => d !== 0);
  if (given.length === 0) return Number.NaN;
  const sizes = given.map(Math.abs).sort((a, b) => a - b);
  // Twice the mean rank, an integer.
  const twiceRank = given.map((d) => sizes.indexOf(Math.abs(d)) + sizes.lastIndexOf(Math.abs(d)) + 2);
  const total = twiceRank.reduce((sum, r) => sum + r, 0);
  // The fraction of sign assignments for each sum of positive ranks.
  let shares = Float64Array.of(1);
  for (const rank of twiceRank) {
    const next = new Float64Array(shares.length + rank);
    shares.forEach((share, s) => {
      next[s] += share / 2;
      next[s + rank] += share / 2;
    });
    shares = next;
  }
  const positive = twiceRank.reduce((sum, r, i) => (given[i] > 0 ? sum + r : sum), 0);
  const lesser = Math.min(positive, total - positive);
  const tail = shares.subarray(0, lesser + 1).reduce((sum, share) => sum + share, 0);
  return Math.min(1, 2 * tail);
}
