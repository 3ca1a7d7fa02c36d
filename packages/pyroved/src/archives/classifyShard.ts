/** The table of one shard of an archive: one row per image, also of those that cannot be used. */
import { type ImageArchive, usableImages } from 'pyroved-data/internal';
import { normaliseInPlace } from 'pyroved-ts/internal';
import { type Cell, type Column, parquetBytes } from '../micrographs/tableFile.js';
import { classifyImages, type TrainedModel } from '../runs/loadModel.js';
import { preprocessedFor } from '../sources/newImages.js';
import type { Classification } from '../storage/index.js';
import { rangeOf, type ShardPlan } from './plan.js';

/** The columns of all shards, whether or not a model has all measures, so that they can be read as one table. */
const columns: readonly Column[] = [
  { name: 'entry', type: 'number' },
  { name: 'file', type: 'text' },
  { name: 'problem', type: 'text' },
  { name: 'class', type: 'text' },
  { name: 'probability', type: 'number' },
  { name: 'unsure', type: 'truth' },
  { name: 'entropy', type: 'number' },
  { name: 'margin', type: 'number' },
  { name: 'angle_deg', type: 'number' },
  { name: 'evidence', type: 'number' },
  { name: 'outlier_score', type: 'number' },
  { name: 'outlier', type: 'truth' },
];

function cellsOf(row: Classification, classNames: readonly string[]): Cell[] {
  const { classIndex, probabilities, unsure, entropy, margin, angleDegrees, evidence, outlierScore, outlier } = row;
  const own = [classNames[classIndex], probabilities[classIndex], unsure];
  const measures = [entropy, margin, angleDegrees, evidence, outlierScore, outlier].map((value) => value ?? null);
  return [null, ...own, ...measures, ...Array.from(probabilities)];
}

/**
 * Classifies the images of a shard.
 * @returns the content of a Parquet file, and the number of its rows
 */
export async function classifyShard(
  shard: number,
  {
    trained,
    archive,
    plan,
  }: { readonly trained: TrainedModel; readonly archive: ImageArchive; readonly plan: ShardPlan },
): Promise<{ readonly table: Uint8Array; readonly rows: number }> {
  const { start, end } = rangeOf(shard, plan.shardSize, archive.count);
  const images = await archive.read(start, end);
  const { set, places } = usableImages(images, trained.model.options);
  normaliseInPlace(set.images, trained.normalisation ?? { low: 0, high: 1 });
  const { answer, falseAlarms } = plan;
  const options = { ...(answer && { answer }), ...(falseAlarms !== undefined && { falseAlarms }) };
  const found = set.count === 0 ? [] : classifyImages(trained, preprocessedFor(trained, set), plan.threshold, options);
  const { classNames } = trained;
  const unknown: Cell[] = Array(columns.length - 3 + classNames.length).fill(null);
  const byPlace = new Map(places.map((place, k) => [place, cellsOf(found[k], classNames)]));
  const rows = images.map(({ name, entry, problem }, i) => [
    entry,
    name,
    ...(byPlace.get(i) ?? [problem ?? 'it cannot be used', ...unknown]),
  ]);
  const probabilities = classNames.map((name): Column => ({ name: `p(${name})`, type: 'number' }));
  return { table: await parquetBytes([...columns, ...probabilities], rows), rows: rows.length };
}
