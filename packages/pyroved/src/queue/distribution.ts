/** The side of a study that gives its trials to workers through a queue, and collects their results from the shared storage. */
import fs from 'node:fs';
import path from 'node:path';
import { publishData } from '../shared/data.js';
import { type SharedStore, StorageError } from '../shared/store.js';
import { writeFileAtomic } from '../storage/index.js';
import type { HourMeter } from '../sweep/limits.js';
import type { Job } from '../sweep/messages.js';
import type { Outcome } from '../sweep/trainingProcess.js';
import type { QueueAddress } from './address.js';
import { QueueServer } from './connect.js';
import { payloadOf, type TrialPayload, taskName } from './payload.js';
import type { Pin } from './pin.js';
import { createResult, readResult, removeResult, restoreRun, type TaskResult } from './results.js';
import { pauseFor, ServerQueue } from './serverQueue.js';
import { closeStudy, isCancelled, openStudy, queueName } from './studies.js';
import type { Task } from './taskQueue.js';
import { MOST_STALLS } from './worker.js';

export interface DistributionRequest {
  readonly address: QueueAddress;
  readonly store: SharedStore;
  /** See `OpenStudy`. */
  readonly id: string;
  readonly pin: Pin;
  readonly allowMixed: boolean;
}

export interface DistributionCalls {
  /** Where the log of each job is kept, as `ID.log`. */
  readonly logs: string;
  /** When aborted, no further trials begin; those that workers are training are finished by them. */
  readonly signal?: AbortSignal;
  readonly meter?: HourMeter;
  /** Called with the index of a job when its result has been collected. */
  readonly onEnd?: (index: number, outcome: Outcome, pin?: Pin) => void;
  readonly say?: (line: string) => void;
}

/** Milliseconds between two looks at the queue, and between two looks for results whose end was not announced. */
const LOOK = 1000;
const RECONCILE = 10_000;

/** A task that is lost from the queue without a result is added again this many times: the server may have lost its data. */
const MOST_LOSSES = 3;

/** A task without a collected result. */
interface Pending extends Task<TrialPayload> {
  readonly index: number;
  losses: number;
}

/**
 * @example
 * await using distribution = await Distribution.open({ address, store, id, pin, allowMixed: false });
 * const outcomes = await distribution.train(jobs, { logs });
 */
export class Distribution implements AsyncDisposable {
  readonly #data = new Map<string, Promise<string>>();
  /** Tasks of this study so far. A failure that an earlier attempt left is tried again. */
  readonly #seen = new Set<string>();

  private constructor(
    private readonly request: DistributionRequest,
    private readonly server: QueueServer,
    private readonly queue: ServerQueue,
  ) {}

  /** Connects, and makes the study known to workers. */
  static async open(request: DistributionRequest): Promise<Distribution> {
    const { store, id, pin, allowMixed } = request;
    const server = await QueueServer.connect(request.address);
    const queue = await ServerQueue.open(server, { name: queueName(id), lease: 30_000, mostStalls: MOST_STALLS });
    await queue.resume();
    await openStudy(store, { id, pin, allowMixed });
    return new Distribution(request, server, queue);
  }

  /** Has all jobs trained. The outcomes are in the order of the jobs; their runs and logs are those that the first finished worker made. */
  async train(jobs: readonly Job[], calls: DistributionCalls): Promise<Outcome[]> {
    const outcomes: Outcome[] = jobs.map(() => ({ is: 'stopped' }));
    const pending = new Map<string, Pending>();
    for (const [index, job] of jobs.entries()) {
      const task = await this.#taskOf(job);
      pending.set(task.id, { ...task, index, losses: 0 });
      if (!this.#seen.has(task.id)) await this.#forgetFailure(task.id);
      this.#seen.add(task.id);
    }
    const collecting = new Map<string, Promise<void>>();
    const collect = (id: string, problem?: string): Promise<void> => {
      const task = pending.get(id);
      if (!task) return Promise.resolve();
      const running =
        collecting.get(id) ??
        this.#collect(task, jobs[task.index], calls, problem)
          .then((ended) => {
            if (!ended || !pending.delete(id)) return;
            outcomes[task.index] = ended.outcome;
            calls.onEnd?.(task.index, ended.outcome, ended.pin);
          })
          .finally(() => collecting.delete(id));
      collecting.set(id, running);
      return running;
    };
    for (const id of [...pending.keys()]) await collect(id);
    const failure = new AbortController();
    if (pending.size > 0) {
      await this.queue.onEnded(({ id, problem }) => {
        collect(id, problem).catch((error: unknown) => failure.abort(error));
      });
      await this.queue.add([...pending.values()]);
    }
    const { signal, meter } = calls;
    const stop = AbortSignal.any([failure.signal, ...(signal ? [signal] : []), ...(meter ? [meter.signal] : [])]);
    await this.#waitFor(pending, collect, stop, calls);
    meter?.setWorkers(0);
    if (failure.signal.aborted) throw failure.signal.reason;
    if (pending.size > 0) await this.queue.pause();
    return outcomes;
  }

  /** Ends the study: no worker looks for its trials any more. */
  async finish(): Promise<void> {
    await closeStudy(this.request.store, this.request.id);
    await this.queue.pause();
    await this.queue.cancel();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
  }

  async #taskOf({ settings: { source, ...settings }, seed, until }: Job): Promise<Task<TrialPayload>> {
    const key = JSON.stringify(source);
    const publishing = this.#data.get(key) ?? publishData(this.request.store, source);
    this.#data.set(key, publishing);
    const payload = payloadOf({
      ...{ seed, settings, data: await publishing, pin: this.request.pin },
      ...(until !== undefined && { until }),
    });
    return { id: taskName(payload), payload };
  }

  async #forgetFailure(task: string): Promise<void> {
    const result = await readResult(this.request.store, task);
    if (result?.is === 'failed') await removeResult(this.request.store, task);
  }

  /** Waits until nothing is pending or `stop` is aborted, and looks after tasks whose end was not announced. */
  async #waitFor(
    pending: ReadonlyMap<string, Pending>,
    collect: (id: string, problem?: string) => Promise<void>,
    stop: AbortSignal,
    { meter, say }: DistributionCalls,
  ): Promise<void> {
    let reconciled = Date.now();
    let wasEmpty = false;
    while (pending.size > 0 && !stop.aborted) {
      await pauseFor(Math.min(LOOK, 50 + pending.size), stop);
      if (await isCancelled(this.request.store, this.request.id))
        throw new StorageError(`The study ${this.request.id} was cancelled. To start it again: pyroved sweep --resume`);
      // A server that is away comes back.
      const counts = await this.queue.counts().catch(() => undefined);
      if (!counts) continue;
      meter?.setWorkers(counts.active);
      const isEmpty = counts.waiting + counts.active === 0 && !counts.isPaused;
      if (!(isEmpty && wasEmpty) && Date.now() - reconciled < RECONCILE) {
        wasEmpty = isEmpty;
        continue;
      }
      for (const id of [...pending.keys()]) await collect(id);
      reconciled = Date.now();
      if (!isEmpty) continue;
      const lost = [...pending.values()];
      for (const task of lost) {
        if (++task.losses > MOST_LOSSES)
          await collect(task.id, `It left the queue ${task.losses} times without a result.`);
      }
      const left = lost.filter(({ id }) => pending.has(id));
      if (left.length > 0)
        say?.(`${left.length} trials are no longer in the queue and have no result; they are added again.`);
      await this.queue.add(left).catch(() => {});
    }
  }

  /** Writes the run and the log of a result to the study; undefined if there is none yet. A task with a `problem` has failed. */
  async #collect(
    { id }: Pending,
    { id: trial, folder, settings: { source } }: Job,
    { logs }: DistributionCalls,
    problem?: string,
  ): Promise<{ readonly outcome: Outcome; readonly pin?: Pin } | undefined> {
    const { store } = this.request;
    if (problem !== undefined && !(await readResult(store, id)))
      await createResult(store, id, { is: 'failed', message: problem, files: {}, log: '' });
    const result = await readResult(store, id);
    if (!result) return undefined;
    if (result.is === 'ended') await restoreRun(store, result.files, folder, source);
    fs.mkdirSync(logs, { recursive: true });
    writeFileAtomic(path.join(logs, `${trial}.log`), logText(result));
    const { is, message = 'no reason is known' } = result;
    const outcome: Outcome = is === 'failed' ? { is, message } : { is };
    return { outcome, ...(result.pin && { pin: result.pin }) };
  }
}

function logText({ log, pin, worker, message }: TaskResult): string {
  const who = pin
    ? `Trained by ${worker ?? 'a worker'}: code ${pin.code}, Node ${pin.node}, ${pin.engine}, ${pin.kernel}${pin.isa === undefined ? '' : ` (${pin.isa})`}.\n`
    : '';
  return `${who}${log}${message !== undefined && !log.includes(message) ? `${message}\n` : ''}`;
}
