/** Cuts large micrographs into patches of one object each, at given positions or at those that `findObjects` finds. */
import { OptionError } from 'pyro-ts';
import { DataError, type FileProblem, type ImageSet, imageSet, type Normalisation } from 'pyroved-ts';
import { listProblems, normaliseInPlace, percentileRange } from 'pyroved-ts/internal';
import type { PixelSize } from '../formats/pixelSize.js';
import { naturalOrder } from '../images/folder.js';
import { type Defaults, withDefaults } from '../options.js';
import { type Centre, objectsOf, readCentres } from './centres.js';
import { type Cut, cutPatches, flattened, type Place, placesOf } from './cut.js';
import { type LabelMark, marksOf, readLabelMarks, withLabels } from './labels.js';
import { FIND_DEFAULTS, type FindOptions } from './objects.js';
import {
  listMicrographs,
  MICROGRAPH_READ_DEFAULTS,
  type MicrographList,
  type MicrographReadOptions,
  type ReadMicrograph,
  readMicrographs,
} from './read.js';
import { SegmentPool, type SegmentThreads } from './segmentPool.js';
import { segmentedMicrographs, surveyed } from './survey.js';

/** Options of `loadMicrographs`. Lengths in pixels are those after resampling to a common pixel size. */
export interface MicrographOptions extends FindOptions, MicrographReadOptions, SegmentThreads {
  /** Split touching objects where a narrow neck connects them. @default false, because agglomerates may be the objects */
  readonly split?: boolean;
  /**
   * Positions of the objects in the files' pixels: a list, or a table with the columns x and y and optionally file, label, and angle; see `readCentres`.
   * @default those that `findObjects` finds
   */
  readonly objects?: string | readonly Centre[];
  /**
   * Labels of the objects, beside those of `objects`: tables, folders per class, GeoJSON regions, or images whose values are classes; see
   * `readLabelMarks`. @default none
   */
  readonly labels?: string | readonly string[];
  /** Subtract the uneven background and the offsets of scan lines before patches are cut: the background is then about 0. @default false */
  readonly flatten?: boolean;
  /** With `flatten`: replace other objects in a patch by background. @default false */
  readonly isolate?: boolean;
  /** Also cut patches that reach beyond the micrograph; the border's pixels continue there, or with `flatten` the background. @default false */
  readonly pad?: boolean;
  /** Height and width to which patches are resized. @default `patch` */
  readonly size?: number;
  /** The grey range of an earlier run. @default the 1st and 99th percentile of all patches */
  readonly normalisation?: Normalisation;
}

/** The objects of one or several micrographs. */
export interface Patches {
  /**
   * One image per object, with the factors `x`, `y` (pixels in its file) and `area` (pixels of the file, NaN for given positions).
   */
  readonly set: ImageSet;
  readonly normalisation: Normalisation;
  /** Side of the patches in pixels before they are resized. */
  readonly patch: number;
  /** Pixel size of the micrographs from which the patches were cut; undefined where a file states none. */
  readonly pixelSize?: PixelSize;
  /** Micrographs that could not be read, and objects that the border cuts off. */
  readonly problems: readonly FileProblem[];
  readonly notes: readonly string[];
}

const DEFAULTS = {
  ...FIND_DEFAULTS,
  ...MICROGRAPH_READ_DEFAULTS,
  split: false,
  objects: undefined,
  labels: undefined,
  flatten: false,
  isolate: false,
  pad: false,
  size: undefined,
  normalisation: undefined,
  workers: undefined,
} as const satisfies Defaults<MicrographOptions>;

/**
 * Cuts square patches of one object each out of a micrograph, or out of every micrograph in a folder. Objects so near
 * the border that their patch would reach beyond it are skipped. Micrographs whose pixels differ in size are resampled.
 * @throws {DataError} when no micrograph can be read or no object is found.
 * @throws {OptionError} for an unknown option or a value outside its range.
 * @example
 * const { set, pixelSize, problems } = await loadMicrographs('micrographs', { patch: 48, size: 32, channel: 'HAADF' });
 */
export async function loadMicrographs(
  path: string | readonly string[],
  options: MicrographOptions = {},
): Promise<Patches> {
  const {
    patch: givenPatch,
    size,
    objects,
    labels,
    flatten,
    isolate,
    pad,
    normalisation: range,
    polarity,
    split,
    minArea,
    maxArea,
    workers,
    ...reading
  } = withDefaults('loadMicrographs', options, DEFAULTS);
  for (const [name, value] of Object.entries({ patch: givenPatch, size })) {
    if (value !== undefined && !(Number.isInteger(value) && value >= 8))
      throw new OptionError(`${name} is a side in pixels, an integer of at least 8; got ${value}.`);
  }
  const given = typeof objects === 'string' ? readCentres(objects) : objects;
  const marks = (labels === undefined ? [] : [labels].flat()).flatMap(readLabelMarks);
  const used = new Set<LabelMark>();
  const problems: FileProblem[] = [];
  const notes: string[] = [];
  const list = await listMicrographs(path, reading, problems, notes);
  rejectUnnamed(list, [...(given ?? []), ...marks]);
  const find = { polarity, split, minArea, maxArea };
  using pool = new SegmentPool({ workers });
  const survey = givenPatch === undefined ? await surveyed(list, reading, find, pool) : undefined;
  const patch = givenPatch ?? survey?.patch;
  if (givenPatch === undefined && patch !== undefined)
    notes.push(`Patches are ${patch} x ${patch} pixels, chosen from the sizes of the objects.`);
  const side = patch ?? 8;
  const how = { patch: side, size: size ?? side, flatten, pad };
  const cuts: Cut[] = [];
  let pixelSize: PixelSize | undefined;
  const add = (micrograph: ReadMicrograph, found: readonly Place[], regions?: Int32Array) => {
    const places = labelled(found, micrograph, { marks, used, near: side / 2 });
    if (cuts.length === 0) ({ pixelSize } = micrograph);
    const cut = cutPatches(micrograph, places, { ...how, ...(regions && { regions }) }, problems);
    const crowded = cut.filter((a) => places.some((b) => b !== a.place && within(a.place, b, side / 2))).length;
    if (crowded > 0 && !regions)
      notes.push(
        `${micrograph.name}: ${crowded} of ${cut.length} patches also show the middle of another object; ` +
          'a smaller patch would avoid it.',
      );
    cuts.push(...cut);
  };
  if (given && !flatten) {
    for await (const part of readMicrographs(list, reading, problems))
      add(part, placesOf(objectsOf(given, part), part));
  } else {
    const finding = { ...find, ...(givenPatch !== undefined && { patch: givenPatch }) };
    const how = { reading, find: finding, pool, need: 'everything', values: survey?.values } as const;
    for await (const { part, segments } of segmentedMicrographs(list, problems, how))
      add(
        flatten ? flattened(part, segments) : part,
        given ? placesOf(objectsOf(given, part), part) : placesOf(segments.found.objects, part, true),
        isolate && flatten ? segments.labels : undefined,
      );
  }
  for (const { source, x, y, label } of marks.filter((mark) => !used.has(mark)))
    problems.push({
      file: source,
      why: `no object is at ${Math.round(x)}, ${Math.round(y)} to be labelled "${label}"`,
    });
  if (cuts.length === 0 || patch === undefined) {
    const why =
      problems.length > 0 ? `:\n${listProblems(problems)}` : ': none was found. Check patch, polarity and minArea.';
    throw new DataError(`"${path}" gives no object to cut out${why}`, problems);
  }
  return { ...assembled(cuts, size ?? patch, range), patch, ...(pixelSize && { pixelSize }), problems, notes };
}

/** The places of a micrograph or tile with the labels of the marks, which are in pixels of the file. */
function labelled(
  places: readonly Place[],
  { name }: ReadMicrograph,
  { marks, used, near }: { readonly marks: readonly LabelMark[]; readonly used: Set<LabelMark>; readonly near: number },
): Place[] {
  if (marks.length === 0) return [...places];
  const inFile = places.map(({ inFile: { x, y }, label, angle }) => ({
    ...{ x, y },
    ...(label !== undefined && { label }),
    ...(angle !== undefined && { angle }),
  }));
  const found: readonly { readonly label?: string; readonly angle?: number }[] = withLabels(
    inFile,
    marksOf(marks, name),
    { near, name, used },
  );
  return places.map((place, i) => ({ ...place, ...found[i], x: place.x, y: place.y }));
}

/** @throws {DataError} when there are several files, and a position does not say of which. */
function rejectUnnamed({ entries }: MicrographList, positions: readonly { readonly file?: string }[]): void {
  const files = new Set(entries.map(({ at }) => at)).size;
  if (files < 2 || positions.every(({ file }) => file !== undefined)) return;
  throw new DataError(
    `There are ${files} micrographs, and ${positions.filter(({ file }) => file === undefined).length} object(s) or label(s) do not say of which. Name it in a column "file"; regions and images of labels are named like their micrograph.`,
  );
}

const within = (a: Place, b: Place, reach: number): boolean =>
  Math.max(Math.abs(a.x - b.x), Math.abs(a.y - b.y)) < reach;

function assembled(
  cuts: readonly Cut[],
  size: number,
  range: Normalisation | undefined,
): Pick<Patches, 'set' | 'normalisation'> {
  const [{ pixels: first }] = cuts;
  if (cuts.some(({ pixels }) => pixels.length !== first.length))
    throw new DataError('The micrographs have different numbers of channels.');
  const images = new Float32Array(cuts.length * first.length);
  cuts.forEach(({ pixels }, i) => {
    images.set(pixels, i * pixels.length);
  });
  const normalisation = range ?? percentileRange([images]);
  normaliseInPlace(images, normalisation);
  const set = imageSet({
    images,
    shape: [size, size],
    channels: first.length / size ** 2,
    names: cuts.map((c) => c.name),
    factors: placeFactors(cuts),
    ...labelling(cuts),
  });
  return { set, normalisation };
}

const placeFactors = (cuts: readonly Cut[]) => ({
  x: Float32Array.from(cuts, (c) => c.place.inFile.x),
  y: Float32Array.from(cuts, (c) => c.place.inFile.y),
  area: Float32Array.from(cuts, (c) => c.place.inFile.area),
});

function labelling(cuts: readonly Cut[]): Pick<ImageSet, 'labels' | 'classNames'> {
  const classNames = [...new Set(cuts.flatMap((c) => c.place.label ?? []))].sort(naturalOrder);
  if (classNames.length === 0) return {};
  return { classNames, labels: Int32Array.from(cuts, (c) => classNames.indexOf(c.place.label ?? '')) };
}
