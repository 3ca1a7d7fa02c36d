/** A draw from a few weights. */
import type { RandomStream } from '../../random.js';

/** An index with probability in proportion to its weight exp(log); never one of weight 0 where another is above. */
export function drawIndex(logs: ArrayLike<number>, rng: RandomStream): number {
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < logs.length; i++) max = Math.max(max, logs[i]);
  const weights = Array.from(logs, (x) => (x === max ? 1 : Math.exp(x - max)));
  let left = rng.next() * weights.reduce((a, b) => a + b, 0);
  let chosen = weights.indexOf(1);
  for (let i = 0; i < weights.length && left >= 0; i++) {
    if (weights[i] > 0) chosen = i;
    left -= weights[i];
  }
  return chosen;
}
