/** Limits on what a study may cost: hours of all workers together, and a number of trials. */
import { OptionError } from 'pyro-ts';
import { RunFolder } from '../storage/index.js';
import type { Job } from './messages.js';

export interface Limits {
  /** Stop the study when its workers have trained for this many hours together. @default no limit */
  readonly maxHours?: number;
  /** Stop the study when this many trials have been trained, or as many parts of trials when halving. @default no limit */
  readonly maxTrials?: number;
}

/** @throws {OptionError} */
export function checkLimits({ maxHours, maxTrials }: Limits): void {
  if (maxHours !== undefined && !(maxHours > 0))
    throw new OptionError(`maxHours must be a number greater than 0; got ${maxHours}.`);
  if (maxTrials !== undefined && !(Number.isInteger(maxTrials) && maxTrials >= 1))
    throw new OptionError(`maxTrials must be an integer of at least 1; got ${maxTrials}.`);
}

/** Adds up the hours of workers, and stops the study when they are used up. */
export class HourMeter implements Disposable {
  readonly #stop = new AbortController();
  #seconds = 0;
  #workers = 0;
  #since = performance.now();
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly maxHours = Number.POSITIVE_INFINITY) {}

  /** Aborted when the hours are used up. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Takes note of how many workers train from now on. */
  setWorkers(workers: number): void {
    const now = performance.now();
    this.#seconds += (this.#workers * (now - this.#since)) / 1000;
    this.#since = now;
    this.#workers = workers;
    clearTimeout(this.#timer);
    const left = this.maxHours * 3600 - this.#seconds;
    if (left <= 0) this.#stop.abort();
    // Longer timers do not exist; the number of workers changes earlier.
    else if (workers > 0 && Number.isFinite(left))
      this.#timer = setTimeout(() => this.setWorkers(workers), Math.min((1000 * left) / workers, 2 ** 30));
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}

/** Counts the trials that are trained. */
export class TrialBudget {
  #isUsedUp = false;

  constructor(private left = Number.POSITIVE_INFINITY) {}

  /** Whether jobs were omitted. */
  get isUsedUp(): boolean {
    return this.#isUsedUp;
  }

  /** The indices of the jobs that may be trained: those that have been before, and new ones up to the limit. */
  take(jobs: readonly Job[]): number[] {
    return jobs.flatMap((job, index) => {
      if (isTrained(job)) return [index];
      if (this.left > 0) {
        this.left--;
        return [index];
      }
      this.#isUsedUp = true;
      return [];
    });
  }
}

function isTrained({ folder, until }: Job): boolean {
  if (!RunFolder.isIn(folder)) return false;
  const run = RunFolder.open(folder);
  return run.hasSummary() || (until !== undefined && run.metrics.read().length >= until);
}
