/** Estimates the noise of images, and the noise that resampling removes. */
import { gather, type ImageSet, imageSize, type StreamedSet } from './dataset.js';

/** Number of images used, evenly spaced over the set. */
const IMAGES = 64;

/**
 * Standard deviation of the independent noise of the pixels, in the units of the images: the median over the images of
 * a robust estimate from the second differences along both axes, which are 0 in flat regions and on slopes. Noise that is
 * correlated between neighbours is underestimated.
 * @returns 0 for images without noise, and for images with a side of less than 3 pixels
 * @see Immerkaer 1996, "Fast noise variance estimation"; here with the median of the absolute values instead of
 * their mean, so that edges have no influence.
 * @example estimateNoise(labelled) // 0.098 for images with Gaussian noise of standard deviation 0.1
 */
export function estimateNoise(set: ImageSet | StreamedSet): number {
  const { shape, count } = set;
  const [height, width] = shape.length === 1 ? [1, shape[0]] : shape;
  if (count === 0 || width < 3 || (shape.length === 2 && height < 3)) return 0;
  const some = Array.from({ length: Math.min(count, IMAGES) }, (_, i) =>
    Math.floor((i * count) / Math.min(count, IMAGES)),
  );
  const values = gather(set, some);
  const points = height * width;
  const estimates: number[] = [];
  for (let at = 0; at < some.length * imageSize(set); at += points) {
    const differences = height === 1 ? alongOne(values, at, width) : alongBoth(values, at, height, width);
    // The median of |N(0, s)| is 0.6745 s.
    estimates.push(median(differences) / 0.6744897501960817);
  }
  return median(Float64Array.from(estimates));
}

/**
 * The standard deviation of the noise that bilinear interpolation removes: between pixels it averages their noise, and at
 * random positions (2/3)^2 of the variance remains.
 */
export const lostNoise = (noise: number, dims = 2): number => noise * Math.sqrt(1 - (2 / 3) ** dims);

/**
 * |[1, -2, 1] * [1, -2, 1]'| / 6 of the inner pixels: of independent noise with deviation s, normal with deviation s.
 */
function alongBoth(values: Float32Array, at: number, height: number, width: number): Float64Array {
  const out = new Float64Array((height - 2) * (width - 2));
  let k = 0;
  for (let row = 1; row < height - 1; row++) {
    for (let column = 1; column < width - 1; column++) {
      const p = at + row * width + column;
      const [up, down] = [p - width, p + width];
      const corners = values[up - 1] + values[up + 1] + values[down - 1] + values[down + 1];
      const sides = values[up] + values[down] + values[p - 1] + values[p + 1];
      out[k++] = Math.abs(corners - 2 * sides + 4 * values[p]) / 6;
    }
  }
  return out;
}

/** |[1, -2, 1]| / sqrt(6), for signals. */
function alongOne(values: Float32Array, at: number, length: number): Float64Array {
  return Float64Array.from({ length: length - 2 }, (_, i) => {
    const p = at + i + 1;
    return Math.abs(values[p - 1] - 2 * values[p] + values[p + 1]) / Math.sqrt(6);
  });
}

function median(values: Float64Array): number {
  const sorted = values.slice().sort();
  const n = sorted.length;
  return (sorted[(n - 1) >> 1] + sorted[n >> 1]) / 2;
}
