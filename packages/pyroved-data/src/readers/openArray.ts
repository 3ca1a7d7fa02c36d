/** Opens array files of every format that is read. */
import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { DataError } from 'pyroved-ts';
import { checkRoom, limitsFor, type ReadLimits, type ZipEntry } from 'pyroved-ts/node';
import { entryAt, requirePath } from '../images/folder.js';
import { type ArrayFile, chooseName } from './arrayFile.js';
import { openHdf5 } from './hdf5.js';
import { arrayFromNpy, isNpy, isZip, npzEntries, openNpy } from './npy.js';

/** Which array of a file is read, and how large it may be. */
export interface ArrayChoice extends ReadLimits {
  /** Name of the array in a `.npz` or HDF5 file, e.g. `images` or `scan/frames`. @default the only numeric array */
  readonly dataset?: string;
}

const HDF5 = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

const startsAsHdf5 = (start: Uint8Array): boolean => HDF5.every((b, i) => start[i] === b);

/** Whether a file is an HDF5 file. @throws {DataError} when it cannot be read. */
export const isHdf5 = (path: string): boolean => startsAsHdf5(firstBytes(path));

/**
 * Opens a `.npy`, `.npz` or HDF5 file, told apart by content. `.npy` and HDF5 are read from disk as they are needed.
 * @throws {DataError} when the file cannot be read, or holds several arrays and `dataset` names none of them.
 * @example
 * const file = await openArray('scan.h5', { dataset: 'frames' });
 * const first = file.item(0); // the values of frame 0, row major
 * file.close();
 */
export async function openArray(path: string, { dataset, ...limits }: ArrayChoice = {}): Promise<ArrayFile> {
  const start = firstBytes(path);
  const room = limitsFor(statSync(path).size, limits);
  const file = await opened(path, start, dataset, room).catch((cause) => reject(path, cause));
  try {
    checkRoom({ bytes: 4 * file.shape.reduce((n, d) => n * d, 1) }, room);
  } catch (cause) {
    file.close();
    reject(path, cause);
  }
  const item = (i: number): Float32Array => {
    try {
      return file.item(i);
    } catch (cause) {
      return reject(path, cause);
    }
  };
  return { shape: file.shape, item, close: file.close };
}

async function opened(
  path: string,
  start: Uint8Array,
  dataset: string | undefined,
  room: Required<ReadLimits>,
): Promise<ArrayFile> {
  if (startsAsHdf5(start)) return openHdf5(path, dataset);
  if (isNpy(start)) return openNpy(path);
  if (isZip(start)) return chosen(path, npzEntries(readFileSync(path)), dataset, room);
  throw new DataError(`"${path}" is not an array file (.npy, .npz and HDF5 are read).`);
}

function reject(path: string, cause: unknown): never {
  if (cause instanceof DataError) throw cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  throw new DataError(`"${path}" cannot be read: ${why}.`, [{ file: path, why }], { cause });
}

function firstBytes(path: string): Uint8Array {
  requirePath(path, 'An array file');
  const stats = entryAt(path);
  if (!stats?.isFile()) throw new DataError(`There is no file "${path}".`);
  if (stats.size === 0) throw new DataError(`"${path}" is empty (0 bytes).`);
  const bytes = new Uint8Array(8);
  const file = openSync(path, 'r');
  readSync(file, bytes, 0, 8, 0);
  closeSync(file);
  return bytes;
}

/** Bytes of packed arrays that are unpacked only to name their shapes. */
const SMALL = 1e7;

function chosen(
  path: string,
  arrays: ReadonlyMap<string, ZipEntry>,
  dataset: string | undefined,
  room: Required<ReadLimits>,
): ArrayFile {
  const shapeOf = (name: string): readonly number[] | undefined => {
    const entry = arrays.get(name);
    try {
      return entry && entry.size <= SMALL ? arrayFromNpy(entry.content()).shape : undefined;
    } catch {
      return undefined;
    }
  };
  const entry = arrays.get(chooseName(path, [...arrays.keys()], dataset, shapeOf));
  if (!entry) throw new Error('it holds no array');
  checkRoom({ bytes: entry.size }, room);
  return arrayFromNpy(entry.content());
}
