/** The objects of micrographs, found or given, one micrograph after the other with bounded memory. */
import { OptionError } from 'pyro-ts';
import type { FileProblem } from 'pyroved-ts';
import { type PixelSize, parsePixelSize } from '../formats/pixelSize.js';
import { type Defaults, withDefaults } from '../options.js';
import { type Centre, objectsOf, readCentres } from './centres.js';
import {
  FIND_DEFAULTS,
  type FindOptions,
  type FindValues,
  type FoundObject,
  type FoundObjects,
  type Segmented,
} from './objects.js';
import { type Preview, PreviewBuilder } from './preview.js';
import {
  listMicrographs,
  MICROGRAPH_READ_DEFAULTS,
  type MicrographList,
  type MicrographReadOptions,
  type ReadMicrograph,
} from './read.js';
import { type Needed, SegmentPool, type SegmentThreads } from './segmentPool.js';
import { type Segmenting, type Survey, segmentedMicrographs, surveyed } from './survey.js';

/** Options of `locateObjects`. Lengths in pixels are those after resampling to a common pixel size. */
export interface LocateOptions extends FindOptions, MicrographReadOptions, SegmentThreads {
  /** The objects, instead of finding them: a list, or a table (see `readCentres`). @default those that are found */
  readonly objects?: string | readonly Centre[];
}

const DEFAULTS = {
  ...FIND_DEFAULTS,
  ...MICROGRAPH_READ_DEFAULTS,
  objects: undefined,
  workers: undefined,
} as const satisfies Defaults<LocateOptions>;

/** An object of a micrograph, in pixels of its file. The measures of given objects that no region covers are NaN. */
export interface LocatedObject extends FoundObject {
  readonly label?: string;
  /** Of a labelled object: degrees counter-clockwise from the upright pose of its class. */
  readonly labelAngle?: number;
}

/** A micrograph and its objects. */
export interface LocatedMicrograph {
  /** Name of its file, with `#1`, `#2`, ... where the file has several. */
  readonly name: string;
  /** In pixels of the file. */
  readonly height: number;
  readonly width: number;
  /** Of the file. */
  readonly pixelSize?: PixelSize;
  readonly objects: readonly LocatedObject[];
  /** Width and height of a patch in pixels of the file. */
  readonly patch: { readonly width: number; readonly height: number };
  /** What was used to find them; undefined for given objects. */
  readonly values?: FindValues;
  readonly preview: Preview;
}

/** A micrograph or a tile of it, with the objects that belong to it. */
export interface LocatedPart {
  readonly part: ReadMicrograph;
  readonly segments: Segmented;
  /** In pixels of the file. */
  readonly objects: readonly LocatedObject[];
}

/** The micrographs at some paths, and what was chosen for all of them. */
export interface Micrographs {
  /** Names of the micrographs. */
  readonly names: readonly string[];
  /** Side of a patch in pixels, after resampling; undefined where nothing was found. */
  readonly patch: number | undefined;
  /** Objects and micrographs from which the patch was chosen; undefined where it was given. */
  readonly chosenFrom?: { readonly objects: number; readonly micrographs: number };
  /** What could not be used; grows while micrographs are read. */
  readonly problems: readonly FileProblem[];
  readonly notes: readonly string[];
  /** Pixel size of all micrographs after resampling, if they are resampled. */
  readonly commonPixelSize?: PixelSize;
  /**
   * The micrographs in order, without those of these names.
   * @param use called with each part of a micrograph before the micrograph itself follows
   */
  readonly micrographs: (
    without?: ReadonlySet<string>,
    use?: (part: LocatedPart) => void | Promise<void>,
  ) => AsyncGenerator<LocatedMicrograph>;
}

/**
 * Finds the objects of the micrographs at a path or several: files, or folders of them. The patch is chosen from up to eight micrographs; then one
 * micrograph is read after the other, large ones in tiles, so that memory stays bounded.
 * @throws {DataError} when nothing is at a path, and {OptionError} for an unknown option or a value outside its range.
 * @example
 * const located = await locateObjects('micrographs', { pixelSize: '1.3 nm' });
 * for await (const { name, objects } of located.micrographs()) console.log(name, objects.length);
 */
export async function locateObjects(
  paths: string | readonly string[],
  options: LocateOptions = {},
): Promise<Micrographs> {
  const { objects, patch, polarity, split, minArea, maxArea, workers, ...reading } = withDefaults(
    'locateObjects',
    options,
    DEFAULTS,
  );
  if (patch !== undefined && !(Number.isInteger(patch) && patch >= 8))
    throw new OptionError(`patch is a side in pixels, an integer of at least 8; got ${patch}.`);
  if (reading.pixelSize !== undefined) parsePixelSize(reading.pixelSize);
  const given = typeof objects === 'string' ? readCentres(objects) : objects;
  const problems: FileProblem[] = [];
  const notes: string[] = [];
  const list = await listMicrographs(paths, reading, problems, notes);
  const find = { polarity, split, minArea, maxArea };
  const survey = patch === undefined ? await surveyedIn(list, reading, find, workers) : undefined;
  const side = patch ?? survey?.patch;
  const finding = { ...find, ...(patch !== undefined && { patch }) };
  return {
    names: list.entries.map(({ name }) => name),
    patch: side,
    ...(survey && { chosenFrom: { objects: survey.count, micrographs: survey.names.length } }),
    ...{ problems, notes },
    ...(list.target && { commonPixelSize: list.target }),
    micrographs: (without = new Set(), use) => {
      const entries = list.entries.filter(({ name }) => !without.has(name));
      const segmenting = { reading, find: finding, ...(survey && { values: survey.values }) };
      return located({ ...list, entries }, { segmenting, workers, side: side ?? 8, given, problems, use });
    },
  };
}

async function surveyedIn(
  list: MicrographList,
  reading: MicrographReadOptions,
  find: FindOptions,
  workers: number | undefined,
): Promise<Survey> {
  using pool = new SegmentPool({ workers });
  return await surveyed(list, reading, find, pool);
}

interface Locating {
  readonly segmenting: Omit<Segmenting<Needed>, 'pool' | 'need'>;
  readonly workers: number | undefined;
  readonly side: number;
  readonly given: readonly Centre[] | undefined;
  readonly problems: FileProblem[];
  readonly use: ((part: LocatedPart) => void | Promise<void>) | undefined;
}

/** The parts of micrographs with their objects, after they were used. */
async function* partsOf(
  list: MicrographList,
  { segmenting, workers, given, problems, use }: Locating,
): AsyncGenerator<Pick<LocatedPart, 'part' | 'objects'> & { readonly values: FindValues }> {
  using pool = new SegmentPool({ workers });
  const objectsIn = (part: ReadMicrograph, { found }: Pick<Segmented, 'found'>) =>
    given ? givenIn(given, part, found) : foundIn(part, found);
  if (!use) {
    const how = { ...segmenting, pool, need: 'objects' } as const;
    for await (const { part, segments } of segmentedMicrographs(list, problems, how))
      yield { part, objects: objectsIn(part, segments), values: segments.found.values };
    return;
  }
  const how = { ...segmenting, pool, need: 'everything' } as const;
  for await (const { part, segments } of segmentedMicrographs(list, problems, how)) {
    const objects = objectsIn(part, segments);
    await use({ part, segments, objects });
    yield { part, objects, values: segments.found.values };
  }
}

async function* located(list: MicrographList, how: Locating): AsyncGenerator<LocatedMicrograph> {
  let open:
    | { first: ReadMicrograph; values: FindValues; objects: LocatedObject[]; preview: PreviewBuilder }
    | undefined;
  const finished = ({ first, values, objects, preview }: NonNullable<typeof open>): LocatedMicrograph => {
    const { name, whole, scale, pixelSize } = first;
    const patch = { width: how.side / scale.x, height: how.side / scale.y };
    return {
      ...{ name, ...whole, patch, preview: preview.get() },
      ...(pixelSize && {
        pixelSize: { x: pixelSize.x * scale.x, y: pixelSize.y * scale.y, unit: pixelSize.unit },
      }),
      objects: flagged(objects, patch, whole),
      ...(how.given === undefined && { values }),
    };
  };
  for await (const { part, objects, values } of partsOf(list, how)) {
    if (open && open.first.name !== part.name) {
      yield finished(open);
      open = undefined;
    }
    open ??= { first: part, values, objects: [], preview: new PreviewBuilder(part.whole) };
    open.objects.push(...objects);
    open.preview.add(part);
  }
  if (open) yield finished(open);
}

/** The objects that were found in the core of a part, in pixels of the file. */
function foundIn(part: ReadMicrograph, found: FoundObjects): LocatedObject[] {
  const { scale, window } = part;
  return found.objects
    .map((object) => ({
      ...object,
      x: (object.x + 0.5) / scale.x - 0.5 + window.left,
      y: (object.y + 0.5) / scale.y - 0.5 + window.top,
      width: object.width / scale.x,
      height: object.height / scale.y,
      area: object.area / (scale.x * scale.y),
    }))
    .filter((object) => isOwn(object, part));
}

/** Measures of a given object are those of the found object whose middle is nearest, if its bounding box contains the place. */
function givenIn(given: readonly Centre[], part: ReadMicrograph, segments: FoundObjects): LocatedObject[] {
  const found = foundIn({ ...part, core: part.window }, segments);
  return objectsOf(given, part)
    .filter((object) => isOwn(object, part))
    .map(({ x, y, label, angle }): LocatedObject => {
      const around = found.filter((f) => Math.abs(f.x - x) <= f.width / 2 && Math.abs(f.y - y) <= f.height / 2);
      const distance = (f: LocatedObject) => Math.hypot(f.x - x, f.y - y);
      const [nearest] = around.sort((a, b) => distance(a) - distance(b));
      const { width, height, area, angle: axis } = nearest ?? UNMEASURED;
      return {
        ...{ x, y, width, height, area, angle: axis, atEdge: false, isCrowded: false },
        ...(label !== undefined && { label }),
        ...(angle !== undefined && { labelAngle: angle }),
      };
    });
}

const UNMEASURED = { width: Number.NaN, height: Number.NaN, area: Number.NaN, angle: Number.NaN };

/** Whether a place is in the core of a part. The centre of a pixel is half a pixel from its border. */
const isOwn = ({ x, y }: { readonly x: number; readonly y: number }, { core }: ReadMicrograph): boolean =>
  x + 0.5 >= core.left && y + 0.5 >= core.top && x + 0.5 < core.left + core.width && y + 0.5 < core.top + core.height;

/** The objects of a micrograph with their flags, by rows from the top. */
function flagged(
  objects: readonly LocatedObject[],
  patch: LocatedMicrograph['patch'],
  whole: ReadMicrograph['whole'],
): LocatedObject[] {
  const cells = new Map<string, LocatedObject[]>();
  const cellOf = (x: number, y: number) => `${Math.floor(x / patch.width)},${Math.floor(y / patch.height)}`;
  for (const object of objects) {
    const cell = cellOf(object.x, object.y);
    cells.set(cell, [...(cells.get(cell) ?? []), object]);
  }
  const around = ({ x, y }: LocatedObject) =>
    [-1, 0, 1].flatMap((r) =>
      [-1, 0, 1].flatMap((c) => cells.get(cellOf(x + c * patch.width, y + r * patch.height)) ?? []),
    );
  return objects
    .map((object) => ({
      ...object,
      atEdge:
        object.x + 0.5 < patch.width / 2 ||
        object.y + 0.5 < patch.height / 2 ||
        object.x + 0.5 + patch.width / 2 > whole.width ||
        object.y + 0.5 + patch.height / 2 > whole.height,
      isCrowded: around(object).some(
        (other) =>
          other !== object &&
          Math.abs(other.x - object.x) < patch.width / 2 &&
          Math.abs(other.y - object.y) < patch.height / 2,
      ),
    }))
    .sort((a, b) => a.y - b.y || a.x - b.x);
}
