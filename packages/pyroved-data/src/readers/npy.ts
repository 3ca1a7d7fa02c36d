/**
 * NumPy's files: `.npy` (one array) and `.npz` (a zip archive of them), read. Pickled objects are rejected,
 * never executed.
 */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { lookUp, NPY_MAGIC } from 'pyroved-ts/internal';
import { type ZipEntry, zipEntries } from 'pyroved-ts/node';
import { NUMBER_TYPES, type NumberType } from '../formats/numbers.js';
import type { ArrayFile } from './arrayFile.js';

export const isNpy = (bytes: Uint8Array): boolean => NPY_MAGIC.every((b, i) => bytes[i] === b);
export const isZip = (bytes: Uint8Array): boolean => bytes[0] === 0x50 && bytes[1] === 0x4b;

interface Header {
  readonly type: NumberType;
  readonly little: boolean;
  /** Columns first (Fortran) rather than rows first. */
  readonly columnsFirst: boolean;
  readonly shape: readonly number[];
  /** Where the values start. */
  readonly offset: number;
}

function parseHeader(bytes: Uint8Array): Header {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!isNpy(bytes) || bytes.length < 12) throw new Error('damaged .npy header');
  const long = bytes[6] >= 2;
  const start = long ? 12 : 10;
  const offset = start + (long ? view.getUint32(8, true) : view.getUint16(8, true));
  if (offset > bytes.length) throw new Error('its header is cut short');
  const text = new TextDecoder().decode(bytes.subarray(start, offset));
  const descr = /'descr':\s*'([<>|=])([a-zA-Z])(\d*)'/.exec(text);
  const shape = /'shape':\s*\(([\d,\s]*)\)/.exec(text);
  const order = /'fortran_order':\s*(True|False)/.exec(text);
  if (!shape || !order || !descr) {
    throw new Error(/'descr':\s*\[/.test(text) ? 'it holds records; plain numbers are read' : 'damaged .npy header');
  }
  const type = lookUp<NumberType>(NUMBER_TYPES, descr[2] + descr[3]);
  if (!type) {
    const kind =
      descr[2] === 'O' ? 'Python objects, which are never loaded' : `values of type "${descr[2]}${descr[3]}"`;
    throw new Error(`it holds ${kind}; save it as numbers, e.g. array.astype("float32")`);
  }
  const dims = shape[1].split(',').filter((d) => d.trim() !== '');
  return { type, little: descr[1] !== '>', columnsFirst: order[1] === 'True', shape: dims.map(Number), offset };
}

const product = (shape: readonly number[]): number => shape.reduce((n, d) => n * d, 1);

function checkLength({ shape, type, offset }: Header, bytes: number): void {
  const needed = offset + product(shape) * type.bytes;
  if (bytes < needed) throw new Error(`it is cut short: ${bytes} of ${needed} bytes`);
}

function numbers(view: DataView, at: number, count: number, { type, little }: Header): Float32Array {
  const out = new Float32Array(count);
  for (let i = 0; i < count; i++) out[i] = type.read(view, at + i * type.bytes, little);
  return out;
}

/** Values stored columns first, put rows first. */
function rowsFirst(values: Float32Array, shape: readonly number[]): Float32Array {
  const out = new Float32Array(values.length);
  const strides = shape.map((_, axis) => product(shape.slice(0, axis)));
  const index = shape.map(() => 0);
  for (let i = 0; i < out.length; i++) {
    out[i] = values[index.reduce((at, k, axis) => at + k * strides[axis], 0)];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] += 1;
      if (index[axis] < shape[axis]) break;
      index[axis] = 0;
    }
  }
  return out;
}

/**
 * The values of a `.npy` file in row-major order; the inverse of `encodeNpy`.
 * @throws {Error} when the file is damaged or does not hold plain numbers.
 * @example
 * const { shape, data } = decodeNpy(readFileSync('images.npy'));
 */
export function decodeNpy(bytes: Uint8Array): { shape: readonly number[]; data: Float32Array } {
  const header = parseHeader(bytes);
  checkLength(header, bytes.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data = numbers(view, header.offset, product(header.shape), header);
  return { shape: header.shape, data: header.columnsFirst ? rowsFirst(data, header.shape) : data };
}

/** The arrays of a `.npz` file by name, each in the form of a `.npy` file that is still packed. */
export const npzEntries = (bytes: Uint8Array): Map<string, ZipEntry> =>
  new Map(
    zipEntries(bytes)
      .filter(({ name }) => name.endsWith('.npy'))
      .map((entry) => [entry.name.slice(0, -'.npy'.length), entry]),
  );

/** An array that is in memory, item by item. */
export function arrayFromNpy(bytes: Uint8Array): ArrayFile {
  const header = parseHeader(bytes);
  checkLength(header, bytes.length);
  const { shape, offset, type } = header;
  const size = product(shape.slice(1));
  const close = () => {};
  if (header.columnsFirst && shape.length > 1) {
    const { data } = decodeNpy(bytes);
    return { shape, item: (i) => data.slice(i * size, (i + 1) * size), close };
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { shape, item: (i) => numbers(view, offset + i * size * type.bytes, size, header), close };
}

/** A `.npy` file read from disk item by item; one stored columns first is read whole. */
export function openNpy(path: string): ArrayFile {
  const file = openSync(path, 'r');
  try {
    const length = statSync(path).size;
    const start = new Uint8Array(Math.min(length, 65_536));
    readSync(file, start, 0, start.length, 0);
    const header = parseHeader(start);
    checkLength(header, length);
    const size = product(header.shape.slice(1));
    if (header.columnsFirst && header.shape.length > 1) {
      const whole = new Uint8Array(length);
      readSync(file, whole, 0, length, 0);
      closeSync(file);
      return arrayFromNpy(whole);
    }
    const bytes = new Uint8Array(size * header.type.bytes);
    const view = new DataView(bytes.buffer);
    const item = (i: number) => {
      readSync(file, bytes, 0, bytes.length, header.offset + i * bytes.length);
      return numbers(view, 0, size, header);
    };
    return { shape: header.shape, item, close: () => closeSync(file) };
  } catch (error) {
    closeSync(file);
    throw error;
  }
}
