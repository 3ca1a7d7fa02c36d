/**
 * The threads that share one WebAssembly memory. The main thread opens a job, workers join it when they wake, and the main thread works too; it closes
 * the job when no work is left and waits only for workers that joined, never for one that is late, asleep or ended.
 */
import { SpatialDecoderError } from '../errors.js';
import {
  BEAT,
  BEAT_STRIDE,
  EPOCH,
  FAILED,
  FINISHED,
  JOB,
  KIND,
  MAX_THREADS,
  NEXT,
  OPEN,
  STATE,
  STOP,
} from './layout.js';
import type { Run } from './worker.js';
import type { StartWorker, WorkerHandle } from './workers.js';

/** A worker joined a job and did not finish it, so that its memory can no longer be trusted. */
export class WorkerFailure extends SpatialDecoderError {}

export interface TeamOptions {
  readonly threads: number;
  /** Milliseconds without a sign of life after which a worker within a job counts as lost. */
  readonly patience: number;
  /** Called with a message when a worker cannot start or ends. */
  readonly warn: (line: string) => void;
  readonly startWorker: StartWorker;
}

export class Team {
  private readonly workers = new Set<WorkerHandle>();
  private readonly control: Int32Array;
  private readonly run: Run;
  private stopped = false;

  /** The main thread alone; `recruit` starts workers. */
  constructor(
    private readonly module: WebAssembly.Module,
    readonly memory: WebAssembly.Memory,
    private readonly options: TeamOptions,
  ) {
    this.control = new Int32Array(memory.buffer, 0, BEAT + MAX_THREADS * BEAT_STRIDE);
    this.run = new WebAssembly.Instance(module, { env: { memory } }).exports.run as Run;
  }

  /** Starts the workers; if one cannot start, warns and continues without it. */
  async recruit(): Promise<void> {
    const { threads, warn, startWorker } = this.options;
    const starts = Array.from({ length: threads - 1 }, async (_, i) => {
      try {
        this.enlist(await startWorker({ module: this.module, memory: this.memory, thread: i + 1 }));
      } catch (error) {
        warn(`A thread of the wasm kernel could not start (${error instanceof Error ? error.message : error}).`);
      }
    });
    await Promise.all(starts);
  }

  /** Number of threads, including the main thread. */
  get threads(): number {
    return 1 + this.workers.size;
  }

  /** Runs a job to completion. @throws {WorkerFailure} when a worker that joined did not finish. */
  do(kind: number, job: number): void {
    const { control } = this;
    control[JOB] = job;
    Atomics.store(control, KIND, kind);
    Atomics.store(control, NEXT, 0);
    Atomics.store(control, FINISHED, 0);
    Atomics.store(control, FAILED, 0);
    Atomics.store(control, STATE, OPEN);
    Atomics.add(control, EPOCH, 1);
    if (this.workers.size > 0) Atomics.notify(control, EPOCH);
    this.run(kind, 0);
    const joined = Atomics.and(control, STATE, ~OPEN) & ~OPEN;
    this.awaitWorkers(joined);
    if (Atomics.load(control, FAILED) !== 0) throw new WorkerFailure('a worker thread failed within a job');
  }

  /** Ends the workers. */
  stop(): void {
    if (this.stopped) return;
    this.stopped = true;
    Atomics.store(this.control, KIND, STOP);
    Atomics.add(this.control, EPOCH, 1);
    Atomics.notify(this.control, EPOCH);
    for (const worker of this.workers) worker.end();
    this.workers.clear();
  }

  private enlist(worker: WorkerHandle): void {
    this.workers.add(worker);
    void worker.ended.then((reason) => {
      if (this.stopped || !this.workers.delete(worker)) return;
      this.options.warn(`A thread of the wasm kernel ended${reason ? ` (${reason})` : ''}; ${this.threads} left.`);
    });
  }

  private awaitWorkers(joined: number): void {
    const { control } = this;
    const { patience } = this.options;
    const step = Math.min(1000, patience);
    let beats = this.beats();
    // Counts pauses rather than time, so that suspending the whole process does not make workers appear lost.
    let silent = 0;
    for (;;) {
      const finished = Atomics.load(control, FINISHED);
      if (finished === joined) return;
      pause(control, finished, step);
      const now = this.beats();
      silent = now === beats && Atomics.load(control, FINISHED) === finished ? silent + step : 0;
      beats = now;
      if (silent >= patience) throw new WorkerFailure(`a worker thread gave no sign of life for ${patience / 1000} s`);
    }
  }

  private beats(): number {
    let sum = 0;
    for (let t = 1; t < MAX_THREADS; t++) sum = (sum + Atomics.load(this.control, BEAT + t * BEAT_STRIDE)) | 0;
    return sum;
  }
}

/** Sleeps until FINISHED is no longer `finished`; spins if sleeping is forbidden (a browser's main thread). */
function pause(control: Int32Array, finished: number, milliseconds: number): void {
  try {
    Atomics.wait(control, FINISHED, finished, milliseconds);
  } catch {
    const end = Date.now() + milliseconds;
    while (Atomics.load(control, FINISHED) === finished && Date.now() < end);
  }
}
