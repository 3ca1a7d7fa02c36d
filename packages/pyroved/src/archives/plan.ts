/** What is the same for all shards of a classification, and where their tables are. */
import fs from 'node:fs';
import { OptionError } from 'pyro-ts';
import { type ArchiveOptions, openArchive } from 'pyroved-data/internal';
import { defined } from 'pyroved-ts/internal';
import type { ReadLimits } from 'pyroved-ts/node';
import { type ClassifyOptions, classifierOf, loadModel, type TrainedModel } from '../runs/loadModel.js';
import type { Machine } from '../runs/machine.js';
import { dataSection } from '../runs/settings.js';
import { jsonBytes, readJson, type SharedStore, StorageError, sha256 } from '../shared/store.js';
import { canonical } from '../sources/contentHash.js';
import { explained } from '../storage/index.js';

/** A classification of an archive by shards. */
export interface ArchiveRequest extends ClassifyOptions, ReadLimits {
  /** Folder of the run. */
  readonly run: string;
  /** See `openArchive`. */
  readonly archive: string;
  readonly dataset?: string;
  /** See `classifyImages`. @default 0.8 */
  readonly threshold?: number;
  /** Entries of the archive per shard. @default 10000 */
  readonly shardSize?: number;
  /** A folder, or s3://BUCKET/PREFIX: the tables are `parts/part-0000000.parquet` and so on. */
  readonly out: string;
}

/** Sent to each process that classifies. */
export interface ShardPlan extends ArchiveRequest {
  readonly threshold: number;
  readonly shardSize: number;
  readonly machine: Machine;
}

/** The entries of a shard: from `start` to before `end`. */
export const rangeOf = (shard: number, shardSize: number, entries: number) => ({
  start: shard * shardSize,
  end: Math.min(entries, (shard + 1) * shardSize),
});

export const partKey = (shard: number): string => `parts/part-${String(shard).padStart(7, '0')}.parquet`;

/** The numbers of the shards that have a table. */
export async function finishedShards(store: SharedStore): Promise<Set<number>> {
  const names = await store.list('parts');
  return new Set(names.flatMap((name) => /^part-(\d{7,})\.parquet$/.exec(name)?.slice(1).map(Number) ?? []));
}

/** Options that fit the images of an archive to a model. */
export function archiveOptionsOf(
  { run, model }: Pick<TrainedModel, 'run' | 'model'>,
  { dataset, maxPixels, maxBytes }: ArchiveRequest,
): ArchiveOptions {
  const { shape, channels } = model.options;
  const { source } = dataSection(run.config);
  const crop = source.kind === 'images' ? source.crop : undefined;
  return { shape, channels, ...defined({ dataset, maxPixels, maxBytes, crop }) };
}

/** What the tables of a storage are. */
export interface ArchiveRecord {
  /** Identifies the classification: all machines that work on it find the same. */
  readonly hash: string;
  /** See `ImageArchive`. */
  readonly entries: number;
  readonly shardSize: number;
}

/** @throws {PyrovedError} when the model has no classes, or the archive cannot be read */
export async function recordOfArchive(plan: ShardPlan): Promise<ArchiveRecord> {
  const trained = await loadModel(plan.run);
  try {
    classifierOf(trained);
    const archive = await openArchive(plan.archive, archiveOptionsOf(trained, plan));
    const { count: entries } = archive;
    archive.close();
    const { threshold, shardSize, answer, falseAlarms, dataset } = plan;
    const file = trained.run.file('checkpoint');
    const model = sha256(explained(`Could not read ${file}`, () => fs.readFileSync(file)));
    const size = explained(`Could not read ${plan.archive}`, () => fs.statSync(plan.archive)).size;
    const content = { model, entries, size, threshold, shardSize, ...defined({ answer, falseAlarms, dataset }) };
    return { hash: sha256(canonical(content)), entries, shardSize };
  } finally {
    trained.model.dispose();
  }
}

/** Records what the tables of a storage are, or checks that they are the same. @throws {StorageError} when they are others */
export async function claimStore(store: SharedStore, record: ArchiveRecord): Promise<void> {
  if (await store.create('classification.json', jsonBytes(record))) return;
  const found = await readJson(store, 'classification.json');
  const isSame = typeof found === 'object' && found !== null && 'hash' in found && found.hash === record.hash;
  if (!isSame)
    throw new StorageError(
      `${store.name} has the tables of another classification: of another model, archive, shard size or options. Choose another --shards, or remove it.`,
    );
}

/** @throws {OptionError} */
export function checkShardSize(size: number): number {
  if (Number.isSafeInteger(size) && size >= 1 && size <= 1e6) return size;
  throw new OptionError(`shardSize must be an integer from 1 to 1000000; got ${size}.`);
}
