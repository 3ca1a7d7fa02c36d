/** Draws from a few distributions on the host, for intervals of counts. */
import type { RandomStream } from 'pyro-ts';

/** Gamma with rate 1. @see G. Marsaglia, W. Tsang, "A simple method for generating gamma variables", 2000. */
export function drawGamma(stream: RandomStream, shape: number): number {
  if (shape < 1) return drawGamma(stream, shape + 1) * stream.next() ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = stream.nextNormal();
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - stream.next()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}

export function drawDirichlet(stream: RandomStream, concentration: readonly number[]): number[] {
  const draws = concentration.map((a) => Math.max(drawGamma(stream, a), Number.MIN_VALUE));
  const sum = draws.reduce((a, b) => a + b, 0);
  return draws.map((v) => v / sum);
}

/** Above this variance the normal approximation is used. */
const LARGE = 100;

/** Successes of `n` trials. */
export function drawBinomial(stream: RandomStream, n: number, p: number): number {
  if (n === 0 || p <= 0) return 0;
  if (p >= 1) return n;
  if (p > 0.5) return n - drawBinomial(stream, n, 1 - p);
  const variance = n * p * (1 - p);
  if (variance > LARGE) return Math.min(n, Math.max(0, Math.round(n * p + Math.sqrt(variance) * stream.nextNormal())));
  // The failures before each success are geometric.
  const scale = Math.log1p(-p);
  let successes = -1;
  for (let trials = 0; trials <= n; successes++) trials += 1 + Math.floor(Math.log(1 - stream.next()) / scale);
  return successes;
}

/** `n` objects distributed over classes with these weights. */
export function drawMultinomial(stream: RandomStream, n: number, weights: readonly number[]): number[] {
  let rest = weights.reduce((a, b) => a + b, 0);
  let left = n;
  return weights.map((weight, k) => {
    const count =
      k === weights.length - 1 ? left : drawBinomial(stream, left, rest > 0 ? Math.min(1, weight / rest) : 0);
    rest -= weight;
    left -= count;
    return count;
  });
}
