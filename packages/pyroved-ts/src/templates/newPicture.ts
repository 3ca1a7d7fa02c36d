/** The initial picture of a class without labels, from the images that the known classes explain worst. */
import * as tf from '@tensorflow/tfjs';
import type { RandomStream } from 'pyro-ts';
import { tidyHost } from '../tidyHost.js';
import { anyAngle } from './anyAngle.js';
import { bestCandidates, explain, type TemplateScene } from './explain.js';
import { pictureMixture } from './mixture.js';

/** Images and their evidence under the known classes. */
export interface Unexplained {
  /** [n, channels * points], row major. */
  readonly images: Float32Array;
  /** log p(image) in nats under the best known class, [n]. */
  readonly evidence: ArrayLike<number>;
  readonly shape: readonly number[];
  readonly channels: number;
}

/** Options of `newPicture`. */
export interface NewPictureOptions {
  /** The scene of images [n, channels * points] with pictures [g, channels, height, width] in place of the model's. */
  readonly sceneOf: (images: tf.Tensor2D, pictures: tf.Tensor4D) => TemplateScene;
  /** Standard deviation of a pixel. */
  readonly sigma: number;
  readonly rng: RandomStream;
  readonly kernel?: TemplateScene['kernel'];
}

/** Fraction of the images (the worst-explained) that is clustered, and number of clusters. */
const [SHARE, PICTURES] = [0.25, 3] as const;

/** Number of poses refined for each image and number of steps, when pictures are compared. */
const [REFINED, STEPS] = [2, 3] as const;

/**
 * The picture [channels * points] that increases the evidence of the images most. The worst-explained images also
 * include unusual ones of the known classes, so they are clustered (`pictureMixture`), and the picture of the cluster
 * that increases the evidence of all images most is returned.
 */
export function newPicture(
  { images, evidence, shape, channels }: Unexplained,
  { sceneOf, sigma, rng, kernel }: NewPictureOptions,
): Float32Array {
  const count = evidence.length;
  const size = images.length / count;
  const order = Array.from({ length: count }, (_, i) => i).sort((a, b) => evidence[a] - evidence[b]);
  const worst = order.slice(0, Math.max(PICTURES, Math.ceil(SHARE * count)));
  const values = new Float32Array(worst.length * size);
  worst.forEach((from, to) => {
    values.set(images.subarray(from * size, (from + 1) * size), to * size);
  });
  const { pictures } = pictureMixture(
    { values, count: worst.length, shape, channels },
    { numPictures: PICTURES, sigma, restarts: 1, rng, ...(kernel && { kernel }) },
  );
  const found = tidyHost(() => {
    const scene = sceneOf(
      tf.tensor2d(images, [count, size]),
      tf.tensor4d(pictures, [PICTURES, channels, shape[0], shape[1]]),
    );
    const anywhere = anyAngle(images, count, PICTURES, 3 + scene.templates.field.shape[0], shape, channels);
    return explain(scene, bestCandidates(scene, anywhere, REFINED, undefined), STEPS, undefined).evidence;
  });
  const gains = Array.from({ length: PICTURES }, (_, k) => {
    let total = 0;
    for (let i = 0; i < count; i++) {
      const from = (i * PICTURES + k) * REFINED;
      total += Math.max(0, Math.max(...found.subarray(from, from + REFINED)) - evidence[i]);
    }
    return total;
  });
  const chosen = gains.indexOf(Math.max(...gains));
  return pictures.slice(chosen * size, (chosen + 1) * size);
}
