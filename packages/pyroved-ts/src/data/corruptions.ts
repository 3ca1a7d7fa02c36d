/** Corruptions of images, to measure the robustness of a classifier: noise and contaminated pixels. */
import { OptionError, RandomStream } from 'pyro-ts';
import { type ImageSet, imageSize } from './dataset.js';

/**
 * The images with normal noise added, not clipped (figure 4e of the paper).
 * @param sigma standard deviation, in the units of the images
 * @throws {OptionError} when `sigma` is negative.
 * @example accuracyOf(model, withNoise(test, 0.2, 1)).accuracy
 */
export function withNoise(set: ImageSet, sigma: number, seed: string | number): ImageSet {
  if (!(sigma >= 0)) throw new OptionError(`sigma must be at least 0; got ${sigma}.`);
  const stream = new RandomStream(seed).fork('noise');
  return { ...set, images: set.images.map((v) => v + sigma * stream.nextNormal()) };
}

/**
 * The images with `floor(pixels * density)` distinct random pixels of each set to `intensity` (figure 4f of the paper).
 * @param density fraction of the pixels, from 0 to 1
 * @throws {OptionError} when `density` is outside [0, 1].
 * @example accuracyOf(model, withContamination(test, 0.05, 1, 1)).accuracy
 */
export function withContamination(set: ImageSet, density: number, intensity: number, seed: string | number): ImageSet {
  if (!(density >= 0 && density <= 1)) throw new OptionError(`density must be from 0 to 1; got ${density}.`);
  const stream = new RandomStream(seed).fork('contamination');
  const size = imageSize(set);
  const count = Math.floor(size * density);
  const images = Float32Array.from(set.images);
  const pixels = Int32Array.from({ length: size }, (_, i) => i);
  for (let at = 0; at < images.length; at += size) {
    // The first steps of a shuffle sample without replacement, whatever the initial order.
    for (let k = 0; k < count; k++) {
      const j = k + stream.nextInt(size - k);
      [pixels[k], pixels[j]] = [pixels[j], pixels[k]];
      images[at + pixels[k]] = intensity;
    }
  }
  return { ...set, images };
}
