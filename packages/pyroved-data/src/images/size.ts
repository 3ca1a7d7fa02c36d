/** The size to which images are brought, where none is given: chosen from the images themselves. */
import { readFile } from 'node:fs/promises';
import type { ReadLimits } from 'pyroved-ts/node';
import { decodeImages } from './decode.js';
import type { FileToRead } from './read.js';

/** Larger images are reduced to this side: training time grows with the number of pixels. */
export const LARGEST_CHOSEN = 48;
/** A model needs a side of this many pixels. */
const SMALLEST = 8;
/** Files whose images are looked at, evenly spread over all. */
const LOOKED_AT = 50;

/** The median of the images' shorter sides, at most 48, so that typical images are not enlarged; 48 where none can be read. */
export async function chosenSize(files: readonly FileToRead[], limits: ReadLimits = {}): Promise<number> {
  const count = Math.min(files.length, LOOKED_AT);
  const sides: number[] = [];
  for (let k = 0; k < count; k++) {
    const { path } = files[Math.floor(((k + 0.5) * files.length) / count)];
    try {
      for (const { height, width } of decodeImages(await readFile(path), limits)) sides.push(Math.min(height, width));
    } catch {
      // A file that cannot be used is listed where all are read.
    }
  }
  sides.sort((a, b) => a - b);
  return Math.max(SMALLEST, Math.min(LARGEST_CHOSEN, sides[sides.length >> 1] ?? LARGEST_CHOSEN));
}
