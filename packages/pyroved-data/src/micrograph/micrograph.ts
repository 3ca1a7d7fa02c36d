/** Cuts large micrographs into patches of one object each, at given positions or at those that `findObjects` finds. */
import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { OptionError } from 'pyro-ts';
import { DataError, type FileProblem, type ImageSet, imageSet, type Normalisation } from 'pyroved-ts';
import { listProblems, normaliseInPlace, percentileRange } from 'pyroved-ts/internal';
import type { ReadLimits } from 'pyroved-ts/node';
import { decodeImages, luminance } from '../images/decode.js';
import { entryAt, listFiles, naturalOrder, requirePath } from '../images/folder.js';
import { nonFinitePixels } from '../images/read.js';
import { crop, type Plane, resize } from '../images/resize.js';
import { type Defaults, LIMIT_DEFAULTS, withDefaults } from '../options.js';
import { type Centre, readCentres } from './centres.js';
import { FIND_DEFAULTS, type FindOptions, findObjects } from './objects.js';

/** Options of `loadMicrographs`. */
export interface MicrographOptions extends FindOptions, ReadLimits {
  /**
   * Positions of the objects: a list, or a table with the columns x and y (pixels) and optionally file and label.
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
   * One image per object, with the factors `x`, `y` (pixels in its micrograph) and `area` (pixels, NaN for given positions).
   */
  readonly set: ImageSet;
  readonly normalisation: Normalisation;
  /** Micrographs that could not be read, and objects that the border cuts off. */
  readonly problems: readonly FileProblem[];
  readonly notes: readonly string[];
}

const DEFAULTS = {
  ...FIND_DEFAULTS,
  centres: undefined,
  size: undefined,
  normalisation: undefined,
  ...LIMIT_DEFAULTS,
} as const satisfies Defaults<MicrographOptions>;

/**
 * Cuts square patches of one object each out of a micrograph, or out of every micrograph in a folder. Objects so near
 * the border that their patch would reach beyond it are skipped.
 * @throws {DataError} when no micrograph can be read or no object is found.
 * @throws {OptionError} for an unknown option or a value outside its range.
 * @example
 * const { set, problems } = await loadMicrographs('micrographs', { patch: 48, size: 32 });
 */
export async function loadMicrographs(path: string, options: MicrographOptions): Promise<Patches> {
  const { patch, size = patch, centres } = withDefaults('loadMicrographs', options, DEFAULTS);
  for (const [name, value] of Object.entries({ patch, size })) {
    if (!(Number.isInteger(value) && value >= 8))
      throw new OptionError(`${name} is a side in pixels, an integer of at least 8; got ${value}.`);
  }
  const given = typeof centres === 'string' ? readCentres(centres) : centres;
  const problems: FileProblem[] = [];
  const notes: string[] = [];
  const cuts: Cut[] = [];
  for (const { name, plane } of micrographs(path, problems, options)) {
    const file = name.replace(/#\d+$/, '');
    const places = given
      ? given
          .filter((c) => c.file === undefined || c.file === name || c.file === file)
          .map((c) => ({ area: Number.NaN, ...c }))
      : findObjects(plane, options);
    const cut = cutPatches(plane, places, { name, patch, size }, problems);
    const crowded = cut.filter((a) => places.some((b) => b !== a.place && within(a.place, b, patch / 2))).length;
    if (crowded > 0)
      notes.push(
        `${name}: ${crowded} of ${cut.length} patches also show the middle of another object; ` +
          'a smaller patch would avoid it.',
      );
    cuts.push(...cut);
  }
  if (cuts.length === 0) {
    const why =
      problems.length > 0 ? `:\n${listProblems(problems)}` : ': none was found. Check patch, polarity and minArea.';
    throw new DataError(`"${path}" gives no object to cut out${why}`, problems);
  }
  const images = new Float32Array(cuts.length * size * size);
  cuts.forEach(({ pixels }, i) => {
    images.set(pixels, i * size * size);
  });
  const normalisation = options.normalisation ?? percentileRange([images]);
  normaliseInPlace(images, normalisation);
  const set = imageSet({
    images,
    shape: [size, size],
    names: cuts.map((c) => c.name),
    factors: placeFactors(cuts),
    ...labelling(cuts),
  });
  return { set, normalisation, problems, notes };
}

interface Place extends Centre {
  readonly area: number;
}

interface Cut {
  readonly name: string;
  readonly place: Place;
  readonly pixels: Float32Array;
}

const within = (a: Place, b: Place, reach: number): boolean =>
  Math.max(Math.abs(a.x - b.x), Math.abs(a.y - b.y)) < reach;

function* micrographs(
  path: string,
  problems: FileProblem[],
  limits: ReadLimits,
): Generator<{ name: string; plane: Plane }> {
  requirePath(path, 'A micrograph');
  const stats = entryAt(path);
  if (!stats) throw new DataError(`There is no file or folder "${path}".`);
  const files = stats.isDirectory()
    ? listFiles(path).map((name) => ({ name, at: resolve(path, name) }))
    : [{ name: basename(path), at: path }];
  for (const { name, at } of files) {
    try {
      const pages = decodeImages(readFileSync(at), limits);
      for (const [k, page] of pages.entries()) {
        const pixels = luminance(page);
        const shownName = pages.length > 1 ? `${name}#${k + 1}` : name;
        const why = nonFinitePixels({ planes: [pixels], width: page.width });
        if (why !== undefined) problems.push({ file: shownName, why });
        else yield { name: shownName, plane: { pixels, height: page.height, width: page.width } };
      }
    } catch (error) {
      problems.push({ file: name, why: error instanceof Error ? error.message : String(error) });
    }
  }
}

function cutPatches(
  image: Plane,
  places: readonly Place[],
  { name, patch, size }: { name: string; patch: number; size: number },
  problems: FileProblem[],
): Cut[] {
  return places.flatMap((place): Cut[] => {
    // The nearest whole pixels; of two as near the lower ones, so that whole numbers from patch / 2 to width - patch / 2 all fit.
    const left = Math.ceil(place.x - patch / 2);
    const top = Math.ceil(place.y - patch / 2);
    const shownName = `${name}@${Math.round(place.x)},${Math.round(place.y)}`;
    if (left < 0 || top < 0 || left + patch > image.width || top + patch > image.height) {
      problems.push({ file: shownName, why: 'its patch reaches beyond the micrograph' });
      return [];
    }
    return [{ name: shownName, place, pixels: resize(crop(image, top, left, patch, patch), size, size).pixels }];
  });
}

const placeFactors = (cuts: readonly Cut[]) => ({
  x: Float32Array.from(cuts, (c) => c.place.x),
  y: Float32Array.from(cuts, (c) => c.place.y),
  area: Float32Array.from(cuts, (c) => c.place.area),
});

function labelling(cuts: readonly Cut[]): Pick<ImageSet, 'labels' | 'classNames'> {
  const classNames = [...new Set(cuts.flatMap((c) => c.place.label ?? []))].sort(naturalOrder);
  if (classNames.length === 0) return {};
  return { classNames, labels: Int32Array.from(cuts, (c) => classNames.indexOf(c.place.label ?? '')) };
}
