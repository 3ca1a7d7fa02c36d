/** A small picture of a micrograph, put together tile by tile. */
import type { Plane } from '../images/resize.js';
import type { ReadMicrograph } from './read.js';
import { together } from './survey.js';

/** Longest side of a preview in pixels. */
const LONGEST = 1600;

/** The micrograph reduced by a whole number, so that one pixel is the mean of `factor` x `factor` pixels of the file. */
export interface Preview {
  readonly plane: Plane;
  readonly factor: number;
}

/** Collects the tiles of one micrograph. */
export class PreviewBuilder {
  readonly factor: number;
  readonly #plane: Plane;

  constructor({ height, width }: ReadMicrograph['whole']) {
    this.factor = Math.max(1, Math.ceil(Math.max(height, width) / LONGEST));
    const [rows, columns] = [Math.ceil(height / this.factor), Math.ceil(width / this.factor)];
    this.#plane = { pixels: new Float32Array(rows * columns), height: rows, width: columns };
  }

  add({ planes, window, core, scale }: ReadMicrograph): void {
    const { factor } = this;
    const source = together(planes);
    const { width, pixels } = this.#plane;
    const first = (from: number) => Math.ceil(from / factor);
    for (let r = first(core.top); r * factor < core.top + core.height; r++) {
      const rows = span(r * factor - window.top, factor, scale.y, source.height);
      for (let c = first(core.left); c * factor < core.left + core.width; c++) {
        const columns = span(c * factor - window.left, factor, scale.x, source.width);
        let sum = 0;
        for (let y = rows.from; y < rows.to; y++)
          for (let x = columns.from; x < columns.to; x++) sum += source.pixels[y * source.width + x];
        pixels[r * width + c] = sum / ((rows.to - rows.from) * (columns.to - columns.from));
      }
    }
  }

  get(): Preview {
    return { plane: this.#plane, factor: this.factor };
  }
}

/** The pixels of a resampled plane that show `length` pixels of the file from `start`; at least one. */
function span(start: number, length: number, scale: number, most: number): { from: number; to: number } {
  const from = Math.min(most - 1, Math.floor(start * scale));
  return { from, to: Math.max(from + 1, Math.min(most, Math.round((start + length) * scale))) };
}
