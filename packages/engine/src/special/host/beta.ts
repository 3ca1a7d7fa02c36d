/** The incomplete beta function for one number, in float64, and how its quantile moves with its parameters. */
import { digamma, gammaQuantileSlope, lbeta } from './gamma.js';

/** The regularised incomplete beta function I_x(a, b): the probability that a beta variate is below x. */
export function betaI(a: number, b: number, x: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - betaI(b, a, 1 - x);
  return Math.exp(a * Math.log(x) + b * Math.log1p(-x) - lbeta(a, b)) / a / denominator(a, b, x).h;
}

/**
 * The continued fraction 1 + d_1 / (1 + d_2 / (1 + ...)) that divides in I_x(a, b) (Abramowitz and Stegun 26.5.8), from its far end, with its
 * derivatives in a and b. For x < (a + 1) / (a + b + 2).
 */
function denominator(a: number, b: number, x: number): { h: number; ha: number; hb: number } {
  const depth = Math.ceil(30 + 6 * Math.sqrt(Math.max(a, b)));
  let h = 1;
  let ha = 0;
  let hb = 0;
  const take = (d: number, da: number, db: number) => {
    ha = (da - (d * ha) / h) / h;
    hb = (db - (d * hb) / h) / h;
    h = 1 + d / h;
  };
  for (let m = depth; m > 0; m--) {
    const n = a + 2 * m;
    const odd = (-(a + m) * (a + b + m) * x) / (n * (n + 1));
    take(odd, odd * (1 / (a + m) + 1 / (a + b + m) - 1 / n - 1 / (n + 1)), odd / (a + b + m));
    const scale = (m * x) / ((n - 1) * n);
    const even = scale * (b - m);
    take(even, -even * (1 / (n - 1) + 1 / n), scale);
  }
  const first = (-(a + b) * x) / (a + 1);
  take(first, first * (1 / (a + b) - 1 / (a + 1)), -x / (a + 1));
  return { h, ha, hb };
}

/**
 * [dx/da, dx/db] of the quantile x of Beta(a, b) at a fixed probability: the implicit reparameterisation gradients. `y` is 1 - x, given apart
 * since it may be too small to be told from x.
 */
export function betaQuantileSlopes(a: number, b: number, x: number, y: number): [number, number] {
  if (Math.max(a, b) > LARGE) return slopesFarOut(a, b, x, y);
  if (x > (a + 1) / (a + b + 2)) {
    const [db, da] = lowerSlopes(b, a, y, x);
    return [-da, -db];
  }
  return lowerSlopes(a, b, x, y);
}

/** Beyond this the continued fraction takes thousands of terms, and the expansions below are exact to five digits. */
const LARGE = 1e6;

/**
 * Where a or b is large. With both large, from the log odds: its mean is psi(a) - psi(b), its variance psi'(a) + psi'(b), and its skewness the
 * first term of an expansion in normal quantiles. With b alone large, from -log(1 - x), which is nearly a gamma of shape a over b + (a - 1) / 2
 * (Wise 1950).
 */
function slopesFarOut(a: number, b: number, x: number, y: number): [number, number] {
  if (a > b) {
    const [db, da] = slopesFarOut(b, a, y, x);
    return [-da, -db];
  }
  if (a < SMALL) {
    const n = b + (a - 1) / 2;
    const w = -Math.log1p(-x);
    return [(y / n) * (gammaQuantileSlope(a, w * n) - w / 2), (-y * w) / n];
  }
  const deviation = Math.sqrt(1 / a + 0.5 / a ** 2 + 1 / b + 0.5 / b ** 2);
  const third = (1 / b) ** 2 - (1 / a) ** 2;
  const distance = (Math.log(x / y) - (Math.log(a / b) - 0.5 / a + 0.5 / b)) / deviation;
  const skew = third / deviation ** 3 / 6;
  const z = distance - skew * (distance * distance - 1);
  const inA = 1 / a + 0.5 / a ** 2 - z / (2 * deviation) / a ** 2;
  const inB = -1 / b - 0.5 / b ** 2 - z / (2 * deviation) / b ** 2;
  return [x * y * inA, x * y * inB];
}
/** Below this the smaller of the two counts as small. */
const SMALL = 1e4;

function lowerSlopes(a: number, b: number, x: number, y: number): [number, number] {
  const { h, ha, hb } = denominator(a, b, x);
  // I_x / density, and the derivatives of log I_x.
  const ratio = (x * y) / (a * h);
  const psi = digamma(a + b);
  const inA = Math.log(x) - digamma(a) + psi - 1 / a - ha / h;
  const inB = Math.log(y) - digamma(b) + psi - hb / h;
  return [-ratio * inA, -ratio * inB];
}
