/**
 * Arranges pictures, fields, pixels and targets in the layout of the WebAssembly kernel; `templateLayout.ts` describes
 * the arrays.
 */
import type { TemplateOperands, TemplateProblem, TemplateTargets } from '../template/problem.js';

/** Calls f(entry of the padded plane, row, column), with rows and columns clamped to the plane. */
function eachEntry(height: number, width: number, f: (entry: number, row: number, column: number) => void): void {
  let entry = 0;
  for (let row = 0; row <= height; row++)
    for (let column = 0; column <= width; column++, entry++)
      f(entry, Math.min(row, height - 1), Math.min(column, width - 1));
}

/** An entry of a plane [height, width] and its neighbours, in records `stride` floats apart. */
function packQuads(plane: Float32Array, height: number, width: number, stride: number, to: Float32Array): void {
  eachEntry(height, width, (entry, row, column) => {
    const [right, below] = [Math.min(column + 1, width - 1), Math.min(row + 1, height - 1)];
    const at = entry * stride;
    to[at] = plane[row * width + column];
    to[at + 1] = plane[row * width + right];
    to[at + 2] = plane[below * width + column];
    to[at + 3] = plane[below * width + right];
  });
}

/** An entry of a picture and its slopes by central differences, zero at the border. */
function packSlopes(plane: Float32Array, height: number, width: number, to: Float32Array): void {
  const [across, down] = [width / 4, height / 4];
  eachEntry(height, width, (entry, row, column) => {
    const at = row * width + column;
    to[4 * entry] = plane[at];
    to[4 * entry + 1] = column > 0 && column < width - 1 ? (plane[at + 1] - plane[at - 1]) * across : 0;
    to[4 * entry + 2] = row > 0 && row < height - 1 ? (plane[at + width] - plane[at - width]) * down : 0;
    to[4 * entry + 3] = 0;
  });
}

export function packPictures(
  problem: TemplateProblem,
  pictures: Float32Array,
  slopes: boolean,
  to: Float32Array,
): void {
  const { height, width } = problem;
  const [size, padded] = [height * width, 4 * (height + 1) * (width + 1)];
  for (let i = 0; i * size < pictures.length; i++) {
    const [plane, into] = [pictures.subarray(i * size, (i + 1) * size), to.subarray(i * padded, (i + 1) * padded)];
    if (slopes) packSlopes(plane, height, width, into);
    else packQuads(plane, height, width, 4, into);
  }
}

export function packField({ grid, contents }: TemplateProblem, field: Float32Array, to: Float32Array): void {
  const [size, padded] = [grid * grid, 8 * (grid + 1) ** 2];
  for (let i = 0; i < 2 * contents; i++) {
    const start = (i >> 1) * padded + 4 * (i & 1);
    packQuads(field.subarray(i * size, (i + 1) * size), grid, grid, 8, to.subarray(start));
  }
}

/** Coordinates, then 1 for each pixel and 0 for the padding. */
export function packPixels(
  { height, width }: TemplateProblem,
  pixels: Int32Array,
  [x, y, live]: readonly Float32Array[],
): void {
  for (let i = 0; i < x.length; i++) {
    const pixel = pixels[Math.min(i, pixels.length - 1)];
    x[i] = (2 * (pixel % width) + 1) / width - 1;
    y[i] = (2 * Math.floor(pixel / width) + 1) / height - 1;
    live[i] = i < pixels.length ? 1 : 0;
  }
}

/** The rows' images, each once, in the order of their first use; writes the number of each row's to `slot`. */
export function assignSlots(image: Int32Array, slot: Int32Array): Int32Array {
  const known = new Map<number, number>();
  for (let r = 0; r < image.length; r++) {
    const own = known.get(image[r]) ?? known.size;
    known.set(image[r], own);
    slot[r] = own;
  }
  return Int32Array.from(known.keys());
}

/** The chosen pixels of some images, [.][K][padded]. */
export function packTargets(
  { channels, height, width }: TemplateProblem,
  { pixels }: TemplateOperands,
  { images }: TemplateTargets,
  used: Int32Array,
  to: Float32Array,
): void {
  const size = height * width;
  const padded = to.length / (used.length * channels);
  for (let i = 0; i < used.length * channels; i++) {
    const start = (used[Math.floor(i / channels)] * channels + (i % channels)) * size;
    for (let p = 0; p < padded; p++) to[i * padded + p] = images[start + pixels[Math.min(p, pixels.length - 1)]];
  }
}

/** Adds padded planes [count][(height + 1) (width + 1)] to planes [count][height][width]. */
export function addPlanes(from: Float32Array, height: number, width: number, to: Float32Array): void {
  const padded = (height + 1) * (width + 1);
  for (let i = 0; i * height * width < to.length; i++)
    for (let row = 0; row < height; row++)
      for (let column = 0; column < width; column++)
        to[(i * height + row) * width + column] += from[i * padded + row * (width + 1) + column];
}
