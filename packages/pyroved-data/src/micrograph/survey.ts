/** A first look at some of the micrographs, from which the patch and, for tiled ones, the values of finding are chosen. */
import type { FileProblem } from 'pyroved-ts';
import type { Plane } from '../images/resize.js';
import type { FindOptions, FindValues, FoundObjects } from './objects.js';
import {
  type MicrographEntry,
  type MicrographList,
  type MicrographReadOptions,
  type ReadMicrograph,
  readMicrographs,
  spread,
} from './read.js';
import type { Needed, SegmentPool, SegmentsFor } from './segmentPool.js';

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
  /** Of micrographs that are read in tiles: values for all of their tiles; see `segmentedMicrographs`. */
  readonly values: SharedValues;
}

/** Values of finding that all tiles of a micrograph share, by its name; undefined where nothing was found. */
type SharedValues = ReadonlyMap<string, FindValues | undefined>;

/** A part in which objects were found. */
interface Looked {
  readonly found: FoundObjects;
  readonly isTile: boolean;
}

/**
 * The largest patch that any of up to eight micrographs needs: those of a list that is longer are evenly spread. A micrograph that is read in tiles
 * needs what most of its tiles need.
 */
export async function surveyed(
  list: MicrographList,
  reading: MicrographReadOptions,
  find: FindOptions,
  pool: SegmentPool,
): Promise<Survey> {
  const looked = new Map<string, Looked[]>();
  const chosen = { ...list, entries: spread(list.entries, LOOKED_AT) };
  const parts = readMicrographs(chosen, reading, [], LOOKED_AT);
  for await (const { item, segments } of pool.inOrder(parts, 'objects', orderWith(find)))
    looked.set(item.name, [...(looked.get(item.name) ?? []), { found: segments.found, isTile: isTile(item) }]);
  const values = new Map(
    [...looked].flatMap(([name, tiles]) => (tiles[0].isTile ? [[name, sharedValues(tiles)] as const] : [])),
  );
  const withObjects = [...looked].flatMap(([name, tiles]) => {
    const full = tiles.filter(({ found }) => found.objects.length > 0).map(({ found }) => found);
    return full.length > 0 ? [{ name, full }] : [];
  });
  const needed = withObjects.map(
    ({ full }) => full.map(({ patch }) => patch).sort((a, b) => a - b)[Math.floor(full.length / 2)],
  );
  const count = withObjects.reduce((sum, { full }) => full.reduce((n, { objects }) => n + objects.length, sum), 0);
  const names = withObjects.map(({ name }) => name);
  return { ...(needed.length > 0 && { patch: Math.max(...needed) }), count, names, values };
}

/** How `segmentedMicrographs` finds objects. */
export interface Segmenting<N extends Needed> {
  readonly reading: MicrographReadOptions;
  readonly find: FindOptions;
  readonly pool: SegmentPool;
  readonly need: N;
  /** Values that a survey with the same options found. */
  readonly values?: SharedValues;
}

/**
 * The parts of each micrograph with what `segmented` finds in them. Tiles of a large micrograph share their values: polarity, sizes and contrast are
 * those of the tile with the median number of pixels of objects.
 */
export async function* segmentedMicrographs<N extends Needed>(
  list: MicrographList,
  problems: FileProblem[],
  { reading, find, pool, need, values = new Map() }: Segmenting<N>,
): AsyncGenerator<{ readonly part: ReadMicrograph; readonly segments: SegmentsFor<N> }> {
  async function* parts() {
    let known: { readonly name: string; readonly values: FindValues | undefined } | undefined;
    for await (const part of readMicrographs(list, reading, problems)) {
      const { name } = part;
      if (isTile(part) && known?.name !== name) {
        const entry = list.entries.find((one) => one.name === name) as MicrographEntry;
        const look = () => lookedAt({ ...list, entries: [entry] }, reading, find, pool);
        known = { name, values: values.has(name) ? values.get(name) : sharedValues(await look()) };
      }
      yield { part, known: isTile(part) ? known?.values : undefined };
    }
  }
  const orderOf = ({ part, known }: { part: ReadMicrograph; known: FindValues | undefined }) => ({
    ...orderWith(find)(part),
    known,
  });
  for await (const { item, segments } of pool.inOrder(parts(), need, orderOf)) yield { part: item.part, segments };
}

const orderWith = (options: FindOptions) => (part: ReadMicrograph) => ({
  plane: together(part.planes),
  options,
  known: undefined,
});

const isTile = ({ window, whole }: ReadMicrograph): boolean =>
  window.height < whole.height || window.width < whole.width;

async function lookedAt(
  list: MicrographList,
  reading: MicrographReadOptions,
  find: FindOptions,
  pool: SegmentPool,
): Promise<Looked[]> {
  const tiles: Looked[] = [];
  const parts = readMicrographs(list, reading, [], LOOKED_AT);
  for await (const { segments } of pool.inOrder(parts, 'objects', orderWith(find)))
    tiles.push({ found: segments.found, isTile: true });
  return tiles;
}

/** The values of the tile whose objects cover the median area, of those that have any. */
function sharedValues(tiles: readonly Looked[]): FindValues | undefined {
  const areas = tiles
    .map(({ found }) => ({
      area: found.objects.reduce((sum, object) => sum + object.area, 0),
      values: found.values,
    }))
    .filter(({ area }) => area > 0)
    .sort((a, b) => a.area - b.area);
  return areas[Math.floor(areas.length / 2)]?.values;
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
