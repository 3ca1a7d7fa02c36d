/** The seam between a study and what distributes its tasks: processes of this machine, or workers on any number of machines. */
import { PyrovedError } from 'pyroved-ts';

/** A task: a name that is unique in the queue, and what a worker needs to know. */
export interface Task<Payload> {
  readonly id: string;
  readonly payload: Payload;
}

/** A task that a worker has taken. It is the worker's until `signal` is aborted: on a stop, or when the queue has given the task to another worker. */
export interface TakenTask<Payload> extends Task<Payload> {
  readonly signal: AbortSignal;
}

/** What became of a taken task: `done`, also if its result is a failure; `returned` to the queue, for another worker or for later. */
export type Disposition = 'done' | 'returned';

export interface WorkOptions {
  /** Number of tasks at a time. @default 1 */
  readonly slots?: number;
  /** When aborted, running tasks stop, and no others begin. */
  readonly signal?: AbortSignal;
}

/** Numbers of tasks by state. */
export interface QueueCounts {
  readonly waiting: number;
  readonly active: number;
  readonly isPaused: boolean;
}

/** A task that has left the queue; `problem` says why if no worker completed it. */
export interface EndedTask {
  readonly id: string;
  readonly problem?: string;
}

/**
 * A queue of tasks. It delivers a task at least once: results must not depend on how often. What came of a task is not kept in the queue, and `ended` only
 * says when to look.
 */
export interface TaskQueue<Payload> extends AsyncDisposable {
  /** Adds tasks; those whose `id` is already in the queue are not added again. */
  add(tasks: readonly Task<Payload>[]): Promise<void>;
  /** Works on tasks: those of this process until there are none, those of a service until `signal` is aborted. */
  work(run: (task: TakenTask<Payload>) => Promise<Disposition>, options?: WorkOptions): Promise<void>;
  /** Calls `listener` for tasks that leave the queue. Calls may be missing if the connection is lost; see `counts`. */
  onEnded(listener: (ended: EndedTask) => void): Promise<void>;
  counts(): Promise<QueueCounts>;
  /** No further task begins until `resume`. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Removes all tasks; running ones stop. */
  cancel(): Promise<void>;
}

/** Thrown when a queue cannot be used: its address, its server, a missing package, or a task that is not one. */
export class QueueError extends PyrovedError {}
