/** The contrast between objects and background. */
import { gather, type ImageSet, type StreamedSet } from './dataset.js';

/** Number of images used, evenly spaced over the set. */
const IMAGES = 64;

/**
 * The 99% quantile of the distance of a pixel from the median of its image, in the units of the images: approximately
 * the difference between object and background.
 * @returns 0 for constant images
 * @example estimateContrast(cards().labelled) // 1
 */
export function estimateContrast(set: ImageSet | StreamedSet): number {
  const count = Math.min(set.count, IMAGES);
  if (count === 0) return 0;
  const values = gather(
    set,
    Int32Array.from({ length: count }, (_, i) => Math.floor((i * set.count) / count)),
  );
  const points = set.shape.reduce((a, b) => a * b, 1);
  for (let at = 0; at < values.length; at += points) {
    const picture = values.subarray(at, at + points);
    const middle = Float32Array.from(picture).sort()[points >> 1];
    picture.forEach((v, p) => {
      picture[p] = Math.abs(v - middle);
    });
  }
  values.sort();
  return values[Math.floor(0.99 * (values.length - 1))];
}
