/** A worker: takes trials of all open studies of a storage that it is suited for, and trains them in processes of this machine. */
import { setMaxListeners } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { PyroError } from 'pyro-ts';
import type { RunHooks } from '../runs/hooks.js';
import { type Machine, type MachineRecord, recordOf, startMachine } from '../runs/machine.js';
import { type SharedStore, StorageError } from '../shared/store.js';
import { makeFolder } from '../storage/files.js';
import { explained } from '../storage/index.js';
import { JobRunner } from '../sweep/trainingProcess.js';
import type { QueueAddress } from './address.js';
import { QueueServer } from './connect.js';
import { parsePayload } from './payload.js';
import { differences, machineOfPin, type Pin, pinOf } from './pin.js';
import { type Delivery, pauseFor, ServerQueue, workOn } from './serverQueue.js';
import { type OpenStudy, openStudies, queueName } from './studies.js';
import { trainTask } from './trainTask.js';

export interface WorkerRequest extends Machine {
  readonly address: QueueAddress;
  readonly store: SharedStore;
  /** A folder of this machine for images and runs; several workers may share it. */
  readonly cache: string;
  /** Number of trials at a time. @default 1 */
  readonly slots?: number;
  /** Seconds without a sign of life after which a worker's trial is given to another one. @default 30 */
  readonly lease?: number;
  /** Least number of seconds between two copies of a checkpoint to the storage. @default 10 */
  readonly checkpointSeconds?: number;
  /** End after this many seconds without a trial. @default never */
  readonly idleSeconds?: number;
}

/** A task whose worker was lost this many times is not delivered again. */
export const MOST_STALLS = 20;

/** Milliseconds between two looks for studies, and at queues without tasks. */
const STUDIES = 2000;
const POLL = 200;

/** A study that this worker can train trials of. */
interface KnownStudy {
  readonly queue: ServerQueue;
  readonly machine: Machine;
  readonly pin: Pin;
}

/**
 * Works until `hooks.signal` is aborted; running trials are then saved and given back.
 * @returns the number of trials that were trained
 * @throws {QueueError} when the queue cannot be used
 * @throws {StorageError} when the storage or the disk of this machine cannot be used; the trials are other workers' then
 */
export async function runWorker(request: WorkerRequest, hooks: RunHooks = {}): Promise<number> {
  const { cache, slots = 1, idleSeconds = Number.POSITIVE_INFINITY } = request;
  explained(`Could not create ${cache}`, () => makeFolder(path.resolve(cache)));
  await using server = await QueueServer.connect(request.address);
  const failure = new AbortController();
  const signal = AbortSignal.any([failure.signal, ...(hooks.signal ? [hooks.signal] : [])]);
  // Each slot listens to it.
  setMaxListeners(0, signal);
  await using board = new StudyBoard(server, request, hooks);
  let trained = 0;
  let lastWork = Date.now();
  const slot = async () => {
    const empty = path.join(cache, 'empty');
    explained(`Could not create ${empty}`, () => makeFolder(path.resolve(empty)));
    using runner = new JobRunner(empty);
    while (!signal.aborted && Date.now() - lastWork < 1000 * idleSeconds) {
      const next = await unlessAborted(board.next(), signal);
      if (!next) await pauseFor(POLL, signal);
      else if (await work(next, { runner, request, hooks, signal, failure })) trained++;
      if (next) lastWork = Date.now();
    }
  };
  // One slot that cannot continue stops the others.
  const guarded = () => slot().catch((error: unknown) => failure.abort(error));
  await Promise.all(Array.from({ length: slots }, guarded));
  if (failure.signal.aborted) throw failure.signal.reason;
  return trained;
}

interface SlotAtWork {
  readonly runner: JobRunner;
  readonly request: WorkerRequest;
  readonly hooks: RunHooks;
  readonly signal: AbortSignal;
  /** Aborted, with the reason, when this worker cannot continue. */
  readonly failure: AbortController;
}

/** Trains a delivered trial; false if it has no result by this worker. */
async function work(
  { delivery, study }: { readonly delivery: Delivery; readonly study: KnownStudy },
  { runner, request, hooks, signal, failure }: SlotAtWork,
): Promise<boolean> {
  const { store, cache, lease = 30, checkpointSeconds = 10 } = request;
  let isTrained = false;
  await workOn(
    delivery,
    async ({ payload: content, signal: own }) => {
      const payload = parsePayload(content);
      const { machine, pin } = study;
      try {
        const place = { store, cache: path.resolve(cache), runner, machine, pin, checkpointSeconds };
        const disposition = await trainTask(payload, place, own);
        isTrained = disposition === 'done';
        return disposition;
      } catch (error) {
        if (!(error instanceof PyroError)) throw error;
        hooks.say?.(`Trial ${payload.hash.slice(0, 16)} is given back: ${error.message}`);
        failure.abort(new StorageError(`The worker stops. ${error.message}`, undefined, { cause: error }));
        return 'returned';
      }
    },
    { lease: 1000 * lease, signal },
  );
  return isTrained;
}

/** The next trial; undefined on a stop, also while the server is away. A trial that arrives after the stop is given back. */
const unlessAborted = <T extends { readonly delivery: Delivery }>(
  next: Promise<T | undefined>,
  signal: AbortSignal,
): Promise<T | undefined> =>
  new Promise((resolve, reject) => {
    const stop = () => resolve(undefined);
    signal.addEventListener('abort', stop);
    next
      .then((found) => {
        if (!signal.aborted) resolve(found);
        // What the server does not learn, it finds out when the lease ends.
        else found?.delivery.putBack().catch(() => {});
      }, reject)
      .finally(() => signal.removeEventListener('abort', stop));
  });

/** The open studies, looked up again every few seconds. */
class StudyBoard implements AsyncDisposable {
  /** By name: the study as it was opened, and what is needed to train its trials if they are for this worker. */
  readonly #known = new Map<string, { readonly opened: string; readonly study: KnownStudy | undefined }>();
  #looked = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | undefined;
  /** The studies take turns. */
  #turn = 0;

  constructor(
    private readonly server: QueueServer,
    private readonly request: WorkerRequest,
    private readonly hooks: RunHooks,
  ) {}

  /** A trial of one of the studies, if one is waiting. */
  async next(): Promise<{ readonly delivery: Delivery; readonly study: KnownStudy } | undefined> {
    if (Date.now() - this.#looked > STUDIES) {
      this.#looking ??= this.#look().finally(() => {
        this.#looked = Date.now();
        this.#looking = undefined;
      });
      await this.#looking;
    }
    const studies = [...this.#known.values()].flatMap(({ study }) => study ?? []);
    for (let i = 0; i < studies.length; i++) {
      const study = studies[(this.#turn + i) % studies.length];
      // A server that is away comes back.
      const delivery = await study.queue.take().catch(() => undefined);
      if (!delivery) continue;
      this.#turn = (this.#turn + i + 1) % studies.length;
      return { delivery, study };
    }
    return undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { study } of this.#known.values()) await study?.queue[Symbol.asyncDispose]();
  }

  async #look(): Promise<void> {
    const open = await openStudies(this.request.store);
    // A study may be opened again, for other workers.
    const found = new Map(open.map((study) => [study.id, JSON.stringify(study)]));
    for (const [id, { opened, study }] of this.#known) {
      if (found.get(id) === opened) continue;
      this.#known.delete(id);
      await study?.queue[Symbol.asyncDispose]();
    }
    for (const study of open) {
      if (this.#known.has(study.id)) continue;
      this.#known.set(study.id, { opened: JSON.stringify(study), study: await this.#join(study) });
    }
  }

  /** Prepares for a study; undefined if its trials are for other workers. */
  async #join({ id, pin: wanted, allowMixed }: OpenStudy): Promise<KnownStudy | undefined> {
    const { lease = 30, threads } = this.request;
    const machine = (await this.#started(wanted)) ?? (allowMixed ? await this.#started() : undefined);
    const own = machine && pinOf(machine);
    const other = own
      ? differences(wanted, own)
      : [`no ${wanted.kernel} kernel of ${wanted.isa ?? 'any'} instruction set, or no engine ${wanted.engine}`];
    if (!machine || !own || (other.length > 0 && !allowMixed)) {
      this.hooks.say?.(
        `Study ${id}: not for this worker, which has ${other.join(', ')}. Start the study with --allow-mixed to permit it.`,
      );
      return undefined;
    }
    this.hooks.say?.(`Study ${id}: taking trials${other.length > 0 ? ` with ${other.join(', ')}` : ''}.`);
    const times = { lease: 1000 * lease, mostStalls: MOST_STALLS };
    const queue = await ServerQueue.open(this.server, { name: queueName(id), ...times });
    return { queue, pin: own, machine: { ...machine, ...(threads !== undefined && { threads }) } };
  }

  /** The engine and kernel of a study on this machine, or those that this worker prefers; undefined if it lacks them. */
  async #started(wanted?: Pin): Promise<MachineRecord | undefined> {
    const { engine, kernel, precision, isa } = this.request;
    const preferred = {
      ...(engine !== undefined && { engine }),
      ...(kernel !== undefined && { kernel }),
      ...(precision && { precision }),
      ...(isa !== undefined && { isa }),
    };
    try {
      using started = await startMachine(wanted ? { ...machineOfPin(wanted), ...preferred } : preferred);
      return recordOf(started);
    } catch (error) {
      if (error instanceof PyroError) return undefined;
      throw error;
    }
  }
}

/** The folder for images and runs that a worker uses by default: of this user and this machine, since homes may be shared. */
export function defaultCache(environment: NodeJS.ProcessEnv = process.env): string {
  const base = environment.XDG_CACHE_HOME;
  const above = base !== undefined && path.isAbsolute(base) ? base : path.join(os.homedir(), '.cache');
  return path.join(above, 'pyroved', os.hostname());
}

/** Removes runs that killed workers left in the cache. */
export function removeLeftovers(cache: string, olderThan = 7 * 86_400_000): void {
  const work = path.join(cache, 'work');
  for (const name of fs.existsSync(work) ? fs.readdirSync(work) : []) {
    const folder = path.join(work, name);
    const { mtimeMs } = fs.statSync(folder, { throwIfNoEntry: false }) ?? { mtimeMs: Number.POSITIVE_INFINITY };
    if (Date.now() - mtimeMs > olderThan) fs.rmSync(folder, { recursive: true, force: true });
  }
}
