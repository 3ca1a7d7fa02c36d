/** Training data: checks, batches, and batches as tensors. */
import * as tf from '@tensorflow/tfjs';
import { orderedBatches } from '../data/batches.js';
import { type Batch, gather, type ImageSet, imageSize, type StreamedSet, shuffledBatches } from '../data/index.js';
import { DataError } from '../errors.js';
import type { InvariantVAE } from '../models/index.js';

/** Images in memory, or read on demand. */
export type TrainingImages = ImageSet | StreamedSet;

/** Number of images read at once for the checks. */
const CHUNK = 256;

/**
 * Checks that the model can be trained on the images; `what` names them in error messages, such as "the labelled
 * images".
 * @throws {ShapeError | DataError} when it cannot.
 */
export function checkTrainingData(model: InvariantVAE, set: TrainingImages, what: string): void {
  model.checkImages(set);
  checkValues(set, what, model.likelihood.name);
}

/**
 * @throws {DataError} when the set is empty, or a pixel value is not finite or outside the support of the likelihood
 * `name`.
 */
export function checkValues(set: TrainingImages, what: string, name = ''): void {
  if (set.count === 0) throw new DataError(`Expected at least one image among ${what}; got none.`);
  const isUnit = name.includes('bernoulli');
  for (const indices of orderedBatches(set.count, CHUNK)) {
    const values = gather(set, indices);
    const wrong = values.findIndex((v) => !(Number.isFinite(v) && (!isUnit || (v >= 0 && v <= 1))));
    if (wrong < 0) continue;
    const image = indices[Math.floor(wrong / imageSize(set))];
    const file = set.names?.[image] === undefined ? '' : ` (${set.names[image]})`;
    const unit = isUnit
      ? `; the likelihood "${name}" requires values in [0, 1]. Normalise the images first, or use the likelihood "gaussian"`
      : '';
    const range = Number.isFinite(values[wrong]) ? unit : '. Omit the image';
    throw new DataError(`Image ${image}${file} of ${what} has a pixel value of ${values[wrong]}${range}.`);
  }
}

/** @throws {DataError} when labels are missing or not among the classes. */
export function checkLabels(set: TrainingImages, numClasses: number, what: string): void {
  if (!set.labels) throw new DataError(`${capital(what)} have no labels.`);
  const wrong = set.labels.findIndex((y) => !(y >= 0 && y < numClasses));
  if (wrong < 0) return;
  throw new DataError(
    `Image ${wrong} of ${what} has label ${set.labels[wrong]}; the model's classes are 0 to ${numClasses - 1}.`,
  );
}

const capital = (text: string): string => text[0].toUpperCase() + text.slice(1);

/** Calls `body`, which returns a number, and frees the tensors that it created. */
export const tidied = (body: () => number): number => tf.tidy(body);

/**
 * Mean of `loss` over `count` items in batches of `batchSize`. `loss` returns the sum over a batch; its tensors are
 * freed.
 */
export function meanOver(
  count: number,
  batchSize: number,
  loss: (indices: Int32Array, batch: number) => number,
): number {
  const losses = orderedBatches(count, batchSize).map((indices, i) => tidied(() => loss(indices, i)));
  return losses.reduce((a, b) => a + b, 0) / count;
}

/** The shuffled batches of one epoch of unlabelled images. */
export const unlabelledBatches = (count: number, batchSize: number, seed: number | string, epoch: number): Batch[] =>
  shuffledBatches(count, batchSize, seed, epoch).map((indices) => ({ kind: 'unlabelled', indices }));

/** The images at `indices`: [B, channels * points]. */
export const imageTensor = (set: TrainingImages, indices: ArrayLike<number>): tf.Tensor2D => {
  const values = gather(set, indices);
  return tf.tensor2d(values, [indices.length, values.length / indices.length]);
};
