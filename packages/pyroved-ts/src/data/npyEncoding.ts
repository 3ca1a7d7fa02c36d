/** Encodes arrays as NumPy files: `.npy` (one array) and `.npz` (a zip archive of arrays). */
import { zipSync } from 'fflate';
import { type OptionTable, resolveOptions } from '../options.js';

/** The first bytes of every `.npy` file. */
export const NPY_MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/**
 * The header of a `.npy` file. Its length is always 128 bytes, so that the count can be corrected at the end of a
 * streamed write.
 */
export function npyHeader(shape: readonly number[], type = '<f4'): Uint8Array {
  const dims = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `{'descr': '${type}', 'fortran_order': False, 'shape': (${dims}), }`.padEnd(117);
  return Uint8Array.from([...NPY_MAGIC, 1, 0, 118, 0, ...new TextEncoder().encode(`${text}\n`)]);
}

/**
 * An array as the content of a `.npy` file.
 * @param shape its dimensions, row major
 * @example writeFileSync('images.npy', encodeNpy(set.images, [set.count, ...set.shape]));
 */
export function encodeNpy(data: Float32Array | Int32Array, shape: readonly number[]): Uint8Array {
  const header = npyHeader(shape, data instanceof Float32Array ? '<f4' : '<i4');
  const out = new Uint8Array(header.length + data.byteLength);
  out.set(header);
  out.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), header.length);
  return out;
}

/** Options of `encodeNpz`. */
export interface NpzOptions {
  /** From 0 (stored) to 9 (smallest). @default 6 */
  readonly level?: 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;
}

const table = { level: { default: 6 } } satisfies OptionTable<NpzOptions>;

/**
 * Arrays as the content of a `.npz` file.
 * @throws {OptionError} when an option is unknown.
 * @example writeFileSync('set.npz', encodeNpz({ images: { data: set.images, shape: [set.count, ...set.shape] } }));
 */
export const encodeNpz = (
  arrays: Readonly<Record<string, { readonly data: Float32Array | Int32Array; readonly shape: readonly number[] }>>,
  options: NpzOptions = {},
): Uint8Array => {
  const files = Object.entries(arrays).map(([name, { data, shape }]) => [`${name}.npy`, encodeNpy(data, shape)]);
  return zipSync(Object.fromEntries(files), resolveOptions('encodeNpz', options, table));
};
