/** Lower bounds on the log-likelihood of held-out images: the ELBO and the tighter importance-weighted bound. */
import type * as tf from '@tensorflow/tfjs';
import { Adam, OptionError, SVI } from 'pyro-ts';
import { inMemory, type Model, subset, TemplateSSIVAE, type TrainingImages } from 'pyroved-ts';
import { imageTensor, meanOver } from 'pyroved-ts/internal';
import { isConditional } from '../kinds/ivae.js';
import { evenPlaces } from './show.js';

/** Two lower bounds of log p(image), means over the same images, in nats per image. */
export interface LikelihoodBounds {
  /** One sample of the guide per image, KL weight 1. */
  readonly elbo: number;
  /** log 1/K sum_k p(x, z_k) / q(z_k | x), with classes and angle bins summed out. */
  readonly importanceWeighted: number;
  /** K, samples of the guide per image. */
  readonly particles: number;
  readonly images: number;
}

export interface BoundsOptions {
  /** @default 16 */
  readonly particles?: number;
  /** Number of images, evenly spaced over the set. @default 100 */
  readonly images?: number;
  /** @default 1 */
  readonly seed?: number;
}

const BATCH = 64;

/**
 * The ELBO and the importance-weighted bound on `set`, with all pixels. The model is not changed.
 * @see Burda, Grosse & Salakhutdinov 2016, "Importance weighted autoencoders", eq. 8.
 * @throws {OptionError} when `particles` or `images` is not a positive integer.
 * @example likelihoodBounds(trained.model, testImages, { particles: 64 }).importanceWeighted
 */
export function likelihoodBounds(model: Model, set: TrainingImages, options: BoundsOptions = {}): LikelihoodBounds {
  const { particles = 16, images = 100, seed = 1 } = options;
  for (const [name, n] of Object.entries({ particles, images })) {
    if (!Number.isInteger(n) || n < 1) throw new OptionError(`${name} must be an integer of at least 1; got ${n}.`);
  }
  const some = inMemory(subset(set, evenPlaces(set.count, images)));
  const weighted = model.logLikelihood(some, { particles, seed });
  return {
    elbo: elboOf(model, some, seed),
    importanceWeighted: weighted.reduce((sum, v) => sum + v, 0) / some.count,
    particles,
    images: some.count,
  };
}

/** The ELBO in nats per image, with one sample per image and a KL weight of 1. The model is not changed. */
export function elboOf(model: Model, images: TrainingImages, seed: number): number {
  const { params } = model;
  const svi = new SVI<[tf.Tensor, tf.Tensor?]>(model.model, model.guide, new Adam(), model.elbo(), { params, seed });
  return -meanOver(images.count, BATCH, (indices, i) => {
    // If the decoder evaluates a random subset of pixels, each batch uses another subset.
    svi.steps = i;
    return svi.evaluateLoss(imageTensor(images, indices), model.conditionTensor(images, indices));
  });
}

/** Floating-point operations spent on the bound at the end of a run: a few seconds. */
const BUDGET = 1.5e11;
const FEWEST = 8;

/** The bounds at the end of a run, on as many images as the budget allows; undefined if these would be too few. */
export function affordableBounds(model: Model, set: TrainingImages, seed: number): LikelihoodBounds | undefined {
  // The images may lack the conditions of a conditional model; the bounds of template models are loose, since their guide does not refine the pose.
  if (isConditional(model) || model instanceof TemplateSSIVAE) return undefined;
  const { hiddenDecoder, channels, angleBins = 8, angleGuide } = model.options;
  const particles = 16;
  const widths = [hiddenDecoder[0], ...hiddenDecoder, channels];
  const perPixel = widths.slice(1).reduce((sum, width, i) => sum + 2 * width * widths[i], 0);
  const enumerated = Math.max(1, model.numClasses) * (angleGuide === 'binned' ? angleBins : 1);
  const affordable = Math.floor(BUDGET / (particles * enumerated * model.points * perPixel));
  if (affordable < Math.min(FEWEST, set.count)) return undefined;
  return likelihoodBounds(model, set, { particles, images: Math.min(100, affordable), seed });
}
