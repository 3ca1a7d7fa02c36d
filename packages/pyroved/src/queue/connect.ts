/** Connections to a queue's server. BullMQ and the drivers are optional, and loaded when a queue is used. */
import type { Job } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Pool } from 'pg';
import { type QueueAddress, withoutCredentials } from './address.js';
import { QueueError } from './taskQueue.js';

/** What is used of BullMQ's queues, which are typed by their servers. */
export interface BullQueue {
  addBulk(jobs: { name: string; data: object; opts: object }[]): Promise<unknown>;
  getJobCounts(...types: ('waiting' | 'active' | 'delayed')[]): Promise<Record<string, number>>;
  isPaused(): Promise<boolean>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  obliterate(options: { force: boolean }): Promise<void>;
}

export interface BullEvents {
  on(event: 'completed', listener: (ended: { jobId: string }) => void): unknown;
  on(event: 'failed', listener: (ended: { jobId: string; failedReason: string }) => void): unknown;
}

export type BullJob = Pick<Job, 'id' | 'data' | 'extendLock' | 'moveToCompleted' | 'moveToFailed' | 'moveToWait'>;

export interface BullWorker {
  getNextJob(token: string, options: { block: boolean }): Promise<BullJob | undefined>;
  startStalledCheckTimer(): Promise<void>;
}

/** Connected objects, closed by `close`. */
interface Opened {
  on(event: 'error', listener: (error: Error) => void): unknown;
  waitUntilReady(): Promise<unknown>;
  close(): Promise<void>;
}

export interface WorkerTimes {
  /** For how long a task is a worker's without a sign of life, in milliseconds. */
  readonly lease: number;
  /** A task whose worker was lost this many times is not delivered again. */
  readonly mostStalls: number;
}

/** One server. */
export class QueueServer implements AsyncDisposable {
  readonly #opened = new Map<object, () => Promise<void>>();

  private constructor(
    readonly address: QueueAddress,
    private readonly classes: Classes,
  ) {}

  /**
   * Connects once, so that an address or a password that is wrong is reported at once, and prepares a database.
   * @throws {QueueError}
   */
  static async connect(address: QueueAddress): Promise<QueueServer> {
    const classes = address.backend === 'redis' ? await redisClasses(address) : await postgresClasses(address);
    return new QueueServer(address, classes);
  }

  queue(name: string): Promise<BullQueue> {
    return this.#open(this.classes.queue(name));
  }

  events(name: string): Promise<BullEvents> {
    return this.#open(this.classes.events(name));
  }

  worker(name: string, times: WorkerTimes): Promise<BullWorker> {
    return this.#open(this.classes.worker(name, times));
  }

  /** Closes one of them. */
  async close(opened: object): Promise<void> {
    await this.#opened.get(opened)?.();
    this.#opened.delete(opened);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#opened.keys()].map((one) => this.close(one)));
  }

  async #open<T extends Opened>({ object, close }: Connected<T>): Promise<T> {
    // A lost connection is made again; what fails meanwhile is reported by the call that fails.
    object.on('error', () => {});
    this.#opened.set(object, async () => {
      await within(CLOSING, object.close()).catch(() => {});
      await close();
    });
    await object.waitUntilReady();
    return object;
  }
}

/** Milliseconds after which a connection that does not close is dropped. */
const CLOSING = 2000;

interface Connected<T> {
  readonly object: T;
  readonly close: () => Promise<void>;
}

/** BullMQ's classes with the connections of one server. */
interface Classes {
  readonly queue: (name: string) => Connected<BullQueue & Opened>;
  readonly events: (name: string) => Connected<BullEvents & Opened>;
  readonly worker: (name: string, times: WorkerTimes) => Connected<BullWorker & Opened>;
}

const workerOptions = ({ lease, mostStalls }: WorkerTimes) => ({
  autorun: false,
  lockDuration: lease,
  stalledInterval: lease / 2,
  maxStalledCount: mostStalls,
});

async function redisClasses(address: QueueAddress): Promise<Classes> {
  const { createRedisBackend, withBackend } = await load('bullmq', () => import('bullmq'));
  const { Redis } = await load('ioredis', () => import('ioredis'));
  const options = { maxRetriesPerRequest: null, connectTimeout: PATIENCE };
  const probe = new Redis(address.url, { ...options, lazyConnect: true, retryStrategy: () => null });
  let reason: Error | undefined;
  // The error of the connection says more than that of the command.
  probe.on('error', (error) => {
    reason ??= error;
  });
  try {
    await within(PATIENCE, probe.connect());
    await within(PATIENCE, probe.ping());
  } catch (error) {
    throw notConnected(address, reason ?? error);
  } finally {
    probe.disconnect();
  }
  const { Queue, QueueEvents, Worker } = withBackend(createRedisBackend);
  const connected = <T>(create: (connection: Redis) => T): Connected<T> => {
    const connection = new Redis(address.url, { ...options, retryStrategy: (times) => Math.min(100 * times, 2000) });
    connection.on('error', () => {});
    return { object: create(connection), close: async () => connection.disconnect() };
  };
  return {
    queue: (name) => connected((connection) => new Queue(name, { connection })),
    events: (name) => connected((connection) => new QueueEvents(name, { connection })),
    worker: (name, times) => connected((connection) => new Worker(name, null, { connection, ...workerOptions(times) })),
  };
}

async function postgresClasses(address: QueueAddress): Promise<Classes> {
  const { createPostgresBackend, DEFAULT_SCHEMA, quoteSchemaName, runMigrations, withBackend } = await load(
    'bullmq',
    () => import('bullmq'),
  );
  const { default: pg } = await load('pg', () => import('pg'));
  const newPool = (max: number): Pool => {
    const pool = new pg.Pool({
      connectionString: address.url,
      max,
      keepAlive: true,
      connectionTimeoutMillis: PATIENCE,
      options: `-c search_path=${quoteSchemaName(DEFAULT_SCHEMA)}`,
    });
    pool.on('error', () => {});
    return pool;
  };
  const first = newPool(1);
  try {
    const client = await first.connect();
    try {
      await runMigrations(client);
    } finally {
      client.release();
    }
  } catch (error) {
    throw notConnected(address, error);
  } finally {
    await first.end();
  }
  const { Queue, QueueEvents, Worker } = withBackend(createPostgresBackend);
  const connected = <T>(create: (connection: Pool) => T, max: number): Connected<T> => {
    const connection = newPool(max);
    return { object: create(connection), close: () => within(CLOSING, connection.end()).catch(() => {}) };
  };
  return {
    queue: (name) => connected((connection) => new Queue(name, { connection }), 2),
    // One of the connections waits for notifications.
    events: (name) => connected((connection) => new QueueEvents(name, { connection }), 2),
    worker: (name, times) =>
      connected((connection) => new Worker(name, null, { connection, ...workerOptions(times) }), 3),
  };
}

/** Milliseconds to wait for a server's answer. */
const PATIENCE = 30_000;

const notConnected = (address: QueueAddress, error: unknown): QueueError =>
  new QueueError(
    `Could not connect to the queue ${address.shown}: ${withoutCredentials(describe(error), address)}. Check that the server runs and that the user and the password of the address (PYROVED_QUEUE) are right.`,
  );

/** An error of several addresses of a host has no message of its own. */
function describe(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(describe).join('; ');
  return error instanceof Error ? error.message : String(error);
}

/** Fails if `promise` takes longer. */
export async function within<T>(milliseconds: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new QueueError(`no answer within ${milliseconds / 1000} s`)), milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function load<T>(name: string, loaded: () => Promise<T>): Promise<T> {
  try {
    return await loaded();
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw cause;
    throw new QueueError(
      `A queue requires the package ${name}, which is not installed: npm install bullmq ioredis (Redis, Valkey) or npm install bullmq pg (PostgreSQL).`,
      undefined,
      { cause },
    );
  }
}
