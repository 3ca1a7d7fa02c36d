/** Trains a trial that was taken from a queue, in a process of this machine. */
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Machine } from '../runs/machine.js';
import { fetchData } from '../shared/data.js';
import { ContentError, type SharedStore, StorageError } from '../shared/store.js';
import type { JobRunner } from '../sweep/trainingProcess.js';
import { type TrialPayload, taskName } from './payload.js';
import type { Pin } from './pin.js';
import {
  createResult,
  hasResult,
  removeState,
  restoreState,
  storeRun,
  storeState,
  type TaskResult,
} from './results.js';
import type { Disposition } from './taskQueue.js';

/** What a worker trains with. */
export interface Workplace {
  readonly store: SharedStore;
  /** A folder of this machine for images and runs. */
  readonly cache: string;
  readonly runner: JobRunner;
  readonly machine: Machine;
  readonly pin: Pin;
  /** Least number of seconds between two copies of a checkpoint to the storage. */
  readonly checkpointSeconds: number;
}

/** Characters of a log that are kept. */
const LOG = 100_000;

/**
 * Trains a task and stores its result, unless another worker was faster. A stopped one is returned with its state, from which the next worker continues.
 * @throws {StorageError} when the storage or this machine's disk cannot be used: the task is another worker's then
 */
export async function trainTask(
  payload: TrialPayload,
  { store, cache, runner, machine, pin, checkpointSeconds }: Workplace,
  signal: AbortSignal,
): Promise<Disposition> {
  const task = taskName(payload);
  if (await hasResult(store, task)) return 'done';
  const { hash, seed, until } = payload;
  let log = '';
  const result = (ended: Pick<TaskResult, 'is' | 'message' | 'files'>): TaskResult => ({
    ...ended,
    ...{ log: log.slice(-LOG), pin, worker: `${os.hostname()}/${process.pid}` },
  });
  const folder = path.join(cache, 'work', randomUUID());
  try {
    const source = await fetchData(store, payload.data, cache);
    await restoreState(store, hash, folder, source);
    using copies = new Copies(() => storeState(store, hash, folder), 1000 * checkpointSeconds);
    const ended = await runner.run(
      {
        ...{ id: task, folder, seed, machine, settings: { ...payload.settings, source } },
        ...(until !== undefined && { until }),
      },
      {
        signal,
        log: (text) => {
          log = (log + text).slice(-2 * LOG);
        },
        onSaved: () => copies.request(),
        onDeath: (how) => {
          log += `The process ended ${how}.\n`;
        },
      },
    );
    await copies.end();
    if (ended.is === 'unwritable') throw new StorageError(ended.message);
    if (ended.is === 'failed') {
      await createResult(store, task, result({ is: 'failed', message: ended.message, files: {} }));
      return 'done';
    }
    // The next comparison of a halving continues from here, as does the next worker of a stopped trial.
    if (ended.is === 'stopped' || until !== undefined) await storeState(store, hash, folder);
    if (ended.is === 'stopped') return 'returned';
    await createResult(store, task, result({ is: 'ended', files: await storeRun(store, folder) }));
    if (until === undefined) await removeState(store, hash);
    return 'done';
  } catch (error) {
    // Another worker would find the same.
    if (!(error instanceof ContentError)) throw error;
    await createResult(store, task, result({ is: 'failed', message: error.message, files: {} }));
    return 'done';
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** Copies of a checkpoint: one at a time, and not more often than wanted. */
class Copies implements Disposable {
  #running: Promise<void> = Promise.resolve();
  #isWaiting = false;
  #last = Date.now();
  #failure: unknown;

  constructor(
    private readonly copy: () => Promise<void>,
    private readonly interval: number,
  ) {}

  /** Copies the current state, soon. */
  request(): void {
    if (this.#isWaiting || Date.now() - this.#last < this.interval) return;
    this.#isWaiting = true;
    this.#running = this.#running
      .then(() => {
        this.#isWaiting = false;
        this.#last = Date.now();
        return this.copy();
      })
      .catch((error: unknown) => {
        this.#failure ??= error;
      });
  }

  /** Waits for the last copy. @throws what one of them failed with */
  async end(): Promise<void> {
    await this.#running;
    if (this.#failure !== undefined) throw this.#failure;
  }

  [Symbol.dispose](): void {
    this.#isWaiting = true;
  }
}
