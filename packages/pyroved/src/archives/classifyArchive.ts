/** Classifies an archive by shards, in processes of this machine, or also of others through a queue: the tables that are missing are made, each once. */
import { PyrovedError } from 'pyroved-ts';
import type { QueueAddress } from '../queue/address.js';
import { QueueServer } from '../queue/connect.js';
import { EmbeddedQueue } from '../queue/embeddedQueue.js';
import { pauseFor, ServerQueue } from '../queue/serverQueue.js';
import type { TaskQueue } from '../queue/taskQueue.js';
import { MOST_STALLS } from '../queue/worker.js';
import type { RunHooks } from '../runs/hooks.js';
import type { Machine } from '../runs/machine.js';
import { openStore } from '../shared/open.js';
import type { SharedStore } from '../shared/store.js';
import { formatCount } from '../viz/index.js';
import { type ArchiveRequest, checkShardSize, claimStore, finishedShards, recordOfArchive } from './plan.js';
import { ShardProcess } from './shardProcess.js';

export interface ArchiveWork extends Machine {
  /** Number of processes. */
  readonly workers: number;
  /** Share the work with every machine that runs the same command. @default none: this machine alone */
  readonly queue?: QueueAddress;
  /** For how long a shard is a machine's without a sign of life, in milliseconds. @default 30000 */
  readonly lease?: number;
}

export interface ArchiveResult {
  /** Shards and images of this process. */
  readonly shards: number;
  readonly images: number;
  /** Images per second of one process, without loading the model. */
  readonly imagesPerSecond: number;
  /** Images per second of processor time, which other programs do not change. */
  readonly imagesPerCpuSecond: number;
  /** Shards of the whole archive, and those that are missing, after a stop. */
  readonly total: number;
  readonly missing: number;
}

/** Milliseconds between two looks at what is missing, while other machines are at work. */
const LOOK = 1000;

/**
 * @throws {PyrovedError} when a shard cannot be classified; the tables of the others stay
 * @example
 * await classifyArchive({ run: 'runs/a', archive: 'scan.zarr', out: 'classes' }, { workers: 4 });
 */
export async function classifyArchive(
  request: ArchiveRequest,
  { workers, queue: address, lease = 30_000, ...machine }: ArchiveWork,
  hooks: RunHooks = {},
): Promise<ArchiveResult> {
  const { threshold = 0.8, shardSize = 10_000 } = request;
  const plan = { ...request, threshold, shardSize: checkShardSize(shardSize), machine };
  const record = await recordOfArchive(plan);
  const store = await openStore(plan.out);
  await claimStore(store, record);
  const total = Math.ceil(record.entries / shardSize);
  const missing = await missingShards(store, total);
  hooks.say?.(
    `${formatCount(record.entries)} entries in ${formatCount(total)} shards, of which ${formatCount(missing.length)} are missing.`,
  );
  const done = { shards: 0, images: 0, seconds: 0, cpuSeconds: 0 };
  const failure = new AbortController();
  const over = new AbortController();
  const stop = AbortSignal.any([failure.signal, over.signal, ...(hooks.signal ? [hooks.signal] : [])]);
  const idle: ShardProcess[] = [];
  await using server = address && (await QueueServer.connect(address));
  const name = `pyroved-shards-${record.hash}`;
  const queue: TaskQueue<unknown> = server
    ? await ServerQueue.open(server, { name, lease, mostStalls: MOST_STALLS })
    : new EmbeddedQueue<unknown>();
  try {
    await queue.add(tasksOf(missing));
    const working = queue.work(
      async ({ payload }) => {
        const shard = shardOf(payload, total);
        if (stop.aborted) return 'returned';
        if (server && (await finishedShards(store)).has(shard)) return 'done';
        const worker = idle.pop() ?? new ShardProcess(plan);
        try {
          const { rows, seconds, cpuSeconds } = await worker.run(shard);
          done.shards++;
          done.images += rows;
          done.seconds += seconds;
          done.cpuSeconds += cpuSeconds;
          hooks.say?.(
            `Shard ${shard}: ${formatCount(rows)} images, ${formatCount(Math.round(rows / seconds))} per second.`,
          );
          return 'done';
        } catch (error) {
          failure.abort(error);
          return 'returned';
        } finally {
          idle.push(worker);
        }
      },
      { slots: Math.min(workers, Math.max(1, missing.length)), signal: stop },
    );
    if (server) {
      await untilComplete(queue, { store, total, stop });
      over.abort();
    }
    await working;
  } finally {
    for (const worker of idle) worker[Symbol.dispose]();
  }
  if (failure.signal.aborted) throw failure.signal.reason;
  const left = await missingShards(store, total);
  if (server && left.length === 0) await queue.cancel().catch(() => {});
  const { shards, images, seconds, cpuSeconds } = done;
  return {
    shards,
    images,
    imagesPerSecond: images / seconds,
    imagesPerCpuSecond: images / cpuSeconds,
    total,
    missing: left.length,
  };
}

const tasksOf = (shards: readonly number[]) => shards.map((shard) => ({ id: `shard-${shard}`, payload: { shard } }));

/** A task names a shard and nothing else: run, archive and tables are those of the command line of each machine. */
function shardOf(payload: unknown, total: number): number {
  const shard = typeof payload === 'object' && payload !== null && 'shard' in payload ? payload.shard : undefined;
  if (typeof shard === 'number' && Number.isSafeInteger(shard) && shard >= 0 && shard < total) return shard;
  throw new PyrovedError('A task of the queue is not a shard. Another program or version has written it.');
}

async function missingShards(store: SharedStore, total: number): Promise<number[]> {
  const finished = await finishedShards(store);
  return Array.from({ length: total }, (_, shard) => shard).filter((shard) => !finished.has(shard));
}

/** Waits until no shard is missing; those that the queue has lost are added again. */
async function untilComplete(
  queue: TaskQueue<unknown>,
  { store, total, stop }: { readonly store: SharedStore; readonly total: number; readonly stop: AbortSignal },
): Promise<void> {
  while (!stop.aborted) {
    const missing = await missingShards(store, total);
    if (missing.length === 0) return;
    // A server that is away comes back.
    const counts = await queue.counts().catch(() => undefined);
    if (counts && counts.waiting + counts.active === 0) await queue.add(tasksOf(missing)).catch(() => {});
    await pauseFor(LOOK, stop);
  }
}
