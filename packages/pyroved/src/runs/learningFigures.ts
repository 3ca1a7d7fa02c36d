/** Figures that reveal a run that did not learn, measured on a few images. */
import { type EpochRecord, inMemory, type Model, subset, type TrainingImages } from 'pyroved-ts';
import type { Figures } from '../kinds/evaluation.js';
import { isConditional } from '../kinds/ivae.js';
import type { HeadlineFigures } from './headline.js';
import type { LearningFigures } from './learningProblems.js';
import { evenPlaces } from './show.js';

/** Number of images that are reconstructed. */
const IMAGES = 128;

/** The figures of a trained model; `images` are training images or similar ones. */
export function learningFigures(
  model: Model,
  images: TrainingImages,
  history: readonly EpochRecord[],
  { accuracy, accuracyInterval, chance, uprightAccuracy, validation }: Figures & HeadlineFigures,
): LearningFigures {
  const some = inMemory(subset(images, evenPlaces(images.count, IMAGES)));
  const measured = isConditional(model)
    ? {}
    : {
        latentKl: latentKl(model.encode(some), model.options.latentDim),
        reconstructionVariance:
          varianceBetween(model.reconstruct(some).images, some.count) / varianceBetween(some.images, some.count),
      };
  const constantLoss = constantImageLoss(some.images, some.count, model.likelihood.name);
  return {
    ...(accuracy !== undefined && { accuracy }),
    ...(accuracyInterval && { accuracyInterval }),
    ...(chance !== undefined && { chance }),
    ...(uprightAccuracy !== undefined && { uprightAccuracy }),
    ...(validation && { validationImages: validation.images }),
    ...measured,
    losses: history.map(({ loss, klWeight }) => ({ loss, klWeight })),
    ...(constantLoss !== undefined && { constantLoss }),
  };
}

/**
 * KL(q(z | x) || N(0, 1)) of each latent, mean over images, in nats.
 * @param encoding means and standard deviations, [count, latentDim]
 */
export function latentKl(
  { content, contentScale }: { readonly content: Float32Array; readonly contentScale: Float32Array },
  latentDim: number,
): number[] {
  const sums = new Array<number>(latentDim).fill(0);
  content.forEach((mean, i) => {
    const sd = contentScale[i];
    sums[i % latentDim] += (mean * mean + sd * sd - 1) / 2 - Math.log(sd);
  });
  return sums.map((sum) => (sum * latentDim) / content.length);
}

/** Variance of each pixel over the images, summed over the pixels. */
export function varianceBetween(images: Float32Array, count: number): number {
  const size = images.length / count;
  let total = 0;
  for (let p = 0; p < size; p++) {
    let [sum, squares] = [0, 0];
    for (let i = 0; i < count; i++) {
      const v = images[i * size + p];
      sum += v;
      squares += v * v;
    }
    total += squares / count - (sum / count) ** 2;
  }
  return total;
}

/** Loss of a Bernoulli model that always outputs the mean image, in nats per image; undefined for other likelihoods. */
export function constantImageLoss(images: Float32Array, count: number, likelihood: string): number | undefined {
  if (likelihood !== 'bernoulli') return undefined;
  const size = images.length / count;
  let total = 0;
  for (let p = 0; p < size; p++) {
    let mean = 0;
    for (let i = 0; i < count; i++) mean += images[i * size + p] / count;
    if (mean > 0 && mean < 1) total -= mean * Math.log(mean) + (1 - mean) * Math.log(1 - mean);
  }
  return total;
}
