/** A queue within this process, which needs no service. */
import type { Disposition, EndedTask, QueueCounts, TakenTask, Task, TaskQueue, WorkOptions } from './taskQueue.js';

/**
 * @example
 * const queue = new EmbeddedQueue<number>();
 * await queue.add([{ id: 'a', payload: 1 }]);
 * await queue.work(async ({ payload }) => (console.log(payload), 'done'));
 */
export class EmbeddedQueue<Payload> implements TaskQueue<Payload> {
  readonly #waiting: Task<Payload>[] = [];
  readonly #active = new Map<string, AbortController>();
  readonly #listeners: ((ended: EndedTask) => void)[] = [];
  #resumed: PromiseWithResolver | undefined;

  async add(tasks: readonly Task<Payload>[]): Promise<void> {
    const known = new Set([...this.#waiting.map(({ id }) => id), ...this.#active.keys()]);
    for (const task of tasks) {
      if (!known.has(task.id)) this.#waiting.push(task);
      known.add(task.id);
    }
  }

  async work(
    run: (task: TakenTask<Payload>) => Promise<Disposition>,
    { slots = 1, signal }: WorkOptions = {},
  ): Promise<void> {
    const returned: Task<Payload>[] = [];
    const slot = async () => {
      for (;;) {
        await this.#resumed?.promise;
        const task = signal?.aborted ? undefined : this.#waiting.shift();
        if (!task) return;
        const cancelled = new AbortController();
        this.#active.set(task.id, cancelled);
        try {
          const own = signal ? AbortSignal.any([signal, cancelled.signal]) : cancelled.signal;
          if ((await run({ ...task, signal: own })) === 'returned') returned.push(task);
          else for (const listener of this.#listeners) listener({ id: task.id });
        } finally {
          this.#active.delete(task.id);
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(slots, this.#waiting.length) }, slot));
    this.#waiting.unshift(...returned);
  }

  async onEnded(listener: (ended: EndedTask) => void): Promise<void> {
    this.#listeners.push(listener);
  }

  async counts(): Promise<QueueCounts> {
    return { waiting: this.#waiting.length, active: this.#active.size, isPaused: this.#resumed !== undefined };
  }

  async pause(): Promise<void> {
    this.#resumed ??= withResolver();
  }

  async resume(): Promise<void> {
    this.#resumed?.resolve();
    this.#resumed = undefined;
  }

  async cancel(): Promise<void> {
    this.#waiting.length = 0;
    for (const cancelled of this.#active.values()) cancelled.abort();
    await this.resume();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cancel();
  }
}

interface PromiseWithResolver {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}

function withResolver(): PromiseWithResolver {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
