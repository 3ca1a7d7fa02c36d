/** The error function and its relatives for one number, in float64. */

const TWO_OVER_SQRT_PI = 2 / Math.sqrt(Math.PI);
const LOG_SQRT_2PI = 0.5 * Math.log(2 * Math.PI);

/** erf(x) for |x| < 2.5 by its series without alternating signs (Abramowitz and Stegun 7.1.6). */
function erfSeries(x: number): number {
  const xx = 2 * x * x;
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= xx / (2 * n + 1);
    sum += term;
  }
  return TWO_OVER_SQRT_PI * Math.exp(-x * x) * sum;
}

/** exp(x^2) erfc(x) for x >= 2 by its continued fraction (Abramowitz and Stegun 7.1.14), from the far end. */
function erfcxFraction(x: number): number {
  let f = x;
  for (let k = Math.ceil(20 + 120 / (x * x)); k > 0; k--) f = x + k / 2 / f;
  return 1 / (Math.sqrt(Math.PI) * f);
}

/** The error function, 2/sqrt(pi) times the integral of exp(-u^2) from 0 to x. */
export function erf(x: number): number {
  if (Math.abs(x) < 2) return erfSeries(x);
  return x > 0 ? 1 - erfc(x) : erfc(-x) - 1;
}

/** 1 - erf(x), without cancellation for large x. */
export function erfc(x: number): number {
  if (x >= 2) return Math.exp(-x * x) * erfcxFraction(x);
  if (x <= -2) return 2 - erfc(-x);
  return 1 - erfSeries(x);
}

/** exp(x^2) erfc(x), which neither vanishes nor loses digits for large x; infinite below about -26.6. */
export function erfcx(x: number): number {
  return x >= 2 ? erfcxFraction(x) : Math.exp(x * x) * erfc(x);
}

/** The standard normal's distribution function. */
export const ndtr = (x: number): number => 0.5 * erfc(-x * Math.SQRT1_2);

/** Its logarithm, exact in both tails. */
export function logNdtr(x: number): number {
  if (x < -1) return Math.log(0.5 * erfcx(-x * Math.SQRT1_2)) - 0.5 * x * x;
  return x > 1 ? Math.log1p(-0.5 * erfc(x * Math.SQRT1_2)) : Math.log(ndtr(x));
}

/** Derivative of `logNdtr`: the normal density over its distribution function. */
export function inverseMills(x: number): number {
  if (x < -1) return Math.sqrt(2 / Math.PI) / erfcx(-x * Math.SQRT1_2);
  return Math.exp(-0.5 * x * x - LOG_SQRT_2PI) / ndtr(x);
}

/** The standard normal's quantile function: a rational start (Acklam 2003), then two steps of Halley's method. */
export function ndtri(p: number): number {
  if (!(p > 0 && p < 1)) return p === 0 ? Number.NEGATIVE_INFINITY : p === 1 ? Number.POSITIVE_INFINITY : Number.NaN;
  if (p > 0.5) return -lowerQuantile(1 - p);
  return lowerQuantile(p);
}

/** The quantile of p in (0, 1/2]. */
function lowerQuantile(p: number): number {
  const logP = Math.log(p);
  let x = p < 0.02425 ? tailStart(Math.sqrt(-2 * logP)) : centreStart(p - 0.5);
  for (let i = 0; i < 2; i++) {
    // Newton on log ndtr(x) = log p with Halley's correction; its derivative is the inverse Mills ratio, its second -m (m + x).
    const m = inverseMills(x);
    const step = (logNdtr(x) - logP) / m;
    x -= step / (1 + 0.5 * step * (m + x));
  }
  return x;
}

function tailStart(q: number): number {
  const c = [-7.784894002430293e-3, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968];
  const d = [7.784695709041462e-3, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1];
  return horner([...c, 2.938163982698783], q) / horner(d, q);
}

function centreStart(q: number): number {
  const a = [-39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716];
  const b = [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1];
  const r = q * q;
  return (q * horner([...a, 2.506628277459239], r)) / horner(b, r);
}

const horner = (coefficients: readonly number[], x: number): number => coefficients.reduce((sum, c) => sum * x + c, 0);

/** The inverse of erf, for x in (-1, 1); infinite at the ends. */
export function erfinv(x: number): number {
  const y = x < 0 ? ndtri((1 + x) / 2) * Math.SQRT1_2 : -ndtri((1 - x) / 2) * Math.SQRT1_2;
  // Near 0 the quantile is exact to 1e-16 of 1, a Newton step makes it so relative to x.
  return Math.abs(x) < 0.5 ? y - (erfSeries(y) - x) / (TWO_OVER_SQRT_PI * Math.exp(-y * y)) : y;
}
