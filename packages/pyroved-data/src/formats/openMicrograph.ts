/** Opens a micrograph of any supported format, told apart by content, for reading image by image and window by window. */
import { readFileSync } from 'node:fs';
import { OptionError } from 'pyro-ts';
import { DataError } from 'pyroved-ts';
import { checkRoom, limitsFor, type ReadLimits } from 'pyroved-ts/node';
import { entryAt, requirePath } from '../images/folder.js';
import type { Plane } from '../images/resize.js';
import { type Defaults, LIMIT_DEFAULTS, withDefaults } from '../options.js';
import { isZip } from '../readers/npy.js';
import { ByteFile } from './byteFile.js';
import { isDm, openDm } from './dm.js';
import { openHdf5Images } from './hdf5Images.js';
import { type ImageFile, type ImageStack, stackShape, type Window } from './imageFile.js';
import { isMrc, openMrc } from './mrc.js';
import { parsePixelSize } from './pixelSize.js';
import { isSer, openSer } from './ser.js';
import { isTiff } from './tiff/directory.js';
import { openTiff } from './tiff/openTiff.js';
import { openZarr } from './zarr.js';
import { folderStore, isZarrFolder, zipStore } from './zarrStore.js';

/** Options of `openMicrograph`. */
export interface OpenOptions extends ReadLimits {
  /** Name of the array in a file that has several. @default the only array of images */
  readonly dataset?: string;
  /** Size of a pixel, e.g. "1.3 nm", instead of what the file states. @default as in the file */
  readonly pixelSize?: string;
}

/** An open micrograph, or stack of micrographs of one size. */
export interface Micrograph extends Omit<ImageStack, 'read'> {
  /** E.g. `MRC`, `DM4`, `Velox EMD`. */
  readonly format: string;
  /**
   * Reads one channel of one image, or a window of it.
   * @throws {DataError} when the file is damaged, or the window exceeds `maxPixels`.
   */
  readonly read: (frame?: number, channel?: number, window?: Window) => Promise<Plane>;
  readonly close: () => void;
}

const DEFAULTS = {
  dataset: undefined,
  pixelSize: undefined,
  ...LIMIT_DEFAULTS,
} as const satisfies Defaults<OpenOptions>;

const HDF5 = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];
/** Bytes that tell the formats apart. */
const START = 512;

/**
 * Opens a DigitalMicrograph (.dm3, .dm4), MRC, FEI/TIA (.ser), Velox or NCEM (.emd), HyperSpy (.hspy), NeXus (.nxs), HDF5, TIFF, BigTIFF or OME-TIFF file, or an OME-Zarr
 * or HyperSpy (.zspy) folder. Nothing but
 * its description is read until `read` is called, and then only the window that is needed.
 * @throws {DataError} when the file cannot be read, or holds several arrays and `dataset` names none of them; the message lists them with
 * their shapes.
 * @throws {OptionError} for an unknown option.
 * @example
 * const micrograph = await openMicrograph('gold.dm4');
 * const { pixels } = await micrograph.read(); // the first image
 * const corner = await micrograph.read(0, 0, { top: 0, left: 0, height: 256, width: 256 });
 * console.log(micrograph.pixelSize); // { x: 0.2, y: 0.2, unit: 'nm' }
 * micrograph.close();
 */
export async function openMicrograph(path: string, options: OpenOptions = {}): Promise<Micrograph> {
  const { dataset, pixelSize: given, ...limits } = withDefaults('openMicrograph', options, DEFAULTS);
  const chosenSize = given === undefined ? undefined : parsePixelSize(given);
  requirePath(path, 'A micrograph');
  const stats = entryAt(path);
  if (!stats) throw new DataError(`There is no file "${path}".`);
  const room = limitsFor(stats.size, limits);
  const file = await openImageFile(path).catch((cause) => rejectFile(path, cause));
  try {
    const stack = chooseStack(path, file, dataset);
    const { read, ...about } = stack;
    return {
      ...about,
      format: file.format,
      ...(chosenSize && { pixelSize: chosenSize }),
      read: async (frame = 0, channel = 0, window = { top: 0, left: 0, height: stack.height, width: stack.width }) => {
        checkPlace(stack, frame, channel, window);
        const { height, width } = window;
        try {
          checkRoom(
            { pixels: height * width, bytes: 12 * height * width },
            { ...room, maxBytes: Math.max(room.maxBytes, 12 * room.maxPixels) },
          );
          return { pixels: await read(frame, channel, window), height, width };
        } catch (cause) {
          return rejectFile(path, cause);
        }
      },
      close: file.close,
    };
  } catch (error) {
    file.close();
    throw error;
  }
}

/** Whether `openMicrograph` reads files that begin like this one. */
export function isInstrumentFile(start: Uint8Array, path: string): boolean {
  return HDF5.every((b, i) => start[i] === b) || isDm(start) || isSer(start) || isMrc(start, path);
}

async function openImageFile(path: string): Promise<ImageFile> {
  if (isZarrFolder(path)) return openZarr(folderStore(path));
  const file = new ByteFile(path);
  let isKept = false;
  try {
    if (file.size === 0) throw new Error('it is empty (0 bytes)');
    const start = file.bytes(0, Math.min(START, file.size));
    if (HDF5.every((b, i) => start[i] === b)) return await openHdf5Images(path);
    if (isZip(start)) return await openZarr(zipStore(readFileSync(path)));
    const found = openBytes(file, start, path);
    isKept = true;
    return found;
  } finally {
    if (!isKept) file.close();
  }
}

function openBytes(file: ByteFile, start: Uint8Array, path: string): ImageFile {
  if (isTiff(start)) return openTiff(file);
  if (isSer(start)) return openSer(file);
  if (isMrc(start, path)) return openMrc(file);
  if (isDm(start)) return openDm(file);
  throw new Error('its format is not supported');
}

function chooseStack(path: string, { stacks }: ImageFile, wanted: string | undefined): ImageStack {
  const list = stacks.map((stack) => `${stack.name || '(no name)'} ${stackShape(stack)}`).join(', ');
  if (wanted === undefined) {
    if (stacks.length === 1) return stacks[0];
    throw new DataError(`"${path}" holds several arrays; name one as dataset: ${list}.`);
  }
  const name = wanted.replace(/^\//, '');
  const found = stacks.find((stack) => stack.name === name);
  if (!found) throw new DataError(`"${path}" has no array "${wanted}". It holds: ${list}.`);
  return found;
}

function checkPlace(stack: ImageStack, frame: number, channel: number, { top, left, height, width }: Window): void {
  const isWithin = (value: number, most: number) => Number.isInteger(value) && value >= 0 && value < most;
  if (!isWithin(frame, stack.frames))
    throw new OptionError(`frame must be an integer from 0 to ${stack.frames - 1}; got ${frame}.`);
  if (!isWithin(channel, stack.channels))
    throw new OptionError(`channel must be an integer from 0 to ${stack.channels - 1}; got ${channel}.`);
  const fits =
    isWithin(top, stack.height) &&
    isWithin(left, stack.width) &&
    isWithin(height - 1, stack.height - top) &&
    isWithin(width - 1, stack.width - left);
  if (!fits)
    throw new OptionError(
      `The window ${width} x ${height} at column ${left} and row ${top} exceeds the image of ${stack.width} x ${stack.height} pixels.`,
    );
}

function rejectFile(path: string, cause: unknown): never {
  if (cause instanceof DataError || cause instanceof OptionError) throw cause;
  const why = cause instanceof Error ? cause.message.replace(/[\s.]+$/, '') : String(cause);
  throw new DataError(`"${path}" cannot be read: ${why}.`, [{ file: path, why }], { cause });
}
