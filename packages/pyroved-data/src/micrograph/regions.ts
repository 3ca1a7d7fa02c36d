/** Grey images split into an object's side and a background's side, and the connected regions of either. */

/** An image of whole grey values from 0 to 255, row major. */
export interface GreyImage {
  readonly values: Uint8Array;
  readonly height: number;
  readonly width: number;
}

/** A connected region: its number of pixels, and the mean of their coordinates in pixels (x right, y down). */
export interface Region {
  readonly area: number;
  readonly x: number;
  readonly y: number;
}

/** The kernel reaches this many standard deviations to either side. */
const REACH = 2;

/**
 * The image smoothed by a Gaussian of standard deviation `sigma` (pixels), rounded to whole values. Beyond the border the image is mirrored at
 * its outermost pixels.
 */
export function gaussianBlur({ values, height, width }: GreyImage, sigma: number): GreyImage {
  const reach = Math.ceil(REACH * sigma);
  const weights = Array.from({ length: 2 * reach + 1 }, (_, k) => Math.exp(-((k - reach) ** 2) / (2 * sigma * sigma)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const kernel = weights.map((weight) => weight / total);
  const rows = new Float64Array(values.length);
  const smooth = new Uint8Array(values.length);
  const [across, down] = [mirrored(width, reach), mirrored(height, reach)];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let k = 0; k < kernel.length; k++) sum += values[y * width + across[x + k]] * kernel[k];
      rows[y * width + x] = sum;
    }
  }
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let k = 0; k < kernel.length; k++) sum += rows[down[y + k] * width + x] * kernel[k];
      smooth[y * width + x] = Math.round(sum);
    }
  }
  return { values: smooth, height, width };
}

/** The positions from `-reach` to `length - 1 + reach`, those beyond an end mirrored at it. */
function mirrored(length: number, reach: number): Int32Array {
  const period = Math.max(1, 2 * (length - 1));
  return Int32Array.from({ length: length + 2 * reach }, (_, i) => {
    const place = (((i - reach) % period) + period) % period;
    return Math.min(place, period - place) % length;
  });
}

/**
 * The grey value that splits an image best: values up to it on one side, larger ones on the other, so that the variance between the two is largest.
 * @see N. Otsu, "A threshold selection method from gray-level histograms", 1979.
 */
export function otsuThreshold(values: Uint8Array): number {
  const counts = new Uint32Array(256);
  for (const value of values) counts[value] += 1;
  const total = counts.reduce((sum, count, value) => sum + count * value, 0);
  let [below, sumBelow, most, threshold] = [0, 0, 0, 0];
  for (let value = 0; value < 256; value++) {
    below += counts[value];
    const above = values.length - below;
    if (below === 0 || above === 0) continue;
    sumBelow += value * counts[value];
    const between = below * above * (sumBelow / below - (total - sumBelow) / above) ** 2;
    if (between >= most) [most, threshold] = [between, value];
  }
  return threshold;
}

/** The regions of pixels with `mask` 1 that are connected by their sides, in the order of their first pixels. */
export function connectedRegions(mask: Uint8Array, height: number, width: number): Region[] {
  const seen = new Uint8Array(mask.length);
  const regions: Region[] = [];
  const waiting: number[] = [];
  const visit = (pixel: number) => {
    if (mask[pixel] === 0 || seen[pixel] === 1) return;
    seen[pixel] = 1;
    waiting.push(pixel);
  };
  for (let first = 0; first < mask.length; first++) {
    visit(first);
    let [area, sumX, sumY] = [0, 0, 0];
    for (let pixel = waiting.pop(); pixel !== undefined; pixel = waiting.pop()) {
      const [x, y] = [pixel % width, Math.floor(pixel / width)];
      area += 1;
      sumX += x;
      sumY += y;
      if (x > 0) visit(pixel - 1);
      if (x < width - 1) visit(pixel + 1);
      if (y > 0) visit(pixel - width);
      if (y < height - 1) visit(pixel + width);
    }
    if (area > 0) regions.push({ area, x: sumX / area, y: sumY / area });
  }
  return regions;
}
