/** The queue of one study on a server, through BullMQ. */
import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import {
  type BullJob,
  type BullQueue,
  type BullWorker,
  type QueueServer,
  type WorkerTimes,
  within,
} from './connect.js';
import type { Disposition, EndedTask, QueueCounts, TakenTask, Task, TaskQueue, WorkOptions } from './taskQueue.js';

/** Tasks are added in groups of this many. */
const GROUP = 1000;

/** Milliseconds between two looks at an empty queue. */
const POLL = 200;

/** Milliseconds to wait for the answer of a server that may be gone. */
const PATIENCE = 5000;

export interface ServerQueueOptions extends WorkerTimes {
  /** Unique name of the queue on the server. */
  readonly name: string;
}

/** A task taken from the server: the worker's until it is put back or completed, or until `extend` says that it is another's. */
export interface Delivery {
  readonly task: Task<unknown>;
  /** Extends the lease; false if the task is no longer this worker's. */
  extend(): Promise<boolean>;
  complete(): Promise<void>;
  putBack(): Promise<void>;
  /** Removes a task that cannot be worked on. */
  reject(problem: Error): Promise<void>;
}

export class ServerQueue implements TaskQueue<unknown> {
  #worker: Promise<BullWorker> | undefined;

  private constructor(
    private readonly server: QueueServer,
    private readonly queue: BullQueue,
    private readonly options: ServerQueueOptions,
  ) {}

  static async open(server: QueueServer, options: ServerQueueOptions): Promise<ServerQueue> {
    return new ServerQueue(server, await server.queue(options.name), options);
  }

  async add(tasks: readonly Task<unknown>[]): Promise<void> {
    for (let start = 0; start < tasks.length; start += GROUP) {
      const jobs = tasks.slice(start, start + GROUP).map(({ id, payload }) => ({
        name: 'task',
        data: { payload },
        // BullMQ reserves integers and colons.
        opts: { jobId: `t-${id}`, removeOnComplete: true, removeOnFail: true },
      }));
      await this.queue.addBulk(jobs);
    }
  }

  /** The next task, if one is waiting. */
  async take(): Promise<Delivery | undefined> {
    this.#worker ??= this.#open();
    const token = randomUUID();
    const job = await (await this.#worker).getNextJob(token, { block: false });
    return job && deliveryOf(job, token, this.options.lease);
  }

  async work(
    run: (task: TakenTask<unknown>) => Promise<Disposition>,
    { slots = 1, signal: stop }: WorkOptions = {},
  ): Promise<void> {
    const signal = AbortSignal.any(stop ? [stop] : []);
    // Each slot listens to it.
    setMaxListeners(0, signal);
    const slot = async () => {
      while (!signal.aborted) {
        const delivery = await this.take().catch(() => undefined);
        if (delivery) await workOn(delivery, run, { lease: this.options.lease, signal });
        else await pauseFor(POLL, signal);
      }
    };
    await Promise.all(Array.from({ length: slots }, slot));
  }

  async onEnded(listener: (ended: EndedTask) => void): Promise<void> {
    const events = await this.server.events(this.options.name);
    events.on('completed', ({ jobId }) => listener({ id: jobId.slice(2) }));
    events.on('failed', ({ jobId, failedReason }) => listener({ id: jobId.slice(2), problem: failedReason }));
  }

  async counts(): Promise<QueueCounts> {
    const { waiting = 0, delayed = 0, active = 0 } = await this.queue.getJobCounts('waiting', 'delayed', 'active');
    return { waiting: waiting + delayed, active, isPaused: await this.queue.isPaused() };
  }

  pause(): Promise<void> {
    return this.queue.pause();
  }

  resume(): Promise<void> {
    return this.queue.resume();
  }

  cancel(): Promise<void> {
    return this.queue.obliterate({ force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const worker = await this.#worker?.catch(() => undefined);
    if (worker) await this.server.close(worker);
    await this.server.close(this.queue);
  }

  async #open(): Promise<BullWorker> {
    const { name, lease, mostStalls } = this.options;
    try {
      const worker = await this.server.worker(name, { lease, mostStalls });
      await worker.startStalledCheckTimer();
      return worker;
    } catch (error) {
      this.#worker = undefined;
      throw error;
    }
  }
}

function deliveryOf(job: BullJob, token: string, lease: number): Delivery {
  const data: unknown = job.data;
  const payload = typeof data === 'object' && data !== null && 'payload' in data ? data.payload : undefined;
  return {
    task: { id: (job.id ?? '').slice(2), payload },
    extend: async () => (await job.extendLock(token, lease)) === 1,
    complete: async () => void (await job.moveToCompleted(null, token, false)),
    putBack: async () => void (await job.moveToWait(token)),
    reject: async (problem) => void (await job.moveToFailed(problem, token, false)),
  };
}

/**
 * Works on a delivered task, and extends its lease meanwhile. If the server is away, the work continues, and the result is kept in the storage; the task may
 * then be delivered again.
 */
export async function workOn(
  delivery: Delivery,
  run: (task: TakenTask<unknown>) => Promise<Disposition>,
  { lease, signal }: { readonly lease: number; readonly signal?: AbortSignal },
): Promise<void> {
  const lost = new AbortController();
  const beat = setInterval(async () => {
    const isOurs = await delivery.extend().catch(() => true);
    if (!isOurs) lost.abort();
  }, lease / 3);
  let problem: Error | undefined;
  let disposition: Disposition = 'done';
  try {
    const own = signal ? AbortSignal.any([signal, lost.signal]) : lost.signal;
    disposition = await run({ ...delivery.task, signal: own });
  } catch (error) {
    problem = error instanceof Error ? error : new Error(String(error));
  } finally {
    clearInterval(beat);
  }
  if (lost.signal.aborted) return;
  const end = problem ? delivery.reject(problem) : disposition === 'done' ? delivery.complete() : delivery.putBack();
  // What the server does not learn, it finds out when the lease ends.
  await within(PATIENCE, end).catch(() => {});
}

/** Waits, until `signal` is aborted at the latest. */
export const pauseFor = (milliseconds: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal?.addEventListener('abort', end);
  });
