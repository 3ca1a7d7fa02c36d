/** The gamma function and its relatives for one number, in float64: Stirling's series beyond 10, the recurrence below. */

const LOG_SQRT_2PI = 0.5 * Math.log(2 * Math.PI);
const SHIFT = 10;

/** log |Gamma(x)|; infinite at 0 and the negative integers. */
export function lgamma(x: number): number {
  if (x < 0.5) {
    if (x <= 0 && Number.isInteger(x)) return Number.POSITIVE_INFINITY;
    return Math.log(Math.PI / Math.abs(Math.sin(Math.PI * x))) - lgamma(1 - x);
  }
  let product = 1;
  let y = x;
  for (; y < SHIFT; y++) product *= y;
  return LOG_SQRT_2PI + (y - 0.5) * Math.log(y) - y + stirlingRemainder(y) - Math.log(product);
}

/** What Stirling's formula lacks of log Gamma(x), for x >= 10. */
function stirlingRemainder(x: number): number {
  const r = 1 / (x * x);
  const series = 1 / 12 - r * (1 / 360 - r * (1 / 1260 - r * (1 / 1680 - r * (1 / 1188 - r * (691 / 360360)))));
  return series / x;
}

/** Derivative of `lgamma`; NaN at 0 and the negative integers. */
export function digamma(x: number): number {
  if (x <= 0) return Number.isInteger(x) ? Number.NaN : digamma(1 - x) - Math.PI / Math.tan(Math.PI * x);
  let sum = 0;
  let y = x;
  for (; y < SHIFT; y++) sum -= 1 / y;
  const r = 1 / (y * y);
  const series = 1 / 12 - r * (1 / 120 - r * (1 / 252 - r * (1 / 240 - r * (1 / 132 - r * (691 / 32760)))));
  return sum + Math.log(y) - 0.5 / y - r * series;
}

/** Derivative of `digamma`. */
export function trigamma(x: number): number {
  if (x <= 0) return Number.isInteger(x) ? Number.NaN : (Math.PI / Math.sin(Math.PI * x)) ** 2 - trigamma(1 - x);
  let sum = 0;
  let y = x;
  for (; y < SHIFT; y++) sum += 1 / (y * y);
  const r = 1 / (y * y);
  const series = 1 / 6 - r * (1 / 30 - r * (1 / 42 - r * (1 / 30 - r * (5 / 66 - r * (691 / 2730)))));
  return sum + 1 / y + r * (0.5 + series / y);
}

/** log B(a, b) = lgamma(a) + lgamma(b) - lgamma(a + b), for a, b > 0; also where one is far larger than the other. */
export function lbeta(a: number, b: number): number {
  const small = Math.min(a, b);
  const large = Math.max(a, b);
  if (large < SHIFT) return lgamma(a) + lgamma(b) - lgamma(a + b);
  // The difference lgamma(large) - lgamma(large + small), with the terms that cancel taken together.
  const sum = large + small;
  const difference = stirlingRemainder(large) - stirlingRemainder(sum) + small - small * Math.log(sum);
  return lgamma(small) + difference - (large - 0.5) * Math.log1p(small / large);
}

/** The regularised incomplete gamma function P(a, x): the probability that a gamma variate of shape a is below x. */
export function gammaP(a: number, x: number): number {
  if (x <= 0) return 0;
  const density = Math.exp((a - 1) * Math.log(x) - x - lgamma(a));
  return x < a + 1 ? density * lowerSeries(a, x).value : 1 - density * x * upperFraction(a, x).value;
}

/** P(a, x) over the density at x, and its derivative in a over the density. */
function lowerSeries(a: number, x: number): { value: number; slope: number } {
  const logX = Math.log(x);
  let term = x / a;
  let psi = digamma(a + 1);
  let value = term;
  let slope = term * (logX - psi);
  for (let n = 1; term > 1e-17 * value; n++) {
    psi += 1 / (a + n);
    term *= x / (a + n);
    value += term;
    slope += term * (logX - psi);
  }
  return { value, slope };
}

/** The continued fraction of 1 - P(a, x) (Abramowitz and Stegun 6.5.31), evaluated from its far end, with its derivative in a. */
function upperFraction(a: number, x: number): { value: number; slope: number } {
  const depth = Math.ceil(30 + 12 * Math.sqrt(a) + 200 / (1 + x - a));
  let h = x + 2 * depth + 1 - a;
  let dh = -1;
  for (let k = depth; k > 0; k--) {
    const numerator = -k * (k - a);
    dh = -1 + k / h - (numerator * dh) / (h * h);
    h = x + 2 * k - 1 - a + numerator / h;
  }
  return { value: 1 / h, slope: -dh / (h * h) };
}

/** Beyond this shape the quantile's expansion around the normal's is exact to float32 and beyond. */
const LARGE_SHAPE = 1e4;

/** dx/da of the quantile x of a standard gamma of shape a, at a fixed probability: the implicit reparameterisation gradient. */
export function gammaQuantileSlope(a: number, x: number): number {
  if (a > LARGE_SHAPE) return cornishFisherSlope(a, x);
  if (x < a + 1) return -lowerSeries(a, x).slope;
  const { value, slope } = upperFraction(a, x);
  return x * (value * (Math.log(x) - digamma(a)) + slope);
}

/** From x = a + sqrt(a) z + (z^2 - 1) / 3 + (z^3 - 7 z) / (36 sqrt(a)) + ... (Cornish and Fisher 1937), solved for z, derived at fixed z. */
function cornishFisherSlope(a: number, x: number): number {
  const root = Math.sqrt(a);
  const y = (x - a) / root;
  let z = y;
  for (let i = 0; i < 6; i++) z = y - (z * z - 1) / (3 * root) - (z ** 3 - 7 * z) / (36 * a);
  return 1 + z / (2 * root) - (z ** 3 - 7 * z) / (72 * a * root);
}
