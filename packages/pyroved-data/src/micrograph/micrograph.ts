/** Cuts large micrographs into patches of one object each, at given positions or at those that `findObjects` finds. */
import { OptionError } from 'pyro-ts';
import { DataError, type FileProblem, type ImageSet, imageSet, type Normalisation } from 'pyroved-ts';
import { listProblems, normaliseInPlace, percentileRange } from 'pyroved-ts/internal';
import type { PixelSize } from '../formats/pixelSize.js';
import { naturalOrder } from '../images/folder.js';
import { crop, type Plane, resize } from '../images/resize.js';
import { type Defaults, withDefaults } from '../options.js';
import { type Centre, readCentres } from './centres.js';
import { FIND_DEFAULTS, type FindOptions, type FoundObjects, findObjects } from './objects.js';
import { eachMicrograph, MICROGRAPH_READ_DEFAULTS, type MicrographReadOptions, type ReadMicrograph } from './read.js';

/** Options of `loadMicrographs`. Lengths in pixels are those after resampling to a common pixel size. */
export interface MicrographOptions extends FindOptions, MicrographReadOptions {
  /** Split touching objects where a narrow neck connects them. @default false, because agglomerates may be the objects */
  readonly split?: boolean;
  /**
   * Positions of the objects in the files' pixels: a list, or a table with the columns x and y and optionally file and label.
   * @default those that `findObjects` finds
   */
  readonly centres?: string | readonly Centre[];
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
  centres: undefined,
  size: undefined,
  normalisation: undefined,
} as const satisfies Defaults<MicrographOptions>;

/**
 * Cuts square patches of one object each out of a micrograph, or out of every micrograph in a folder. Objects so near
 * the border that their patch would reach beyond it are skipped. Micrographs whose pixels differ in size are resampled.
 * @throws {DataError} when no micrograph can be read or no object is found.
 * @throws {OptionError} for an unknown option or a value outside its range.
 * @example
 * const { set, pixelSize, problems } = await loadMicrographs('micrographs', { patch: 48, size: 32, channel: 'HAADF' });
 */
export async function loadMicrographs(path: string, options: MicrographOptions = {}): Promise<Patches> {
  const {
    patch: givenPatch,
    size,
    centres,
    normalisation: range,
    polarity,
    split,
    minArea,
    maxArea,
    ...reading
  } = withDefaults('loadMicrographs', options, DEFAULTS);
  for (const [name, value] of Object.entries({ patch: givenPatch, size })) {
    if (value !== undefined && !(Number.isInteger(value) && value >= 8))
      throw new OptionError(`${name} is a side in pixels, an integer of at least 8; got ${value}.`);
  }
  const given = typeof centres === 'string' ? readCentres(centres) : centres;
  if (given && givenPatch === undefined) throw new OptionError('patch is required where centres are given.');
  const problems: FileProblem[] = [];
  const notes: string[] = [];
  const find = { patch: givenPatch, polarity, split, minArea, maxArea };
  const known = new Map<string, FoundObjects>();
  let patch = givenPatch;
  if (patch === undefined) {
    // One side for all micrographs: the largest that any of them needs.
    for await (const { name, planes } of eachMicrograph(path, reading, [], [])) {
      const found = findObjects(together(planes), find);
      known.set(name, found);
      patch = Math.max(patch ?? 0, found.patch);
    }
    if (patch !== undefined)
      notes.push(`Patches are ${patch} x ${patch} pixels, chosen from the sizes of the objects.`);
  }
  const cuts: Cut[] = [];
  let pixelSize: PixelSize | undefined;
  for await (const micrograph of eachMicrograph(path, reading, problems, notes)) {
    const { name, planes } = micrograph;
    if (cuts.length === 0) ({ pixelSize } = micrograph);
    const side = patch ?? 8;
    const places = given
      ? placesIn(given, micrograph)
      : foundPlaces(known.get(name) ?? findObjects(together(planes), find), micrograph);
    const cut = cutPatches(planes, places, { name, patch: side, size: size ?? side }, problems);
    const crowded = cut.filter((a) => places.some((b) => b !== a.place && within(a.place, b, side / 2))).length;
    if (crowded > 0)
      notes.push(
        `${name}: ${crowded} of ${cut.length} patches also show the middle of another object; ` +
          'a smaller patch would avoid it.',
      );
    cuts.push(...cut);
  }
  if (cuts.length === 0 || patch === undefined) {
    const why =
      problems.length > 0 ? `:\n${listProblems(problems)}` : ': none was found. Check patch, polarity and minArea.';
    throw new DataError(`"${path}" gives no object to cut out${why}`, problems);
  }
  return { ...assembled(cuts, size ?? patch, range), patch, pixelSize, problems, notes };
}

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

/** A place in pixels of the resampled micrograph, and in those of its file. */
interface Place {
  readonly x: number;
  readonly y: number;
  readonly inFile: { readonly x: number; readonly y: number; readonly area: number };
  readonly label?: string;
}

interface Cut {
  readonly name: string;
  readonly place: Place;
  readonly pixels: Float32Array;
}

const within = (a: Place, b: Place, reach: number): boolean =>
  Math.max(Math.abs(a.x - b.x), Math.abs(a.y - b.y)) < reach;

/** The given places of one micrograph. Pixel centres are at whole numbers, in the file as in the resampled micrograph. */
function placesIn(given: readonly Centre[], { name, scale }: ReadMicrograph): Place[] {
  const file = name.replace(/#\d+$/, '');
  return given
    .filter((c) => c.file === undefined || c.file === name || c.file === file)
    .map(({ x, y, label }) => ({
      x: (x + 0.5) * scale.x - 0.5,
      y: (y + 0.5) * scale.y - 0.5,
      inFile: { x, y, area: Number.NaN },
      label,
    }));
}

const foundPlaces = ({ objects }: FoundObjects, { scale }: ReadMicrograph): Place[] =>
  objects.map(({ x, y, area }) => ({
    x,
    y,
    inFile: { x: (x + 0.5) / scale.x - 0.5, y: (y + 0.5) / scale.y - 0.5, area: area / (scale.x * scale.y) },
  }));

/** The mean of the channels, each less its mean and over its standard deviation. */
function together(planes: readonly Plane[]): Plane {
  if (planes.length === 1) return planes[0];
  const [{ height, width }] = planes;
  const pixels = new Float32Array(height * width);
  for (const { pixels: values } of planes) {
    const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
    const deviation = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length) || 1;
    for (let i = 0; i < pixels.length; i++) pixels[i] += (values[i] - mean) / deviation / planes.length;
  }
  return { pixels, height, width };
}

function cutPatches(
  planes: readonly Plane[],
  places: readonly Place[],
  { name, patch, size }: { name: string; patch: number; size: number },
  problems: FileProblem[],
): Cut[] {
  const [{ height, width }] = planes;
  return places.flatMap((place): Cut[] => {
    // The nearest whole pixels; of two as near the lower ones, so that whole numbers from patch / 2 to width - patch / 2 all fit.
    const left = Math.ceil(place.x - patch / 2);
    const top = Math.ceil(place.y - patch / 2);
    const shownName = `${name}@${Math.round(place.inFile.x)},${Math.round(place.inFile.y)}`;
    if (left < 0 || top < 0 || left + patch > width || top + patch > height) {
      problems.push({ file: shownName, why: 'its patch reaches beyond the micrograph' });
      return [];
    }
    const pixels = new Float32Array(planes.length * size * size);
    planes.forEach((plane, c) => {
      pixels.set(resize(crop(plane, top, left, patch, patch), size, size).pixels, c * size * size);
    });
    return [{ name: shownName, place, pixels }];
  });
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
