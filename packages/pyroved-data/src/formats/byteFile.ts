/** A file read at any position, and rasters of numbers within it. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { Window } from './imageFile.js';
import type { NumberType } from './numbers.js';

/** An open file of bytes. */
export class ByteFile {
  readonly #file: number;
  readonly size: number;

  constructor(path: string) {
    this.#file = openSync(path, 'r');
    this.size = fstatSync(this.#file).size;
  }

  /** @throws {Error} when the file ends before `at + length`. */
  bytes(at: number, length: number): Buffer {
    if (
      !(Number.isSafeInteger(at) && Number.isSafeInteger(length) && at >= 0 && length >= 0 && at + length <= this.size)
    )
      throw new Error(`it is cut short or damaged: ${length} bytes at ${at} lie beyond its ${this.size} bytes`);
    const bytes = Buffer.alloc(length);
    for (let done = 0; done < length; ) {
      const count = readSync(this.#file, bytes, done, length - done, at + done);
      if (count === 0) throw new Error('it became shorter while it was read');
      done += count;
    }
    return bytes;
  }

  view(at: number, length: number): DataView {
    const bytes = this.bytes(at, length);
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** An uncompressed image: rows of numbers, the first row first. */
export interface Raster {
  /** Position of the first number. */
  readonly offset: number;
  readonly height: number;
  readonly width: number;
  readonly type: NumberType;
  readonly little: boolean;
  /** Numbers from one pixel to the next. @default 1 */
  readonly step?: number;
  /** Rows are stored from the bottom to the top. @default false */
  readonly bottomUp?: boolean;
}

/** Bytes read at once. */
const BLOCK = 2 ** 24;

/** Bytes of a raster in its file. */
export const rasterBytes = ({ height, width, type, step = 1 }: Omit<Raster, 'offset' | 'little'>): number =>
  height * width * step * type.bytes;

/** The values of a window of a raster, rows first. */
export function readRaster(file: ByteFile, raster: Raster, { top, left, height, width }: Window): Float32Array {
  const { offset, type, little, step = 1, bottomUp = false } = raster;
  const values = new Float32Array(height * width);
  const stride = type.bytes * step;
  const rowBytes = raster.width * stride;
  const isWhole = left === 0 && width === raster.width;
  const rowsAtOnce = isWhole ? Math.max(1, Math.floor(BLOCK / rowBytes)) : 1;
  const firstStored = bottomUp ? raster.height - top - height : top;
  for (let row = 0; row < height; row += rowsAtOnce) {
    const rows = Math.min(rowsAtOnce, height - row);
    const view = file.view(
      offset + (firstStored + row) * rowBytes + left * stride,
      (rows - 1) * rowBytes + (width - 1) * stride + type.bytes,
    );
    for (let r = 0; r < rows; r++) {
      const to = (bottomUp ? height - 1 - row - r : row + r) * width;
      for (let i = 0; i < width; i++) values[to + i] = type.read(view, r * rowBytes + i * stride, little);
    }
  }
  return values;
}
