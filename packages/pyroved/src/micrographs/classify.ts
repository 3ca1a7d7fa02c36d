/** Classifies the objects of micrographs: one table, pictures, regions, and counts per micrograph. */
import fs from 'node:fs';
import path from 'node:path';
import { type LocatedMicrograph, type LocatedPart, locateObjects, type PixelSize } from 'pyroved-data';
import { patchesAround } from 'pyroved-data/internal';
import { type FileProblem, imageSet, PyrovedError } from 'pyroved-ts';
import { normaliseInPlace } from 'pyroved-ts/internal';
import { averagedClassifications, type RunClassification } from '../runs/ensemble.js';
import { type ClassifyOptions, classifierOf, classifyImages, type TrainedModel } from '../runs/loadModel.js';
import { findingOf, type MicrographImages, preprocessedFor } from '../sources/newImages.js';
import type { Classification } from '../storage/index.js';
import { explained, writeFileAtomic } from '../storage/index.js';
import { writeMicrograph } from './classifiedPictures.js';
import { type ClassifiedRecord, classifiedColumns, classifiedRow, type Measures } from './classifiedTable.js';
import { lengthsOf } from './find.js';
import { confusionOf, countsLine, countsOf, type MicrographCounts, totalOf } from './micrographCounts.js';
import { recordOf } from './objectTable.js';
import { inMemoryResults, ProgressFile, type Results } from './progressFile.js';
import { writeTableFile } from './tableFile.js';

/** What `classifyMicrographs` does. Options of finding that are omitted are those of the run. */
export interface ClassifyMicrographsRequest extends MicrographImages, ClassifyOptions {
  /**
   * A table, `.csv` or `.parquet`; or a folder for everything: `objects.csv`, `counts.json`, `pictures`, and `regions`, which QuPath and napari read.
   */
  readonly out: string;
  /** With a folder: also write `objects.parquet`. @default false */
  readonly parquet?: boolean;
  /** With a folder: draw pictures. @default true */
  readonly pictures?: boolean;
  /** Objects whose most probable class is below this probability are marked unsure. @default 0.8 */
  readonly threshold?: number;
  /** Add the content latents and their standard deviations to the table. @default false */
  readonly latents?: boolean;
  /** With a folder: continue where an earlier call with the same options was stopped. @default false */
  readonly resume?: boolean;
}

export interface ClassifiedMicrographs {
  readonly table: string;
  readonly objects: number;
  readonly counts: readonly MicrographCounts[];
  readonly problems: readonly FileProblem[];
}

/** A micrograph with its classified objects, as it is stored. */
interface Classified {
  readonly name: string;
  readonly pixelSize?: PixelSize;
  readonly objects: readonly ClassifiedRecord[];
  readonly counts: MicrographCounts;
}

/**
 * Finds the objects of micrographs as in the training of a run, and classifies them; with several runs of the same classes, their probabilities are
 * averaged. One micrograph is read after the other.
 * @param say receives a line per micrograph
 * @throws {PyrovedError} when the runs differ in classes or in how their patches are cut, or when nothing is found.
 * @example
 * await classifyMicrographs([{ folder: 'runs/a', trained: await loadModel('runs/a') }], { micrographs: 'new', out: 'classified' });
 */
export async function classifyMicrographs(
  models: readonly TrainedModel[],
  request: ClassifyMicrographsRequest,
  { say = () => {}, signal }: { readonly say?: (line: string) => void; readonly signal?: AbortSignal } = {},
): Promise<ClassifiedMicrographs> {
  const {
    micrographs,
    out,
    parquet,
    pictures = true,
    threshold = 0.8,
    latents = false,
    resume = false,
    ...rest
  } = request;
  const { answer, falseAlarms, workers, ...given } = rest;
  const [first] = models;
  if (!first) throw new PyrovedError('At least one run is required.');
  const { classNames } = first;
  const { patch, flatten = false, isolate = false, pad = false, ...finding } = sameFinding(models, given);
  const isTable = /\.(csv|parquet)$/i.test(out);
  const folder = isTable ? undefined : out;
  const table = folder === undefined ? out : path.join(folder, 'objects.csv');
  if (folder !== undefined) {
    if (fs.existsSync(table) && !resume)
      throw new PyrovedError(`${table} exists. Choose another folder (--out), or remove it.`);
    explained(`Could not create ${folder}`, () => fs.mkdirSync(folder, { recursive: true }));
  }
  const options = {
    runs: models.map(({ run }) => run.path),
    micrographs,
    threshold,
    latents,
    answer,
    falseAlarms,
    ...given,
  };
  using results: Results<Classified> =
    folder === undefined
      ? inMemoryResults()
      : ProgressFile.open(path.join(folder, 'progress.jsonl'), { options, resume });
  const located = await locateObjects(micrographs, { ...finding, patch, workers });
  for (const note of located.notes) say(note);
  const how = { patch, flatten, isolate, pad };
  const measures: Measures = { latents };
  const confusion = confusionOf(first);
  let parts: ClassifiedRecord[] = [];
  const use = (part: LocatedPart) => {
    parts.push(...classifiedPart(models, part, { how, threshold, options: { answer, falseAlarms }, measures }));
  };
  for await (const micrograph of located.micrographs(results.done, use)) {
    const objects = withFlags(parts, micrograph);
    parts = [];
    const { name, pixelSize } = micrograph;
    const counts = countsOf(micrograph, objects, classNames, confusion);
    say(countsLine(counts));
    if (folder !== undefined) writeMicrograph(folder, micrograph, { objects, classNames, pictures });
    results.add({ name, ...(pixelSize && { pixelSize }), objects, counts });
    if (signal?.aborted) throw new PyrovedError('Stopped. To continue, run the same command with --resume.');
  }
  const lengths = await lengthsOf(results);
  const counts: MicrographCounts[] = [];
  let sample: ClassifiedRecord | undefined;
  for await (const micrograph of results.results()) {
    counts.push(micrograph.counts);
    sample ??= micrograph.objects[0];
  }
  if (!sample)
    throw new PyrovedError(
      `No object was found in "${String(micrographs)}". Check --polarity and --min-area.${located.problems.length > 0 ? ` Not read: ${located.problems.map(({ file, why }) => `${file} (${why})`).join('; ')}.` : ''}`,
    );
  const columns = classifiedColumns(sample, classNames, lengths);
  async function* rows() {
    for await (const { name, pixelSize, objects } of results.results())
      for (const object of objects) yield classifiedRow(name, object, { columns, classNames, lengths, pixelSize });
  }
  await writeTableFile(table, columns, rows());
  if (folder !== undefined) {
    if (parquet) await writeTableFile(path.join(folder, 'objects.parquet'), columns, rows());
    const total = totalOf(counts, classNames, confusion);
    const text = JSON.stringify({ options, patch, total, micrographs: counts, skipped: located.problems }, null, 2);
    writeFileAtomic(path.join(folder, 'counts.json'), `${text}\n`);
  }
  results.remove();
  return { table, objects: counts.reduce((sum, { objects }) => sum + objects, 0), counts, problems: located.problems };
}

/** How objects are found, which must be the same for all runs. */
function sameFinding(models: readonly TrainedModel[], given: Omit<MicrographImages, 'micrographs'>) {
  const all = models.map((trained) => findingOf(trained, given));
  const [first] = all;
  const differs = (Object.keys(first) as (keyof typeof first)[]).find((key) =>
    all.some((one) => one[key] !== first[key]),
  );
  if (differs !== undefined)
    throw new PyrovedError(
      `The runs differ in how objects are cut out (${differs}: ${all.map((one) => String(one[differs])).join(', ')}). Classify with one of them, or give the option.`,
    );
  return first;
}

/** The flags of a tile's objects are those of the whole micrograph. */
function withFlags(objects: readonly ClassifiedRecord[], micrograph: LocatedMicrograph): ClassifiedRecord[] {
  const key = ({ x, y }: { readonly x: number; readonly y: number }) => `${x},${y}`;
  const flags = new Map(micrograph.objects.map((object) => [key(object), object]));
  return objects.map((object) => {
    const { atEdge, isCrowded } = flags.get(key(object)) ?? object;
    return { ...object, atEdge, isCrowded };
  });
}

interface PartRequest {
  readonly how: { readonly patch: number; readonly flatten: boolean; readonly isolate: boolean; readonly pad: boolean };
  readonly threshold: number;
  readonly options: ClassifyOptions;
  readonly measures: Measures;
}

/** The objects of a part with their classes; without those whose patch reaches beyond the micrograph where patches are not padded. */
function classifiedPart(
  models: readonly TrainedModel[],
  { part, segments, objects }: LocatedPart,
  { how, threshold, options: { answer, falseAlarms }, measures }: PartRequest,
): ClassifiedRecord[] {
  if (objects.length === 0) return [];
  const options = { ...(answer !== undefined && { answer }), ...(falseAlarms !== undefined && { falseAlarms }) };
  const runs: RunClassification[] = [];
  let encoded: ((i: number) => Pick<ClassifiedRecord, 'scale' | 'latents'>) | undefined;
  let kept: readonly number[] = [];
  for (const trained of models) {
    const { model, normalisation = { low: 0, high: 1 }, run, classNames } = trained;
    classifierOf(trained);
    const { shape, channels } = model.options;
    if (shape.length !== 2 || shape[0] !== shape[1] || channels !== part.planes.length)
      throw new PyrovedError(
        `The model of ${run.path} takes ${channels} channel(s) of ${shape.join(' x ')} pixels, and patches are square with ${part.planes.length} channel(s).`,
      );
    const patches = patchesAround(part, segments, objects, { ...how, size: shape[0] });
    kept = patches.kept;
    if (kept.length === 0) return [];
    normaliseInPlace(patches.pixels, normalisation);
    const set = imageSet({ images: patches.pixels, shape, channels, names: kept.map(String) });
    const images = preprocessedFor(trained, set);
    runs.push({ run: run.path, classNames, rows: classifyImages(trained, images, threshold, options) });
    if (!encoded && (measures.latents || model.options.invariances.includes('s'))) {
      const { content, contentScale, scale } = model.encode(images);
      const { latentDim } = model.options;
      const at = (values: Float32Array, i: number) => Array.from(values.subarray(i * latentDim, (i + 1) * latentDim));
      encoded = (i) => ({
        ...(scale && { scale: scale[(i * scale.length) / images.count] }),
        ...(measures.latents && { latents: { mean: at(content, i), deviation: at(contentScale, i) } }),
      });
    }
  }
  const rows = runs.length === 1 ? runs[0].rows : averagedClassifications(runs, threshold);
  return rows.map((row, i) => ({ ...recordOf(objects[kept[i]]), ...classOf(row), ...encoded?.(i) }));
}

function classOf({ file: _, probabilities, ...row }: Classification): Omit<Classification, 'file'> {
  return { ...row, probabilities: Array.from(probabilities, (p) => Number(p.toFixed(5))) };
}
