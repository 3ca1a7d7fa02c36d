/** A numeric array in a file, read one item of its first axis at a time, whatever the format. */
import { DataError } from 'pyroved-ts';

export interface ArrayFile {
  readonly shape: readonly number[];
  /** The values of item `i` along the first axis, row major. */
  item(i: number): Float32Array;
  /** Lets go of the file. */
  close(): void;
}

/**
 * The array that is meant: the one named, or the only one there is.
 * @throws {DataError} listing the names otherwise.
 */
export function chooseName(path: string, names: readonly string[], wanted: string | undefined): string {
  const list = names.join(', ');
  if (names.length === 0) throw new DataError(`"${path}" holds no array of numbers.`);
  if (wanted === undefined) {
    if (names.length === 1) return names[0];
    throw new DataError(`"${path}" holds several arrays; name one as dataset: ${list}.`);
  }
  const name = wanted.replace(/^\//, '');
  if (!names.includes(name)) throw new DataError(`"${path}" has no array "${wanted}". It holds: ${list}.`);
  return name;
}
