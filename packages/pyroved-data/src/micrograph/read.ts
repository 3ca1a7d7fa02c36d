/**
 * Micrographs read from files of any format, one after the other: channels chosen, values comparable, pixels square and of one size. Large ones are
 * read in overlapping tiles.
 */
import { OptionError } from 'pyro-ts';
import { DataError, type FileProblem } from 'pyroved-ts';
import type { Window } from '../formats/imageFile.js';
import type { Micrograph } from '../formats/openMicrograph.js';
import { type PixelSize, parsePixelSize, pixelRatio } from '../formats/pixelSize.js';
import { nonFinitePixels } from '../images/read.js';
import { type Plane, resize } from '../images/resize.js';
import type { Defaults } from '../options.js';
import { channelsOf, filesAt, isPicture, type MicrographOpenOptions, type NamedFile, openAny } from './files.js';

/** How micrographs are read. */
export interface MicrographReadOptions extends MicrographOpenOptions {
  /** Name of the array in files that have several. @default the only array of images */
  readonly dataset?: string;
  /**
   * Index or name of the channel to use, or "all" to use all of them together.
   * @default the only channel; of colour pictures the luminance
   */
  readonly channel?: number | string;
  /** Size of a pixel, e.g. "1.3 nm", instead of what the files state. @default as in the files; "pixels" where they state none */
  readonly pixelSize?: string;
  /** Pixel size to which all micrographs are resampled. @default the largest, if they differ by more than 1% */
  readonly commonPixelSize?: string;
}

export const MICROGRAPH_READ_DEFAULTS = {
  dataset: undefined,
  channel: undefined,
  pixelSize: undefined,
  commonPixelSize: undefined,
  maxPixels: undefined,
  maxBytes: undefined,
} as const satisfies Defaults<MicrographReadOptions>;

/** One image of a file. */
export interface MicrographEntry extends NamedFile {
  /** Name of its file, with `#1`, `#2`, ... where the file has several. */
  readonly name: string;
  readonly frame: number;
}

/** The micrographs of one or several paths. */
export interface MicrographList {
  readonly entries: readonly MicrographEntry[];
  /** The pixel size to which all are resampled; undefined where each stays as it is. */
  readonly target?: PixelSize;
}

/** One micrograph, or a tile of a large one. */
export interface ReadMicrograph {
  readonly name: string;
  /** One per channel. */
  readonly planes: readonly Plane[];
  /** Of the planes, after resampling. */
  readonly pixelSize?: PixelSize;
  /** Pixels of the planes per pixel of the file, along x and y. */
  readonly scale: { readonly x: number; readonly y: number };
  /** Height and width of the whole micrograph in pixels of the file. */
  readonly whole: { readonly height: number; readonly width: number };
  /** Of the file's pixels: what the planes show. */
  readonly window: Window;
  /** Of the file's pixels: the part whose objects belong to this tile. The tiles of a micrograph overlap, their cores do not. */
  readonly core: Window;
}

/** Pixel sizes that differ by less are the same. */
const SAME = 0.01;
/** Micrographs of more pixels are read in tiles. */
export const TILED = 2 ** 24;
/** Side of the core of a tile, and the overlap around it, in pixels. */
const TILE = 2048;
const OVERLAP = 256;

/** The micrographs at one path or several. What cannot be used is added to `problems`, and what a user should know to `notes`. */
export async function listMicrographs(
  paths: string | readonly string[],
  options: MicrographReadOptions,
  problems: FileProblem[],
  notes: string[],
): Promise<MicrographList> {
  const entries: MicrographEntry[] = [];
  const sizes: PixelSize[] = [];
  for (const { name, at } of filesAt(paths)) {
    await explaining(name, problems, async () => {
      // Pictures are not decoded to look for what they do not have.
      const { frames, pixelSize } = isPicture(at) ? { frames: 1, pixelSize: undefined } : await described(at, options);
      if (pixelSize) sizes.push(pixelSize);
      for (let frame = 0; frame < frames; frame++)
        entries.push({ name: frames > 1 ? `${name}#${frame + 1}` : name, at, frame });
    });
  }
  const target = targetSize(sizes, options, notes);
  return { entries, ...(target && { target }) };
}

async function described(
  at: string,
  options: MicrographReadOptions,
): Promise<Pick<Micrograph, 'frames' | 'pixelSize'>> {
  const { frames, pixelSize, close } = await openAny(at, options);
  close();
  return { frames, pixelSize };
}

/**
 * The micrographs of a list, and the tiles of those that are large. What cannot be used is added to `problems`.
 * @param mostTiles so many tiles of each micrograph, evenly spread
 */
export async function* readMicrographs(
  { entries, target }: MicrographList,
  options: MicrographReadOptions,
  problems: FileProblem[],
  mostTiles = Number.POSITIVE_INFINITY,
): AsyncGenerator<ReadMicrograph> {
  let file: Micrograph | undefined;
  let opened = '';
  try {
    for (const { name, at, frame } of entries) {
      const isRead = await explaining(name, problems, async () => {
        if (file && opened === at) return;
        file?.close();
        file = undefined;
        file = await openAny(at, options);
        opened = at;
      });
      if (!isRead || !file) continue;
      for (const place of spread(tilesOf(file), mostTiles)) {
        const found: ReadMicrograph[] = [];
        const open = file;
        await explaining(name, problems, async () => {
          const planes = await channelsOf(open, frame, options.channel, place.window);
          const why = nonFinitePixels({ planes: planes.map(({ pixels }) => pixels), width: place.window.width });
          if (why !== undefined) throw new Error(why);
          const { height, width, pixelSize } = open;
          found.push({ ...resampled(name, planes, pixelSize, target), ...place, whole: { height, width } });
        });
        yield* found;
      }
    }
  } finally {
    file?.close();
  }
}

/** The micrographs of a file, or of every file in a folder: `listMicrographs` and `readMicrographs`. */
export async function* eachMicrograph(
  path: string | readonly string[],
  options: MicrographReadOptions,
  problems: FileProblem[],
  notes: string[],
): AsyncGenerator<ReadMicrograph> {
  yield* readMicrographs(await listMicrographs(path, options, problems, notes), options, problems);
}

/** Up to `most` of the entries at equal distances. */
export const spread = <T>(entries: readonly T[], most: number): readonly T[] =>
  entries.length <= most
    ? entries
    : Array.from({ length: most }, (_, k) => entries[Math.floor(((k + 0.5) * entries.length) / most)]);

/** Runs `action`, and adds an error that is not one of the options to `problems`; whether there was none. */
async function explaining(file: string, problems: FileProblem[], action: () => Promise<void>): Promise<boolean> {
  try {
    await action();
    return true;
  } catch (error) {
    if (error instanceof OptionError) throw error;
    const [problem] = error instanceof DataError ? error.problems : [];
    problems.push({ file, why: problem?.why ?? (error instanceof Error ? error.message : String(error)) });
    return false;
  }
}

function tilesOf({ height, width }: Pick<Micrograph, 'height' | 'width'>): Pick<ReadMicrograph, 'window' | 'core'>[] {
  const whole = { top: 0, left: 0, height, width };
  if (height * width <= TILED) return [{ window: whole, core: whole }];
  const [rows, columns] = [partsOf(height), partsOf(width)];
  return rows.flatMap(([top, bottom]) =>
    columns.map(([left, right]) => {
      const [firstRow, firstColumn] = [Math.max(0, top - OVERLAP), Math.max(0, left - OVERLAP)];
      return {
        core: { top, left, height: bottom - top, width: right - left },
        window: {
          top: firstRow,
          left: firstColumn,
          height: Math.min(height, bottom + OVERLAP) - firstRow,
          width: Math.min(width, right + OVERLAP) - firstColumn,
        },
      };
    }),
  );
}

/** Parts of nearly equal length that cover `length` pixels. */
function partsOf(length: number): [from: number, to: number][] {
  const count = Math.ceil(length / TILE);
  const end = (k: number) => Math.round((k * length) / count);
  return Array.from({ length: count }, (_, k) => [end(k), end(k + 1)]);
}

/** The pixel size to which micrographs of these sizes are resampled; undefined where each stays as it is. */
function targetSize(
  stated: readonly PixelSize[],
  options: MicrographReadOptions,
  notes: string[],
): PixelSize | undefined {
  if (options.commonPixelSize !== undefined) return squared(parsePixelSize(options.commonPixelSize));
  const sizes = options.pixelSize === undefined ? stated : [parsePixelSize(options.pixelSize)];
  const [first] = sizes;
  if (!first) return undefined;
  const ratios = sizes.flatMap((size) => Object.values(pixelRatio(size, first)));
  const [least, most] = [Math.min(...ratios), Math.max(...ratios)];
  const yRatio = first.y / first.x;
  if (most / least <= 1 + SAME && Math.abs(yRatio - 1) <= SAME) return undefined;
  const largest = sizes.reduce((a, b) => (Math.max(...Object.values(pixelRatio(b, a))) > 1 ? b : a));
  const target = squared(largest);
  notes.push(
    `The micrographs' pixels differ in size or are not square: all are resampled to ${Number(target.x.toPrecision(4))} ${target.unit}.`,
  );
  return target;
}

/** A square pixel as large as the larger side. */
const squared = ({ x, y, unit }: PixelSize): PixelSize => ({ x: Math.max(x, y), y: Math.max(x, y), unit });

function resampled(
  name: string,
  planes: readonly Plane[],
  pixelSize: PixelSize | undefined,
  target: PixelSize | undefined,
): Pick<ReadMicrograph, 'name' | 'planes' | 'pixelSize' | 'scale'> {
  if (!target) return { name, planes, ...(pixelSize && { pixelSize }), scale: { x: 1, y: 1 } };
  if (!pixelSize)
    throw new DataError(`${name} states no pixel size, and the others do: give one as pixelSize ("1.3 nm").`);
  const ratio = pixelRatio(pixelSize, target);
  const [{ height, width }] = planes;
  if (Math.abs(ratio.x - 1) <= SAME && Math.abs(ratio.y - 1) <= SAME)
    return { name, planes, pixelSize, scale: { x: 1, y: 1 } };
  const [h, w] = [Math.max(1, Math.round(height * ratio.y)), Math.max(1, Math.round(width * ratio.x))];
  return {
    name,
    planes: planes.map((plane) => resize(plane, h, w)),
    pixelSize: target,
    scale: { x: w / width, y: h / height },
  };
}
