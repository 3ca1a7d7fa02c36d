/** Which micrographs there are at a path, and opening them whatever their format. */
import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { OptionError } from 'pyro-ts';
import { DataError } from 'pyroved-ts';
import type { ReadLimits } from 'pyroved-ts/node';
import { ByteFile } from '../formats/byteFile.js';
import type { Window } from '../formats/imageFile.js';
import { type Micrograph, openMicrograph } from '../formats/openMicrograph.js';
import { parsePixelSize } from '../formats/pixelSize.js';
import { isZarrFolder } from '../formats/zarrStore.js';
import { decodeImages, luminance } from '../images/decode.js';
import { entryAt, listFiles, naturalOrder, requirePath, subfolders } from '../images/folder.js';
import { crop, type Plane } from '../images/resize.js';

/** How a file is opened; see `MicrographReadOptions`. */
export interface MicrographOpenOptions extends ReadLimits {
  readonly dataset?: string;
  readonly pixelSize?: string;
}

/** A file with its name in tables and messages. */
export interface NamedFile {
  readonly name: string;
  readonly at: string;
}

/**
 * The files at one path or several, with their names: relative to the folder; of single files without their folders, unless two have the same name.
 * @throws {DataError} when nothing is at a path.
 */
export function filesAt(paths: string | readonly string[]): NamedFile[] {
  const files = (Array.isArray(paths) ? (paths as readonly string[]) : [paths as string]).flatMap((path) =>
    filesOf(path).map((file) => ({ ...file, path })),
  );
  const counts = new Map<string, number>();
  for (const { name } of files) counts.set(name, (counts.get(name) ?? 0) + 1);
  return files.map(({ name, at, path }) => {
    if (counts.get(name) === 1) return { name, at };
    return { name: at === path ? path : `${path.replace(/[\\/]+$/, '')}/${name}`, at };
  });
}

function filesOf(path: string): NamedFile[] {
  requirePath(path, 'A micrograph');
  const stats = entryAt(path);
  if (!stats) throw new DataError(`There is no file or folder "${path}".`);
  if (!stats.isDirectory() || isZarrFolder(path)) return [{ name: basename(path), at: path }];
  const stores = subfolders(path).filter((name) => isZarrFolder(resolve(path, name)));
  const files = listFiles(path).filter((name) => !stores.some((store) => name.startsWith(`${store}/`)));
  return [...files, ...stores].sort(naturalOrder).map((name) => ({ name, at: resolve(path, name) }));
}

const PICTURES = [
  [0x89, 0x50, 0x4e, 0x47],
  [0xff, 0xd8],
  [0x42, 0x4d],
];

/** Opens a micrograph. Pictures are decoded whole; everything else is opened for reading piece by piece. */
export async function openAny(path: string, options: MicrographOpenOptions): Promise<Micrograph> {
  const { dataset, pixelSize, maxPixels, maxBytes } = options;
  if (isPicture(path)) return picture(readFileSync(path), pixelSize, { maxPixels, maxBytes });
  return openMicrograph(path, { dataset, pixelSize, maxPixels, maxBytes });
}

/** Whether a file is a PNG, JPEG or BMP: one image, without a pixel size. */
export function isPicture(path: string): boolean {
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
  const plane = { pixels: planes.length === 3 ? luminance(image) : planes[0], height, width };
  return {
    ...{ format: 'picture', name: '', frames: 1, channels: 1, height, width },
    ...(pixelSize !== undefined && { pixelSize: parsePixelSize(pixelSize) }),
    read: async (_frame = 0, _channel = 0, at) => (at ? crop(plane, at.top, at.left, at.height, at.width) : plane),
    close: () => {},
  };
}

/** The chosen channels of a window, with the values of pictures from 0 (black) to 1 (white). */
export async function channelsOf(
  file: Micrograph,
  frame: number,
  channel: number | string | undefined,
  window: Window,
): Promise<Plane[]> {
  const read = async (c: number): Promise<Plane> => {
    const plane = await file.read(frame, c, window);
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
