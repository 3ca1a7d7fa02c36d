/** The generalised Pareto distribution that fits the largest of some weights: how far a mean over them can be trusted, and smoother weights. */

/**
 * Shape k of the generalised Pareto distribution that fits the largest min(n / 5, 3 sqrt(n)) weights, by the estimator of Zhang & Stephens 2009
 * with the weak prior of Vehtari et al. 2024 (appendix C).
 * @example paretoShape(Float64Array.from({ length: 1000 }, () => 1 / rng.next())) // about 1; importance sampling is reliable below 0.7
 */
export function paretoShape(weights: Float64Array): number {
  const sorted = Float64Array.from(weights).sort();
  const tail = Math.floor(tailLength(sorted.length));
  if (tail < 5) return Number.NaN;
  const cutoff = sorted[sorted.length - tail - 1];
  const excess = sorted.slice(-tail).map((w) => w - cutoff);
  return excess[tail - 1] > 0 ? fitPareto(excess).shape : Number.NaN;
}

const tailLength = (n: number): number => Math.min(n / 5, 3 * Math.sqrt(n));

/** Shape, with the weak prior, and scale, of the excesses over a threshold in ascending order. */
function fitPareto(excess: Float64Array): { shape: number; scale: number } {
  const tail = excess.length;
  const quartile = excess[Math.floor(tail / 4 + 0.5) - 1] || excess[tail - 1];
  const points = 30 + Math.floor(Math.sqrt(tail));
  const theta = Array.from(
    { length: points },
    (_, j) => 1 / excess[tail - 1] + (1 - Math.sqrt(points / (j + 0.5))) / (3 * quartile),
  );
  const shapeAt = (b: number) => excess.reduce((s, x) => s + Math.log1p(-b * x), 0) / tail;
  const logLik = theta.map((b) => {
    const k = shapeAt(b);
    return tail * (Math.log(-b / k) - k - 1);
  });
  const best = Math.max(...logLik);
  const posterior = logLik.map((l) => Math.exp(l - best));
  const total = posterior.reduce((a, b) => a + b, 0);
  const b = theta.reduce((s, t, j) => s + (t * posterior[j]) / total, 0);
  const shape = shapeAt(b);
  return { shape: (shape * tail + 10 * 0.5) / (tail + 10), scale: -shape / b };
}

/**
 * Pareto-smoothed logarithms of importance weights, normalised, and the shape of their tail: the largest are replaced by the quantiles of the distribution
 * that fits them, and none is larger than the largest was. Source: Vehtari et al. 2024; ArviZ `psislw`.
 */
export function smoothed(logWeights: Float64Array): { logWeights: Float64Array; shape: number } {
  const largest = logWeights.reduce((a, b) => Math.max(a, b), -Infinity);
  const logs = logWeights.map((w) => w - largest);
  const order = Array.from(logs.keys()).sort((a, b) => logs[a] - logs[b]);
  const threshold = Math.exp(Math.max(logs[order[logs.length - Math.ceil(tailLength(logs.length)) - 1]], LOG_TINY));
  const tail = order.filter((i) => Math.exp(logs[i]) > threshold);
  let shape = Number.POSITIVE_INFINITY;
  if (tail.length > 4) {
    const fitted = fitPareto(Float64Array.from(tail, (i) => Math.exp(logs[i]) - threshold));
    shape = fitted.shape;
    tail.forEach((i, rank) => {
      const excess = paretoQuantile((rank + 0.5) / tail.length, fitted);
      if (Number.isFinite(excess)) logs[i] = Math.min(Math.log(excess + threshold), 0);
    });
  }
  const total = Math.log(logs.reduce((sum, w) => sum + Math.exp(w), 0));
  return { logWeights: logs.map((w) => w - total), shape };
}

const LOG_TINY = Math.log(2 ** -1022);

const paretoQuantile = (p: number, { shape, scale }: { shape: number; scale: number }): number =>
  shape === 0 ? -scale * Math.log1p(-p) : (scale * Math.expm1(-shape * Math.log1p(-p))) / shape;
