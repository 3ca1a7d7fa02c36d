/** Micrographs read from files of any format, one after the other: channels chosen, values comparable, pixels square and of one size. */
import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { OptionError } from 'pyro-ts';
import { DataError, type FileProblem } from 'pyroved-ts';
import type { ReadLimits } from 'pyroved-ts/node';
import { ByteFile } from '../formats/byteFile.js';
import { type Micrograph, openMicrograph } from '../formats/openMicrograph.js';
import { type PixelSize, parsePixelSize, pixelRatio } from '../formats/pixelSize.js';
import { isZarrFolder } from '../formats/zarrStore.js';
import { decodeImages, luminance } from '../images/decode.js';
import { entryAt, listFiles, naturalOrder, requirePath, subfolders } from '../images/folder.js';
import { nonFinitePixels } from '../images/read.js';
import { type Plane, resize } from '../images/resize.js';
import type { Defaults } from '../options.js';

/** How micrographs are read. */
export interface MicrographReadOptions extends ReadLimits {
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

/** One micrograph. */
export interface ReadMicrograph {
  /** Name of its file, with `#1`, `#2`, ... where the file has several. */
  readonly name: string;
  /** One per channel. */
  readonly planes: readonly Plane[];
  /** Of the planes, after resampling. */
  readonly pixelSize?: PixelSize;
  /** Pixels of the planes per pixel of the file, along x and y. */
  readonly scale: { readonly x: number; readonly y: number };
}

/** Pixel sizes that differ by less are the same. */
const SAME = 0.01;

/** Files with their names. @throws {DataError} when there is nothing at the path. */
function filesAt(path: string): { name: string; at: string }[] {
  requirePath(path, 'A micrograph');
  const stats = entryAt(path);
  if (!stats) throw new DataError(`There is no file or folder "${path}".`);
  if (!stats.isDirectory() || isZarrFolder(path)) return [{ name: basename(path), at: path }];
  const stores = subfolders(path).filter((name) => isZarrFolder(resolve(path, name)));
  const files = listFiles(path).filter((name) => !stores.some((store) => name.startsWith(`${store}/`)));
  return [...files, ...stores].sort(naturalOrder).map((name) => ({ name, at: resolve(path, name) }));
}

/**
 * The micrographs of a file, or of every file in a folder. What cannot be used is added to `problems`, and what a user should know to `notes`.
 */
export async function* eachMicrograph(
  path: string,
  options: MicrographReadOptions,
  problems: FileProblem[],
  notes: string[],
): AsyncGenerator<ReadMicrograph> {
  const files = filesAt(path);
  const target = await targetSize(files, options, notes);
  for (const { name, at } of files) {
    try {
      const file = await opened(at, options);
      try {
        for (let frame = 0; frame < file.frames; frame++) {
          const planes = await channelsOf(file, frame, options.channel);
          const shownName = file.frames > 1 ? `${name}#${frame + 1}` : name;
          const why = nonFinitePixels({ planes: planes.map(({ pixels }) => pixels), width: file.width });
          if (why === undefined) yield resampled(shownName, planes, file.pixelSize, target);
          else problems.push({ file: shownName, why });
        }
      } finally {
        file.close();
      }
    } catch (error) {
      if (error instanceof OptionError) throw error;
      const [problem] = error instanceof DataError ? error.problems : [];
      problems.push({ file: name, why: problem?.why ?? (error instanceof Error ? error.message : String(error)) });
    }
  }
}

const PICTURES = [
  [0x89, 0x50, 0x4e, 0x47],
  [0xff, 0xd8],
  [0x42, 0x4d],
];

/** Pictures are decoded whole; everything else is opened for reading piece by piece. */
async function opened(
  path: string,
  { dataset, pixelSize, maxPixels, maxBytes }: MicrographReadOptions,
): Promise<Micrograph> {
  if (isPicture(path)) return picture(readFileSync(path), pixelSize, { maxPixels, maxBytes });
  return openMicrograph(path, { dataset, pixelSize, maxPixels, maxBytes });
}

function isPicture(path: string): boolean {
  if (!entryAt(path)?.isFile()) return false;
  const start = firstBytes(path);
  return PICTURES.some((signature) => signature.every((b, i) => start[i] === b));
}

function firstBytes(path: string): Uint8Array {
  const file = new ByteFile(path);
  try {
    return file.bytes(0, Math.min(8, file.size));
  } finally {
    file.close();
  }
}

function picture(bytes: Uint8Array, pixelSize: string | undefined, limits: ReadLimits): Micrograph {
  const [image] = decodeImages(bytes, limits);
  const { height, width, planes } = image;
  return {
    ...{ format: 'picture', name: '', frames: 1, channels: 1, height, width },
    ...(pixelSize !== undefined && { pixelSize: parsePixelSize(pixelSize) }),
    read: async () => ({ pixels: planes.length === 3 ? luminance(image) : planes[0], height, width }),
    close: () => {},
  };
}

async function channelsOf(file: Micrograph, frame: number, channel: number | string | undefined): Promise<Plane[]> {
  const read = async (c: number): Promise<Plane> => {
    const plane = await file.read(frame, c);
    const { black = 0, white } = file;
    return white === undefined ? plane : { ...plane, pixels: plane.pixels.map((v) => (v - black) / (white - black)) };
  };
  const all = Array.from({ length: file.channels }, (_, c) => c);
  if (channel === 'all') return Promise.all(all.map(read));
  if (channel === undefined) {
    if (file.channels === 1) return [await read(0)];
    if (file.isColour) {
      const planes = await Promise.all([0, 1, 2].map(read));
      const { height, width } = planes[0];
      const colour = { planes: planes.map(({ pixels }) => pixels), height, width, floating: false };
      return [{ pixels: luminance(colour), height, width }];
    }
    throw new OptionError(
      `The micrograph has ${listChannels(file)}: choose one as channel, or use all of them (channel: "all").`,
    );
  }
  const index = typeof channel === 'number' ? channel : (file.channelNames?.indexOf(channel) ?? -1);
  if (!(Number.isInteger(index) && index >= 0 && index < file.channels))
    throw new OptionError(`There is no channel ${JSON.stringify(channel)}. The micrograph has ${listChannels(file)}.`);
  return [await read(index)];
}

const listChannels = ({ channels, channelNames }: Micrograph): string =>
  `${channels} channel(s), ${channelNames ? channelNames.join(', ') : `0 to ${channels - 1}`}`;

/** The pixel size to which micrographs are resampled; undefined where each stays as it is. */
async function targetSize(
  files: readonly { name: string; at: string }[],
  options: MicrographReadOptions,
  notes: string[],
): Promise<PixelSize | undefined> {
  if (options.commonPixelSize !== undefined) return squared(parsePixelSize(options.commonPixelSize));
  const sizes =
    options.pixelSize === undefined ? await statedSizes(files, options) : [parsePixelSize(options.pixelSize)];
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

/** The pixel sizes that the files state. Pictures state none, and are not decoded for it. */
async function statedSizes(
  files: readonly { name: string; at: string }[],
  options: MicrographReadOptions,
): Promise<PixelSize[]> {
  const sizes: PixelSize[] = [];
  for (const { at } of files) {
    // What cannot be opened is reported when it is read.
    const file = await openStated(at, options);
    if (file?.pixelSize) sizes.push(file.pixelSize);
    file?.close();
  }
  return sizes;
}

async function openStated(path: string, options: MicrographReadOptions): Promise<Micrograph | undefined> {
  try {
    return isPicture(path) ? undefined : await opened(path, options);
  } catch (error) {
    if (error instanceof OptionError) throw error;
    return undefined;
  }
}

/** A square pixel as large as the larger side. */
const squared = ({ x, y, unit }: PixelSize): PixelSize => ({ x: Math.max(x, y), y: Math.max(x, y), unit });

function resampled(
  name: string,
  planes: readonly Plane[],
  pixelSize: PixelSize | undefined,
  target: PixelSize | undefined,
): ReadMicrograph {
  if (!target) return { name, planes, pixelSize, scale: { x: 1, y: 1 } };
  if (!pixelSize)
    throw new DataError(`${name} states no pixel size, and the others do: give one as pixelSize ("1.3 nm").`);
  const ratio = pixelRatio(pixelSize, target);
  const [{ height, width }] = planes;
  const [h, w] = [Math.max(1, Math.round(height * ratio.y)), Math.max(1, Math.round(width * ratio.x))];
  return {
    name,
    planes: planes.map((plane) => resize(plane, h, w)),
    pixelSize: target,
    scale: { x: w / width, y: h / height },
  };
}
