/** Finds the objects of micrographs and writes a table of them, and a picture of each micrograph. */
import fs from 'node:fs';
import path from 'node:path';
import { type LocatedMicrograph, type LocateOptions, locateObjects, type PixelSize } from 'pyroved-data';
import { type FileProblem, PyrovedError } from 'pyroved-ts';
import { explained, writeFileAtomic } from '../storage/index.js';
import { type Lengths, lengthsIn, type ObjectRecord, objectCells, objectColumns, recordOf } from './objectTable.js';
import { overlayPng } from './overlay.js';
import { type Named, ProgressFile, type Results } from './progressFile.js';
import { type Cell, writeTableFile } from './tableFile.js';

/** What `findInMicrographs` does. */
export interface FindRequest extends LocateOptions {
  /** Output folder: `objects.csv`, `find.json`, and pictures. */
  readonly out: string;
  /** Also write `objects.parquet`. @default false */
  readonly parquet?: boolean;
  /** Draw what was found. @default true */
  readonly pictures?: boolean;
  /** Continue where an earlier call with the same options was stopped. @default false */
  readonly resume?: boolean;
}

/** What was found. */
export interface FindResult {
  readonly table: string;
  readonly objects: number;
  readonly micrographs: number;
  /** Side of a patch in pixels. */
  readonly patch: number;
  readonly problems: readonly FileProblem[];
}

/** A micrograph in the progress file. */
interface Found {
  readonly name: string;
  readonly height: number;
  readonly width: number;
  readonly pixelSize?: PixelSize;
  readonly objects: readonly ObjectRecord[];
}

const PROGRESS = 'progress.jsonl';

/**
 * Finds the objects of the micrographs at some paths, on all cores with bounded memory. A stopped call can be continued.
 * @param say receives the values that were chosen, and a line per micrograph
 * @throws {PyrovedError} when nothing is found, or when the folder has results and `resume` is not set.
 * @example await findInMicrographs(['micrographs'], { out: 'found', pixelSize: '1.3 nm' }, { say: console.log })
 */
export async function findInMicrographs(
  paths: readonly string[],
  { out, parquet = false, pictures = true, resume = false, workers, ...options }: FindRequest,
  { say = () => {}, signal }: { readonly say?: (line: string) => void; readonly signal?: AbortSignal } = {},
): Promise<FindResult> {
  const table = path.join(out, 'objects.csv');
  if (fs.existsSync(table) && !resume)
    throw new PyrovedError(`${table} exists. Choose another folder (--out), or remove it.`);
  explained(`Could not create ${out}`, () => fs.mkdirSync(out, { recursive: true }));
  const located = await locateObjects(paths, { ...options, workers });
  for (const note of located.notes) say(note);
  const { patch, chosenFrom } = located;
  if (patch === undefined)
    throw new PyrovedError(
      `No object was found. Check --polarity and --min-area.${located.problems.length > 0 ? ` Not read: ${located.problems.map(({ file, why }) => `${file} (${why})`).join('; ')}.` : ''}`,
    );
  say(
    `Patches: ${patch} x ${patch} pixels${chosenFrom ? `, chosen from ${chosenFrom.objects} objects in ${chosenFrom.micrographs} micrograph(s); change it with --patch-size` : ''}.`,
  );
  using progress = ProgressFile.open<Found>(path.join(out, PROGRESS), { options: { paths, ...options }, resume });
  if (progress.done.size > 0) say(`Continued: ${progress.done.size} micrographs are done.`);
  for await (const micrograph of located.micrographs(progress.done)) {
    say(lineOf(micrograph));
    if (pictures) writePicture(out, micrograph);
    const { name, height, width, pixelSize, objects } = micrograph;
    progress.add({ name, height, width, ...(pixelSize && { pixelSize }), objects: objects.map(recordOf) });
    if (signal?.aborted) throw new PyrovedError(`Stopped. To continue, run the same command with --resume.`);
  }
  const lengths = await lengthsOf(progress);
  const columns = objectColumns(lengths);
  await writeTableFile(table, columns, rowsOf(progress, lengths));
  if (parquet) await writeTableFile(path.join(out, 'objects.parquet'), columns, rowsOf(progress, lengths));
  const counts = await countsOf(progress);
  writeFileAtomic(
    path.join(out, 'find.json'),
    `${JSON.stringify({ options: { paths, ...options }, patch, micrographs: counts, skipped: located.problems }, null, 2)}\n`,
  );
  progress.remove();
  const objects = counts.reduce((sum, { objects }) => sum + objects, 0);
  return { table, objects, micrographs: counts.length, patch, problems: located.problems };
}

/** The values used for a micrograph, and what was found. */
function lineOf({ name, objects, values, pixelSize, height, width }: LocatedMicrograph): string {
  const count = (flag: 'atEdge' | 'isCrowded') => objects.filter((object) => object[flag]).length;
  const size = pixelSize
    ? `pixels of ${Number(pixelSize.x.toPrecision(4))}${pixelSize.x === pixelSize.y ? '' : ` x ${Number(pixelSize.y.toPrecision(4))}`} ${pixelSize.unit}`
    : 'pixels';
  const side = values && (values.polarity === 'either' ? 'bright or dark' : values.polarity);
  const contrast =
    values &&
    Math.min(
      values.contrast[values.polarity === 'dark' ? 'dark' : 'bright'],
      values.polarity === 'either' ? values.contrast.dark : Infinity,
    );
  const how = values
    ? `; ${side}, contrast above ${Number((contrast ?? 0).toPrecision(3))}, area ${Math.ceil(values.minArea)} to ${Math.floor(values.maxArea)}`
    : '';
  return `${name}: ${width} x ${height} ${size}; ${objects.length} objects, ${count('atEdge')} at the edge, ${count('isCrowded')} crowded${how}`;
}

const LEGEND = [
  { kind: 'clear', colour: '#43B1D3' },
  { kind: 'at the edge', colour: '#BFA32B' },
  { kind: 'crowded', colour: '#EE6677' },
] as const;

/** Writes `pictures/NAME.png`. */
function writePicture(out: string, { name, preview, pixelSize, objects }: LocatedMicrograph): void {
  const kinds = objects.map(({ atEdge, isCrowded }) => (isCrowded ? 2 : atEdge ? 1 : 0));
  const legend = LEGEND.map(({ kind, colour }, k) => ({
    text: `${kinds.filter((other) => other === k).length} ${kind}`,
    colour,
  }));
  const drawn = objects.map(({ x, y, width, height, angle }, i) => ({
    ...{ x, y, angle, kind: kinds[i] },
    width: Number.isFinite(width) ? width : 0,
    height: Number.isFinite(height) ? height : 0,
  }));
  const file = path.join(out, 'pictures', pictureName(name));
  explained(`Could not create ${path.dirname(file)}`, () => fs.mkdirSync(path.dirname(file), { recursive: true }));
  writeFileAtomic(file, overlayPng({ preview, ...(pixelSize && { pixelSize }), objects: drawn, legend }));
}

/** A file name for a micrograph, which may be named by a path and a frame. */
export const pictureName = (name: string, extension = 'png'): string =>
  `${name.replace(/^[./\\]+/, '').replace(/[#[\]:/\\]/g, '-')}.${extension}`;

/** The unit of lengths: that of the first micrograph which states one. */
export async function lengthsOf(
  progress: Pick<Results<Named & { readonly pixelSize?: PixelSize }>, 'results'>,
): Promise<Lengths | undefined> {
  for await (const { pixelSize } of progress.results()) if (pixelSize) return lengthsIn(pixelSize.unit);
  return undefined;
}

async function* rowsOf(progress: ProgressFile<Found>, lengths: Lengths | undefined): AsyncGenerator<Cell[]> {
  for await (const { name, pixelSize, objects } of progress.results())
    for (const object of objects) yield objectCells(name, object, lengths, pixelSize);
}

async function countsOf(progress: ProgressFile<Found>) {
  const counts: (Omit<Found, 'objects'> & { readonly objects: number })[] = [];
  for await (const { objects, ...micrograph } of progress.results())
    counts.push({ ...micrograph, objects: objects.length });
  return counts;
}
