/** Large micrographs cut into patches of one object each: at given places, or at those that the blob finder finds. */
import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { OptionError } from 'pyro-ts';
import { rejectUnknownKeys } from 'pyro-ts/internal';
import {
  DataError,
  type FileProblem,
  type ImageSet,
  imageSet,
  listProblems,
  type Normalisation,
  normaliseInPlace,
  percentileRange,
} from 'pyroved-ts';
import { READ_LIMITS, type ReadLimits } from 'pyroved-ts/node';
import { decodeImages, luminance } from '../images/decode.js';
import { entryAt, listFiles, naturalOrder, requirePath } from '../images/folder.js';
import { nonFinitePixels } from '../images/read.js';
import { crop, type Plane, resize } from '../images/resize.js';
import { type Centre, readCentres } from './centres.js';
import { type FindOptions, findObjects } from './objects.js';

export interface MicrographOptions extends FindOptions, ReadLimits {
  /**
   * Where the objects are: a table with the columns x and y (pixels) and, if wanted, file and label; or a list. Found
   * in the image unless given.
   */
  readonly centres?: string | readonly Centre[];
  /** Height and width to which patches are resized. @default `patch` */
  readonly size?: number;
  /** The grey range of an earlier run. */
  readonly normalisation?: Normalisation;
}

export interface Patches {
  /**
   * One image an object, with the factors `x`, `y` (pixels in its micrograph) and `area` (pixels, NaN where the place
   * was given).
   */
  readonly set: ImageSet;
  readonly normalisation: Normalisation;
  /** Micrographs that could not be read, and objects that the border cuts off. */
  readonly problems: readonly FileProblem[];
  readonly notes: readonly string[];
}

const KEYS = ['patch', 'polarity', 'minArea', 'maxArea', 'centres', 'size', 'normalisation', ...READ_LIMITS];

/**
 * Cuts square patches of one object each out of a micrograph, or out of every micrograph in a folder. Objects so near
 * the border that their patch would reach beyond it are skipped.
 * @throws {DataError} when no micrograph can be read or no object is found.
 */
export async function loadMicrographs(path: string, options: MicrographOptions): Promise<Patches> {
  rejectUnknownKeys('loadMicrographs', options, KEYS);
  const { patch, size = patch, centres } = options;
  for (const [name, value] of Object.entries({ patch, size })) {
    if (!(Number.isInteger(value) && value >= 8))
      throw new OptionError(`${name} is a side in pixels, a whole number of at least 8, not ${value}.`);
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
