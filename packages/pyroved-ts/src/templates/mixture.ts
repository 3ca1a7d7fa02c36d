/**
 * A mixture of pictures at unknown poses, fitted by expectation maximisation: clusters unlabelled images up to
 * rotation, shift and affine deformation.
 */
import * as tf from '@tensorflow/tfjs';
import type { RandomStream } from 'pyro-ts';
import { tidyHost } from '../tidyHost.js';
import { AFFINE_CONTENTS, addUpright, affineField, sizeContent } from './affine.js';
import { candidatesAround, centred, momentsOf } from './anyAngle.js';
import { blurred } from './blur.js';
import { bestCandidates, explain, somePixels, type TemplateScene } from './explain.js';
import { bestEvidence, bestOfCandidates, boundOf, columns, joined, responsibilities } from './mixtureRows.js';

/** Images as rows [n, channels * points], on the host. */
export interface ImageRows {
  readonly values: Float32Array;
  readonly count: number;
  readonly shape: readonly number[];
  readonly channels: number;
}

/** Options of `pictureMixture`. */
export interface MixtureOptions {
  readonly numPictures: number;
  /** Standard deviation of a pixel. */
  readonly sigma: number;
  /** Number of random restarts; the one with the largest bound is returned. */
  readonly restarts: number;
  readonly rng: RandomStream;
  readonly kernel?: TemplateScene['kernel'];
}

/** Pictures, and their explanations of each image. */
export interface PictureMixture {
  /** [pictures, channels * points], row major. */
  readonly pictures: Float32Array;
  /** log p(image | picture) of each image in nats, [n, pictures]. */
  readonly evidence: Float64Array;
  /** Angle, displacement and affine contents, [n, pictures, 6]. */
  readonly theta: Float64Array;
  /**
   * Sum over the images of log p(image) with a uniform prior over pictures; a lower bound, up to Laplace's
   * approximation.
   */
  readonly bound: number;
}

/**
 * Blur in pixels (for images of 48 pixels), number of pixels compared, number of angles refined, and number of steps.
 */
const [BLUR, PIXELS, REFINED, STEPS] = [1.5, 400, 2, 4] as const;
const ANGLES = Array.from({ length: 24 }, (_, i) => (2 * Math.PI * i) / 24);

/** Number of rounds of expectation maximisation after each new picture, and at the end. */
const [ROUNDS_EACH, ROUNDS_LAST] = [2, 4];

/** Number of images tried as a new picture, and number of images to evaluate them on. */
const [TRIED, TRIED_ON] = [8, 150];

/** Number of consecutive failed replacements that ends a run. */
const FAILURES = 4;

/** Minimum gain of a replacement, in nats per image. */
const LEAST_GAIN = 1;

/** Explanations below this probability are ignored. */
const NEGLECTED = 0.02;

const DIM = 3 + AFFINE_CONTENTS;

/** Fits the mixture by several runs and returns the best. See `MixtureRun`. */
export function pictureMixture(images: ImageRows, options: MixtureOptions): PictureMixture {
  const prepared = prepare(images, options.rng.fork('pixels'));
  const starts = Array.from({ length: options.restarts }, (_, i) =>
    new MixtureRun(prepared, options, options.rng.fork(`start ${i}`)).run(),
  );
  return starts.reduce((best, next) => (next.bound > best.bound ? next : best));
}

/** Images with precomputed values for every round. */
interface PreparedRows extends ImageRows {
  /** The blurred images. */
  readonly blurred: Float32Array;
  /** Centre of mass and spread, [n, 3]. */
  readonly moments: Float64Array;
  /** The pixels compared, the same in all runs, so that their bounds are comparable. */
  readonly pixels: Int32Array | undefined;
}

const blurOf = (shape: readonly number[]): number => (BLUR * Math.max(...shape)) / 48;

function prepare(images: ImageRows, rng: RandomStream): PreparedRows {
  const { values, count, shape, channels } = images;
  const [height, width] = shape;
  return {
    ...images,
    blurred: tidyHost(() =>
      blurred(tf.tensor3d(values, [count * channels, height, width]), blurOf(shape))
        .dataSync<'float32'>()
        .slice(),
    ),
    moments: momentsOf(values, count, shape, channels),
    pixels: somePixels(height * width, PIXELS, rng),
  };
}

/**
 * One run. Pictures are added one by one: among some of the worst-explained images, the one that as a picture of other
 * images increases the evidence most. Then, as in split-and-merge EM, one more is added in the same way and the least
 * useful one is removed, as long as the bound increases.
 * @see Ueda, Nakano, Ghahramani & Hinton 2000, "SMEM algorithm for mixture models"; Frey & Jojic 2003 for mixtures of
 * transformed images.
 */
class MixtureRun {
  private readonly size: number;

  constructor(
    private readonly images: PreparedRows,
    private readonly options: MixtureOptions,
    private readonly rng: RandomStream,
  ) {
    this.size = images.values.length / images.count;
  }

  run(): PictureMixture {
    const { numPictures } = this.options;
    let found = this.learned(this.newPicture(undefined), ROUNDS_EACH);
    while (found.pictures.length < numPictures * this.size) {
      found = this.learned(joined(found.pictures, this.newPicture(found)), ROUNDS_EACH);
    }
    found = this.learned(found.pictures, ROUNDS_LAST);
    for (let failures = 0; failures < FAILURES && numPictures > 1; ) {
      const more = this.learned(joined(found.pictures, this.newPicture(found)), ROUNDS_EACH);
      const next = this.learned(this.fewer(more), ROUNDS_LAST);
      // Additional rounds alone increase the bound slightly.
      if (next.bound > found.bound + LEAST_GAIN * this.images.count) [found, failures] = [next, 0];
      else failures++;
    }
    return found;
  }

  /** The pictures after some rounds of expectation maximisation. */
  private learned(pictures: Float32Array, rounds: number): PictureMixture {
    let found = this.explained(pictures);
    for (let round = 0; round < rounds; round++) found = this.explained(this.means(found));
    return found;
  }

  /** Explains every image by every picture, at the best angle, refined. */
  private explained(pictures: Float32Array): PictureMixture {
    const found = this.explanations(undefined, pictures);
    return { pictures, ...found, bound: boundOf(found.evidence, pictures.length / this.size) };
  }

  /**
   * Evidence [n, pictures] and latents [n, pictures, DIM] at the best angle, for the images `some` or for all images.
   */
  private explanations(some: readonly number[] | undefined, pictures: Float32Array) {
    const { images, options, size } = this;
    const { shape, channels, pixels } = images;
    const [height, width] = shape;
    const numPictures = pictures.length / size;
    const [own, moments] = some
      ? [columns(images.blurred, images.count, some, size), columns(images.moments, images.count, some, 3)]
      : [images.blurred, images.moments];
    return tidyHost(() => {
      const sharp = tf.tensor4d(pictures, [numPictures, channels, height, width]);
      const scene: TemplateScene = {
        templates: { pictures: blurred(sharp, blurOf(shape)) as tf.Tensor4D, field: affineField() },
        images: tf.tensor2d(own, [own.length / size, size]),
        priors: {
          sigma: options.sigma,
          bending: 0,
          displacement: [0.3, 0.3],
          angle: () => [Math.log(2 * Math.PI), 0, 0],
        },
        ...(options.kernel && { kernel: options.kernel }),
      };
      const candidates = candidatesAround(moments, numPictures, DIM, ANGLES);
      const pictureMoments = momentsOf(pictures, numPictures, shape, channels);
      for (let row = 0, at = 3; at < candidates.theta.length; row++, at += DIM) {
        const group = Math.floor(row / ANGLES.length);
        const [seen, drawn] = [
          moments[3 * Math.floor(group / numPictures) + 2],
          pictureMoments[3 * (group % numPictures) + 2],
        ];
        candidates.theta[at] = sizeContent(seen, drawn);
      }
      const refined = explain(scene, bestCandidates(scene, candidates, REFINED, pixels), STEPS, pixels);
      return bestOfCandidates(refined);
    });
  }

  /**
   * The mean of the images of each picture, after undoing pose and deformation; a picture without images is unchanged.
   */
  private means({ pictures, evidence, theta }: PictureMixture): Float32Array {
    const { images, size } = this;
    const { shape, channels, values, count } = images;
    const numPictures = pictures.length / size;
    const points = size / channels;
    const out = pictures.slice();
    const weights = responsibilities(evidence, numPictures);
    for (let k = 0; k < numPictures; k++) {
      const sums = Array.from({ length: channels }, () => new Float64Array(points));
      let total = 0;
      for (let i = 0; i < count; i++) {
        const weight = weights[i * numPictures + k];
        if (weight < NEGLECTED) continue;
        total += weight;
        for (let c = 0; c < channels; c++) {
          const from = i * size + c * points;
          addUpright(sums[c], values.subarray(from, from + points), shape, theta, (i * numPictures + k) * DIM, weight);
        }
      }
      if (total > 0) {
        sums.forEach((sum, c) => {
          out.set(
            sum.map((v) => v / total),
            k * size + c * points,
          );
        });
      }
    }
    return out;
  }

  /** A new picture from the images that `found` explains worst; a random image if there is no mixture yet. */
  private newPicture(found: PictureMixture | undefined): Float32Array {
    const { images, size, rng } = this;
    const { values, count, shape, channels } = images;
    const order = Array.from(rng.permutation(count));
    const best = found && bestEvidence(found.evidence, found.pictures.length / size);
    // The worst-explained images of a random half, so that each attempt uses different images.
    const half = order.slice(0, Math.ceil(count / 2));
    if (best) half.sort((a, b) => best[a] - best[b]);
    const tried = half.slice(0, TRIED);
    const others = order.slice(-TRIED_ON);
    const pictures = centred(columns(values, count, tried, size), shape, channels);
    const { evidence } = this.explanations(others, pictures);
    const gains = tried.map((_, j) =>
      others.reduce((sum, image, i) => {
        const own = evidence[i * tried.length + j];
        return sum + (best ? Math.max(0, own - best[image]) : own);
      }, 0),
    );
    const chosen = gains.indexOf(Math.max(...gains));
    return pictures.slice(chosen * size, (chosen + 1) * size);
  }

  /** The pictures without the least useful one. */
  private fewer({ pictures, evidence }: PictureMixture): Float32Array {
    const numPictures = pictures.length / this.size;
    const without = Array.from({ length: numPictures }, (_, k) =>
      Array.from({ length: numPictures }, (_, j) => j).filter((j) => j !== k),
    );
    const bounds = without.map((kept) => boundOf(columns(evidence, numPictures, kept, 1), numPictures - 1));
    return columns(pictures, numPictures, without[bounds.indexOf(Math.max(...bounds))], this.size);
  }
}
