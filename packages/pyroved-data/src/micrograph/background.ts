/** Flattening of micrographs: the uneven background and the offsets of scan lines are subtracted. */
import { medianInPlace } from 'pyroved-ts/internal';
import { type Plane, resize } from '../images/resize.js';

/** The largest number of pixels of a block whose median is taken. */
const MOST_SAMPLES = 1024;
/** Values of an image from which its level and noise are estimated. */
const SAMPLED = 65_536;

/**
 * The image minus its background, the medians of square blocks of about `block` pixels, interpolated.
 * @param isObject 1 where a pixel belongs to an object and not to the background
 */
export function withoutBackground(image: Plane, block: number, isObject?: Uint8Array): Float32Array {
  const { height, width, pixels } = image;
  const rows = Math.max(1, Math.round(height / block));
  const columns = Math.max(1, Math.round(width / block));
  const medians = new Float32Array(rows * columns);
  for (let b = 0; b < medians.length; b++) {
    const [r, c] = [Math.floor(b / columns), b % columns];
    const [top, bottom] = [Math.floor((r * height) / rows), Math.floor(((r + 1) * height) / rows)];
    const [left, right] = [Math.floor((c * width) / columns), Math.floor(((c + 1) * width) / columns)];
    const step = Math.max(1, Math.floor(Math.sqrt(((bottom - top) * (right - left)) / MOST_SAMPLES)));
    const values = new Float32Array(Math.ceil((bottom - top) / step) * Math.ceil((right - left) / step));
    let count = 0;
    for (let y = top; y < bottom; y += step) {
      for (let x = left; x < right; x += step) {
        const i = y * width + x;
        if (!isObject?.[i]) values[count++] = pixels[i];
      }
    }
    medians[b] = medianInPlace(values.subarray(0, count));
  }
  fillMissing(medians);
  // Interpolated along the rows of blocks, then for each row of pixels between the two nearest rows of blocks.
  const { pixels: across } = resize({ pixels: medians, height: rows, width: columns }, rows, width);
  const flat = new Float32Array(pixels.length);
  for (let y = 0; y < height; y++) {
    const at = Math.min(rows - 1, Math.max(0, ((y + 0.5) * rows) / height - 0.5));
    const [upper, weight] = [Math.floor(at), at - Math.floor(at)];
    const lower = Math.min(rows - 1, upper + 1) * width;
    for (let x = 0, i = y * width, j = upper * width; x < width; x++, i++, j++)
      flat[i] = pixels[i] - ((1 - weight) * across[j] + weight * across[lower + x]);
  }
  return flat;
}

/** Blocks without background take the median of the others. */
function fillMissing(medians: Float32Array): void {
  const known = medians.filter((v) => !Number.isNaN(v));
  const otherwise = known.length > 0 ? medianInPlace(known) : 0;
  for (let i = 0; i < medians.length; i++) if (Number.isNaN(medians[i])) medians[i] = otherwise;
}

/** Subtracts from each row the median of its background pixels, in place; a row that has hardly any is not changed. */
export function removeScanLines(values: Float32Array, height: number, width: number, isObject: Uint8Array): void {
  const background = new Float32Array(width);
  for (let y = 0; y < height; y++) {
    const row = values.subarray(y * width, (y + 1) * width);
    let count = 0;
    for (let x = 0; x < width; x++) if (!isObject[y * width + x]) background[count++] = row[x];
    if (count < width / 5) continue;
    const offset = medianInPlace(background.subarray(0, count));
    for (let x = 0; x < width; x++) row[x] -= offset;
  }
}

/** Values at regular distances, odd ones, so that not all of them lie in the same columns. */
export function sampleOf(values: Float32Array): Float32Array {
  const step = Math.floor(values.length / SAMPLED) | 1;
  const sample = new Float32Array(Math.ceil(values.length / step));
  for (let k = 0; k < sample.length; k++) sample[k] = values[k * step];
  return sample;
}

/** The number of values of an ascending array below `value`, or up to and including it. */
export function countBelow(sorted: Float32Array, value: number, isIncluded = false): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value || (isIncluded && sorted[middle] === value)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The median of an ascending sample, and the standard deviation of the background, from the values on its side away from the objects. */
export function backgroundNoise(sorted: Float32Array, sign: 1 | -1): { level: number; sigma: number } {
  const level = sorted[sorted.length >> 1];
  const below = sign === 1 ? countBelow(sorted, level) : sorted.length - countBelow(sorted, level, true);
  const at = sign === 1 ? below - 1 - (below >> 1) : sorted.length - below + (below >> 1);
  // Of half a normal distribution, the median is .6745 standard deviations from the middle.
  return { level, sigma: below > 0 ? Math.abs(sorted[at] - level) / 0.6745 : 0 };
}
