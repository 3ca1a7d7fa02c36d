/** Sums of probabilities on the host, given as logarithms. */

/** The largest of `logs`, NaN where one is; minus infinity of none. */
export function maximum(logs: ArrayLike<number>): number {
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < logs.length; i++) if (!(logs[i] <= max)) max = logs[i];
  return max;
}

/** log of the sum of exp(logs); minus infinity where all are. */
export function logTotal(logs: ArrayLike<number>): number {
  const max = maximum(logs);
  if (!Number.isFinite(max) || logs.length === 1) return max;
  let sum = 0;
  for (let i = 0; i < logs.length; i++) sum += Math.exp(logs[i] - max);
  return max + Math.log(sum);
}
