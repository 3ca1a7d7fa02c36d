/** Threads and memory of a kernel, by one rule for all of them and for whoever chooses among them. */
import { describeValue } from '@pyro-ts/engine/internal';
import { SpatialDecoderError } from './errors.js';

/** Of the native kernel; the wasm kernel works on fewer. */
export const MOST_THREADS = 1024;

/** More than any machine has; the C++ kernel counts bytes in whole numbers. */
const ENDLESS = 1e15;

/** `threads`, or an error that begins with where they come from. */
export function threadsFrom(source: string, threads: unknown, most = MOST_THREADS): number {
  if (typeof threads === 'number' && Number.isInteger(threads) && threads >= 1 && threads <= most) return threads;
  throw new SpatialDecoderError(
    `${source} must be at least 1 and at most ${most}, a whole number, but is ${describeValue(threads)}.`,
  );
}

/** A budget in whole bytes; any number from 0 on is one. `bytes` are those of the unit, which is called `unit`. */
export function budgetFrom(source: string, budget: unknown, unit = 'bytes', bytes = 1): number {
  if (typeof budget === 'number' && budget >= 0) return Math.min(Math.floor(budget * bytes), ENDLESS);
  throw new SpatialDecoderError(
    `${source} is ${describeValue(budget)}; give 0 (always recompute) or more, a number of ${unit}.`,
  );
}
