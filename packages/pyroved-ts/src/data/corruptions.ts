/** What real images suffer: noise and stray pixels, for measuring how robust a classifier is. */
import { OptionError, RandomStream } from 'pyro-ts';
import { type ImageSet, imageSize } from './dataset.js';

/** The images plus normal noise of standard deviation `sigma`, not clipped (the paper's figure 4e). */
export function withNoise(set: ImageSet, sigma: number, seed: string | number): ImageSet {
  if (!(sigma >= 0)) throw new OptionError(`sigma is a standard deviation of at least 0, not ${sigma}.`);
  const stream = new RandomStream(seed).fork('noise');
  return { ...set, images: set.images.map((v) => v + sigma * stream.nextNormal()) };
}

/**
 * The images with `floor(pixels * density)` different random pixels of each set to `intensity` (the paper's figure 4f).
 */
export function withContamination(set: ImageSet, density: number, intensity: number, seed: string | number): ImageSet {
  if (!(density >= 0 && density <= 1)) throw new OptionError(`density is a share from 0 to 1, not ${density}.`);
  const stream = new RandomStream(seed).fork('contamination');
  const size = imageSize(set);
  const count = Math.floor(size * density);
  const images = Float32Array.from(set.images);
  const pixels = Int32Array.from({ length: size }, (_, i) => i);
  for (let at = 0; at < images.length; at += size) {
    // The first steps of a shuffle draw without replacement; the order they start from does not matter.
    for (let k = 0; k < count; k++) {
      const j = k + stream.nextInt(size - k);
      [pixels[k], pixels[j]] = [pixels[j], pixels[k]];
      images[at + pixels[k]] = intensity;
    }
  }
  return { ...set, images };
}
