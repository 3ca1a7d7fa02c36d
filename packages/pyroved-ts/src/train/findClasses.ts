/**
 * Clusters unlabelled images up to rotation, shift and deformation; the clusters serve as labelled images for a
 * template model.
 */
import type { SpatialDecoderOptions } from '@pyro-ts/spatial-decoder';
import { OptionError, RandomStream } from 'pyro-ts';
import { undoPose } from '../coordinates/index.js';
import { estimateContrast, gather, type ImageSet, imageSet, type StreamedSet } from '../data/index.js';
import { type OptionTable, positive, positiveInteger, resolveOptions } from '../options.js';
import { shiftOf } from '../templates/geometry.js';
import { pictureMixture } from '../templates/mixture.js';
import { responsibilities } from '../templates/mixtureRows.js';

/** Options of `findClasses`. */
export interface FindClassesOptions {
  /** Number of classes to find; 1 for a single picture of all images. */
  readonly numClasses: number;
  /** Number of images used, drawn at random from the set. @default 600 */
  readonly images?: number;
  /** Maximum number of images returned for each class. @default 20 */
  readonly perClass?: number;
  /** Number of random restarts; the one with the largest evidence is returned. @default 3 */
  readonly restarts?: number;
  /** Standard deviation of a pixel around its picture, as a fraction of the contrast. @default 0.3 */
  readonly sigma?: number;
  /** @default 1 */
  readonly seed?: number | string;
  readonly kernel?: SpatialDecoderOptions['kernel'];
}

const table = {
  numClasses: { required: true, ...positiveInteger },
  images: { default: 600, ...positiveInteger },
  perClass: { default: 20, ...positiveInteger },
  restarts: { default: 3, ...positiveInteger },
  sigma: { default: 0.3, ...positive },
  seed: { default: 1 as number | string },
  kernel: {},
} satisfies OptionTable<FindClassesOptions>;

/** The result of `findClasses`. */
export interface FoundClasses {
  /** The images that belong most clearly to each class, rotated upright and centred, labelled by the class. */
  readonly labelled: ImageSet;
  /** One picture for each class, [numClasses, channels * points]. */
  readonly pictures: Float32Array;
  /**
   * Mean of log p(image) over the images used, in nats. Larger is better, also between different numbers of classes.
   */
  readonly evidence: number;
}

/**
 * Finds classes among images of any rotation by fitting a mixture of pictures, each rotated by any angle, shifted, and
 * moderately scaled and sheared (see `pictureMixture`). The angle of the first image of each class defines upright. The
 * returned images can be used as labelled images: `TemplateTrainer` then learns recognition and deformations from all
 * images.
 * @throws {OptionError} when an option is invalid, or there are fewer images than classes.
 * @example
 * const { labelled } = findClasses(unlabelled, { numClasses: 4, kernel });
 * const model = ssrVAE({ shape: [48, 48], numClasses: 4, decoder: 'template', recognition: {}, kernel });
 * await new TemplateTrainer(model, { unlabelled, labelled }).train();
 */
export function findClasses(set: ImageSet | StreamedSet, options: FindClassesOptions): FoundClasses {
  const resolved = resolveOptions('findClasses', options, table);
  const { numClasses, images: most, perClass, restarts, sigma, seed, kernel } = resolved;
  if (set.shape.length !== 2)
    throw new OptionError('findClasses: signals are not supported, since they cannot be rotated.');
  const rng = new RandomStream(seed).fork('classes');
  const indices = rng.permutation(set.count).subarray(0, most);
  if (indices.length < numClasses)
    throw new OptionError(
      `findClasses: numClasses must be at most the number of images, ${set.count}; got ${numClasses}.`,
    );
  const { shape, channels } = set;
  const values = gather(set, indices);
  const images = { values, count: indices.length, shape, channels };
  const found = pictureMixture(images, {
    ...{ numPictures: numClasses, sigma: sigma * estimateContrast(set), restarts, rng },
    ...(kernel && { kernel }),
  });
  const weights = responsibilities(found.evidence, numClasses);
  const members = Array.from({ length: numClasses }, (_, k) =>
    clearest(found.evidence, weights, numClasses, k, perClass),
  );
  const size = values.length / indices.length;
  const dim = found.theta.length / weights.length;
  const rows = members.flatMap((own, k) =>
    own.map((i) => {
      const at = (i * numClasses + k) * dim;
      const [angle, right, down] = found.theta.subarray(at, at + 3);
      const pose = { angle, shift: shiftOf(angle, right, down, shape) };
      return upright(values.subarray(i * size, (i + 1) * size), shape, channels, pose);
    }),
  );
  const labelled = new Float32Array(rows.length * size);
  rows.forEach((row, i) => {
    labelled.set(row, i * size);
  });
  return {
    labelled: imageSet({
      images: labelled,
      shape: [...shape],
      ...(channels > 1 && { channels }),
      labels: Int32Array.from(members.flatMap((own, k) => own.map(() => k))),
      classNames: members.map((_, k) => `class ${k + 1}`),
    }),
    pictures: found.pictures,
    evidence: found.bound / indices.length,
  };
}

/** The images of class k: first those assigned to it with certainty, and among them the best explained. */
function clearest(evidence: Float64Array, weights: Float64Array, classes: number, k: number, count: number): number[] {
  const all = Array.from({ length: weights.length / classes }, (_, i) => i);
  const at = (i: number): number => i * classes + k;
  return all
    .sort((a, b) => Math.round(weights[at(b)]) - Math.round(weights[at(a)]) || evidence[at(b)] - evidence[at(a)])
    .filter((i, rank) => weights[at(i)] > 0.5 || rank === 0)
    .slice(0, count);
}

function upright(
  image: Float32Array,
  shape: readonly number[],
  channels: number,
  pose: Parameters<typeof undoPose>[2],
): Float32Array {
  const points = image.length / channels;
  const out = new Float32Array(image.length);
  for (let c = 0; c < channels; c++) {
    out.set(undoPose(image.subarray(c * points, (c + 1) * points), shape, pose), c * points);
  }
  return out;
}
