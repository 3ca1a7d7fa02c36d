/** Fresh noise for images at random poses, so that a network does not memorise the noise of a few images. */
import type { RandomStream } from 'pyro-ts';
import { estimateContrast, estimateNoise, type ImageSet, imageSize, type StreamedSet } from '../data/index.js';
import { lostNoise } from '../data/noise.js';

/**
 * Maximum standard deviation of the added noise as a fraction of the contrast, besides the noise that replaces what
 * interpolation removed.
 */
const OF_CONTRAST = 0.15;

/** Number of normal samples drawn once; each image uses a contiguous run of them from a random start. */
const DRAWN = 1 << 17;

/**
 * Adds the noise that interpolation removed (`lostNoise`), so that an image is as noisy as before, plus noise of up to
 * 0.15 of its contrast, uniformly drawn. Both are estimated for each image, so the noise carries no information about
 * the class.
 * @example
 * const noise = new FreshNoise(labelled, new RandomStream(1));
 * noise.add(posedImages(images, shape, channels, poses), indices, stream); // images[i] is labelled image indices[i] at a pose
 */
export class FreshNoise {
  /** Lost noise of each image, [count]; NaN until it is estimated. */
  private readonly lost: Float32Array;
  private readonly contrast: Float32Array;
  private readonly normals: Float32Array;

  constructor(
    private readonly set: ImageSet | StreamedSet,
    rng: RandomStream,
  ) {
    this.lost = new Float32Array(set.count).fill(Number.NaN);
    this.contrast = new Float32Array(set.count);
    this.normals = Float32Array.from({ length: DRAWN }, () => rng.nextNormal());
  }

  /**
   * Adds noise in place.
   * @param moved [n, size], the images at `indices` after resampling at random poses
   * @param original [n, size], the same images before resampling
   */
  add(moved: Float32Array, original: Float32Array, indices: ArrayLike<number>, rng: RandomStream): void {
    const size = imageSize(this.set);
    for (let i = 0; i < indices.length; i++) {
      const [lost, contrast] = this.ofImage(indices[i], original.subarray(i * size, (i + 1) * size));
      const deviation = Math.hypot(lost, OF_CONTRAST * rng.next() * contrast);
      this.addTo(moved.subarray(i * size, (i + 1) * size), deviation, rng.nextInt(DRAWN));
    }
  }

  private addTo(image: Float32Array, deviation: number, start: number): void {
    const { normals } = this;
    for (let p = 0; p < image.length; p++) image[p] += deviation * normals[(start + p) % DRAWN];
  }

  private ofImage(index: number, image: Float32Array): [lost: number, contrast: number] {
    if (Number.isNaN(this.lost[index])) {
      const { shape, channels } = this.set;
      const one: ImageSet = { shape, channels, count: 1, images: image };
      this.lost[index] = lostNoise(estimateNoise(one), shape.length);
      this.contrast[index] = estimateContrast(one);
    }
    return [this.lost[index], this.contrast[index]];
  }
}
