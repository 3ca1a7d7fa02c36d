/** A first look at some of the micrographs, from which the patch and, for tiled ones, the values of finding are chosen. */
import type { FileProblem } from 'pyroved-ts';
import type { Plane } from '../images/resize.js';
import { type FindOptions, type FindValues, type Segmented, segmented } from './objects.js';
import {
  type MicrographEntry,
  type MicrographList,
  type MicrographReadOptions,
  type ReadMicrograph,
  readMicrographs,
  spread,
} from './read.js';

/** How many micrographs are looked at to choose the patch, evenly spread over the list. */
const LOOKED_AT = 8;

/** What was chosen from the micrographs. */
export interface Survey {
  /** Side of the patch in pixels, after resampling; undefined where nothing was found. */
  readonly patch?: number;
  /** Objects that were found in it. */
  readonly count: number;
  /** Names of the micrographs that were looked at. */
  readonly names: readonly string[];
}

/**
 * The largest patch that any of up to eight micrographs needs: those of a list that is longer are evenly spread. A micrograph that is read in tiles
 * needs what most of its tiles need.
 */
export async function surveyed(
  list: MicrographList,
  reading: MicrographReadOptions,
  find: FindOptions,
): Promise<Survey> {
  const patches = new Map<string, number[]>();
  let count = 0;
  const chosen = { ...list, entries: spread(list.entries, LOOKED_AT) };
  for await (const part of readMicrographs(chosen, reading, [], LOOKED_AT)) {
    const { found } = segmented(together(part.planes), find);
    if (found.objects.length === 0) continue;
    count += found.objects.length;
    patches.set(part.name, [...(patches.get(part.name) ?? []), found.patch]);
  }
  const needed = [...patches.values()].map((sides) => sides.sort((a, b) => a - b)[Math.floor(sides.length / 2)]);
  return { ...(needed.length > 0 && { patch: Math.max(...needed) }), count, names: [...patches.keys()] };
}

/**
 * The parts of each micrograph with what `segmented` finds in them. Tiles of a large micrograph share their values: polarity, sizes and contrast are
 * those of the tile with the median number of pixels of objects.
 */
export async function* segmentedMicrographs(
  list: MicrographList,
  reading: MicrographReadOptions,
  find: FindOptions,
  problems: FileProblem[],
): AsyncGenerator<{ readonly part: ReadMicrograph; readonly segments: Segmented }> {
  let known: { readonly name: string; readonly values: FindValues | undefined } | undefined;
  for await (const part of readMicrographs(list, reading, problems)) {
    if (isTile(part) && known?.name !== part.name) {
      const entry = list.entries.find(({ name }) => name === part.name) as MicrographEntry;
      known = { name: part.name, values: await sharedValues({ ...list, entries: [entry] }, reading, find) };
    }
    const values = isTile(part) ? known?.values : undefined;
    yield { part, segments: segmented(together(part.planes), find, values) };
  }
}

const isTile = ({ window, whole }: ReadMicrograph): boolean =>
  window.height < whole.height || window.width < whole.width;

/** The values of the tile whose objects cover the median area, of those that have any. */
async function sharedValues(
  list: MicrographList,
  reading: MicrographReadOptions,
  find: FindOptions,
): Promise<FindValues | undefined> {
  const tiles: { area: number; values: FindValues }[] = [];
  for await (const part of readMicrographs(list, reading, [], LOOKED_AT)) {
    const { objects, values } = segmented(together(part.planes), find).found;
    const area = objects.reduce((sum, object) => sum + object.area, 0);
    if (area > 0) tiles.push({ area, values });
  }
  return tiles.sort((a, b) => a.area - b.area)[Math.floor(tiles.length / 2)]?.values;
}

/** The mean of the channels, each less its mean and over its standard deviation. */
export function together(planes: readonly Plane[]): Plane {
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
