/** Exact random draws of single numbers, on the host, for the families that need more than a quantile function. */
import { DrawError } from '../errors.js';
import type { RandomStream } from '../random.js';

/** Proposals that a rejection sampler may reject in a row; the least efficient one here accepts every third. */
const maxTries = 10_000;

const noDraw = (family: string, parameter: string, value: number): DrawError =>
  new DrawError(
    `A ${family} draw cannot be made: its ${parameter} is ${value}. Keep the parameter finite, e.g. by a lower learning rate, clipped gradients or a ` +
      'constraint that bounds it.',
  );

/** A standard exponential draw. */
export const nextExponential = (rng: RandomStream): number => -Math.log(rng.next());
/** A standard Gumbel draw. */
export const nextGumbel = (rng: RandomStream): number => -Math.log(nextExponential(rng));

/** log of a standard gamma draw of shape a > 0: no underflow for small a (Marsaglia and Tsang 2000). */
export function nextLogGamma(rng: RandomStream, a: number): number {
  if (!(a > 0)) return Number.NaN;
  if (a === Number.POSITIVE_INFINITY) throw noDraw('gamma', 'shape', a);
  if (a < 1) return nextLogGamma(rng, a + 1) + Math.log(rng.next()) / a;
  const d = a - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (let i = 0; i < maxTries; i++) {
    const z = rng.nextNormal();
    const v = (1 + c * z) ** 3;
    if (v > 0 && Math.log(rng.next()) < 0.5 * z * z + d - d * v + d * Math.log(v)) return Math.log(d * v);
  }
  throw noDraw('gamma', 'shape', a);
}

/** A standard gamma draw of shape a > 0. */
export const nextGamma = (rng: RandomStream, a: number): number => Math.exp(nextLogGamma(rng, a));

/** [x, 1 - x] for a draw x of Beta(a, b), each exact even where the other is 1 to rounding. */
export function nextBeta(rng: RandomStream, a: number, b: number): [number, number] {
  const difference = nextLogGamma(rng, b) - nextLogGamma(rng, a);
  return [1 / (1 + Math.exp(difference)), 1 / (1 + Math.exp(-difference))];
}

/** Number of successes among n trials of probability p: by halves through order statistics of uniforms (Devroye 1986, X.4), then one by one. */
export function nextBinomial(rng: RandomStream, n: number, p: number): number {
  if (!(p > 0)) return p === 0 ? 0 : Number.NaN;
  if (p >= 1) return n;
  if (n === Number.POSITIVE_INFINITY) throw noDraw('binomial', 'total count', n);
  if (n < 40) {
    let successes = 0;
    for (let i = 0; i < n; i++) if (rng.next() < p) successes++;
    return successes;
  }
  // The k-th smallest of n uniforms is Beta(k, n + 1 - k); where it falls says how many of the trials are settled.
  const k = Math.floor((n + 1) / 2);
  const [x, y] = nextBeta(rng, k, n + 1 - k);
  return x <= p ? k + nextBinomial(rng, n - k, (p - x) / y) : nextBinomial(rng, k - 1, p / x);
}

/** A Poisson count of the given rate: by gamma waiting times until the rate is small (Ahrens and Dieter 1974), then one by one. */
export function nextPoisson(rng: RandomStream, rate: number): number {
  if (!(rate >= 0)) return Number.NaN;
  if (rate === Number.POSITIVE_INFINITY) throw noDraw('Poisson', 'rate', rate);
  if (rate > 30) {
    const events = Math.floor((7 / 8) * rate);
    const time = nextGamma(rng, events);
    return time <= rate ? events + nextPoisson(rng, rate - time) : nextBinomial(rng, events - 1, rate / time);
  }
  let count = -1;
  for (let time = 0; time <= rate; count++) time += nextExponential(rng);
  return count;
}

/** An angle in (-pi, pi] around 0 of concentration k (Best and Fisher 1979). */
export function nextVonMises(rng: RandomStream, k: number): number {
  if (!(k >= 0)) return Number.NaN;
  if (k === Number.POSITIVE_INFINITY) throw noDraw('von Mises', 'concentration', k);
  if (k < 1e-6) return Math.PI * (2 * rng.next() - 1);
  // As close to a normal as float64 can tell.
  if (k > 1e16) return rng.nextNormal() / Math.sqrt(k);
  const tau = 1 + Math.sqrt(1 + 4 * k * k);
  const rho = (tau - Math.sqrt(2 * tau)) / (2 * k);
  // (1 + rho^2) / (2 rho) - 1, which is about 1 / k for large k.
  const excess = (1 - rho) ** 2 / (2 * rho);
  for (let i = 0; i < maxTries; i++) {
    const t = Math.tan((Math.PI / 2) * rng.next()) ** 2;
    // 1 - cos of the angle, without cancellation.
    const w = Math.min(2, (2 * excess * t) / (2 + excess * (1 + t)));
    const c = k * (excess + w);
    const u = rng.next();
    if (c * (2 - c) > u || Math.log(c / u) + 1 >= c) {
      const angle = 2 * Math.asin(Math.sqrt(w / 2));
      return rng.next() < 0.5 ? -angle : angle;
    }
  }
  throw noDraw('von Mises', 'concentration', k);
}
