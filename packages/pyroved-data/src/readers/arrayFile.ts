/** A numeric array in a file of any format, read one item of its first axis at a time. */
import { DataError } from 'pyroved-ts';

/** An open array. */
export interface ArrayFile {
  readonly shape: readonly number[];
  /** The values of item `i` along the first axis, row major. */
  item(i: number): Float32Array;
  /** Closes the file. */
  close(): void;
}

/**
 * The name of the chosen array: `wanted`, or the only one in the file. Shapes are read only for the message.
 * @throws {DataError} listing the arrays with their shapes otherwise.
 */
export function chooseName(
  path: string,
  names: readonly string[],
  wanted: string | undefined,
  shapeOf: (name: string) => readonly number[] | undefined,
): string {
  const list = () => names.map((name) => `${name}${shownShape(shapeOf(name))}`).join(', ');
  if (names.length === 0) throw new DataError(`"${path}" holds no array of numbers.`);
  if (wanted === undefined) {
    if (names.length === 1) return names[0];
    throw new DataError(`"${path}" holds several arrays; name one as dataset: ${list()}.`);
  }
  const name = wanted.replace(/^\//, '');
  if (!names.includes(name)) throw new DataError(`"${path}" has no array "${wanted}". It holds: ${list()}.`);
  return name;
}

const shownShape = (shape: readonly number[] | undefined): string => (shape ? ` [${shape.join(', ')}]` : '');
