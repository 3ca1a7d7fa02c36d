/** Images on their way into a step: checked once, then a batch of them as a tensor. */
import * as tf from '@tensorflow/tfjs';
import {
  type Batch,
  gather,
  type ImageSet,
  imageSize,
  orderedBatches,
  type StreamedSet,
  shuffledBatches,
} from '../data/index.js';
import { DataError } from '../errors.js';
import type { InvariantVAE } from '../models/index.js';

/** Images in memory, or read when they are asked for. */
export type TrainingImages = ImageSet | StreamedSet;

/** Images that are read at once to be checked. */
const CHUNK = 256;

/** Refuses images that the model cannot be trained on. `what` is how messages call them: "the labelled images". */
export function checkTrainingData(model: InvariantVAE, set: TrainingImages, what: string): void {
  model.checkImages(set);
  checkValues(set, what, model.likelihood.name);
}

/** Refuses an empty set, values that are not finite, and values that the likelihood `name` (if they are under one) cannot give. */
export function checkValues(set: TrainingImages, what: string, name = ''): void {
  if (set.count === 0) throw new DataError(`There are no images among ${what}.`);
  const isUnit = name.includes('bernoulli');
  for (const indices of orderedBatches(set.count, CHUNK)) {
    const values = gather(set, indices);
    const wrong = values.findIndex((v) => !(Number.isFinite(v) && (!isUnit || (v >= 0 && v <= 1))));
    if (wrong < 0) continue;
    const image = indices[Math.floor(wrong / imageSize(set))];
    const file = set.names?.[image] === undefined ? '' : ` (${set.names[image]})`;
    const unit = isUnit
      ? `; under the likelihood "${name}" they lie in [0, 1]. Normalise the images first, or use the likelihood "gaussian"`
      : '';
    const range = Number.isFinite(values[wrong]) ? unit : '. Leave the image out';
    throw new DataError(`Image ${image}${file} of ${what} has a pixel value of ${values[wrong]}${range}.`);
  }
}

/** Refuses labels that are missing or name no class. */
export function checkLabels(set: TrainingImages, numClasses: number, what: string): void {
  if (!set.labels) throw new DataError(`${capital(what)} have no labels.`);
  const wrong = set.labels.findIndex((y) => !(y >= 0 && y < numClasses));
  if (wrong < 0) return;
  throw new DataError(
    `Image ${wrong} of ${what} has label ${set.labels[wrong]}; the model's classes are 0 to ${numClasses - 1}.`,
  );
}

const capital = (text: string): string => text[0].toUpperCase() + text.slice(1);

/** Calls `body`, which gives a number, and frees the tensors that it made. */
export const tidied = (body: () => number): number => tf.tidy(body);

/** Mean of `loss` over `count` items, `batchSize` at a time; `loss` gives the sum over a batch, and its tensors are freed. */
export function meanOver(
  count: number,
  batchSize: number,
  loss: (indices: Int32Array, batch: number) => number,
): number {
  const losses = orderedBatches(count, batchSize).map((indices, i) => tidied(() => loss(indices, i)));
  return losses.reduce((a, b) => a + b, 0) / count;
}

/** The batches of an epoch of images that all count as unlabelled. */
export const unlabelledBatches = (count: number, batchSize: number, seed: number | string, epoch: number): Batch[] =>
  shuffledBatches(count, batchSize, seed, epoch).map((indices) => ({ kind: 'unlabelled', indices }));

/** The images at `indices`: [B, channels * points]. */
export const imageTensor = (set: TrainingImages, indices: ArrayLike<number>): tf.Tensor2D => {
  const values = gather(set, indices);
  return tf.tensor2d(values, [indices.length, values.length / indices.length]);
};
