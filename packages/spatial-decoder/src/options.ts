/** Checks of a kernel's threads and memory budget, shared by all kernels and by `selectKernel`. */
import { describeValue } from '@pyro-ts/engine/internal';
import { SpatialDecoderError } from './errors.js';

/** Maximum for the native kernel; the wasm kernel supports fewer. */
export const MOST_THREADS = 1024;

/** More than any machine has; the C++ kernel counts bytes in integers. */
const ENDLESS = 1e15;

/** Returns `threads`, or throws an error that begins with the name of their source. */
export function threadsFrom(source: string, threads: unknown, most = MOST_THREADS): number {
  if (typeof threads === 'number' && Number.isInteger(threads) && threads >= 1 && threads <= most) return threads;
  throw new SpatialDecoderError(
    `${source} must be at least 1 and at most ${most}, a whole number, but is ${describeValue(threads)}.`,
  );
}

/** A budget in bytes, from any number of at least 0 of the unit named `unit`, which has `bytes` bytes. */
export function budgetFrom(source: string, budget: unknown, unit = 'bytes', bytes = 1): number {
  if (typeof budget === 'number' && budget >= 0) return Math.min(Math.floor(budget * bytes), ENDLESS);
  throw new SpatialDecoderError(
    `${source} is ${describeValue(budget)}; give 0 (always recompute) or more, a number of ${unit}.`,
  );
}
