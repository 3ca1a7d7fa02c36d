/** Encodes arrays of numbers and of text as `.npz` files. */
import { zipSync } from 'fflate';
import { encodeNpy, npyHeader } from '../data/npyEncoding.js';

/** An array of numbers or text, row major. */
export interface NumpyArray {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | readonly string[];
}

/** The content of a `.npz` file, which `numpy.load` reads without `allow_pickle`. The same arrays give the same bytes. */
export const encodeArchive = (arrays: Readonly<Record<string, NumpyArray>>): Uint8Array =>
  zipSync(
    Object.fromEntries(
      Object.entries(arrays).map(([name, { data, shape }]) => [
        `${name}.npy`,
        ArrayBuffer.isView(data) ? encodeNpy(data, shape) : encodeTexts(data, shape),
      ]),
    ),
    { mtime: new Date(1980, 0, 1) },
  );

/** Text in NumPy's format: all of the same length, four bytes per character, padded with zeros. */
function encodeTexts(texts: readonly string[], shape: readonly number[]): Uint8Array {
  const characters = texts.map((text) => Array.from(text, (c) => c.codePointAt(0) as number));
  const width = Math.max(1, ...characters.map((list) => list.length));
  const header = npyHeader(shape, `<U${width}`);
  const out = new Uint8Array(header.length + 4 * width * texts.length);
  out.set(header);
  const view = new DataView(out.buffer, header.length);
  characters.forEach((list, i) => {
    list.forEach((c, k) => {
      view.setUint32(4 * (i * width + k), c, true);
    });
  });
  return out;
}
