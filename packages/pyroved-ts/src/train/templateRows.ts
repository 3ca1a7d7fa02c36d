/** Explanations as rows of the programs that learn from them, and what their evidence says of classes. */
import * as tf from '@tensorflow/tfjs';
import { gather } from '../data/index.js';
import type { KnownPose } from '../models/index.js';
import type { Explanations } from '../templates/explain.js';
import { shiftOf } from '../templates/geometry.js';
import type { TrainingImages } from './data.js';

/** Explanations `kept` as rows of the programs, with the latents that `latent` gives for each index of theta. */
export function rowsOf(
  { pictures, candidates, dim }: Explanations,
  kept: readonly number[],
  latent: (i: number) => number,
  shape: readonly number[],
) {
  const latentDim = dim - 3;
  const angle = new Float32Array(kept.length);
  const shift = new Float32Array(2 * kept.length);
  const content = new Float32Array(latentDim * kept.length);
  kept.forEach((row, i) => {
    const at = row * dim;
    angle[i] = latent(at);
    shift.set(shiftOf(angle[i], latent(at + 1), latent(at + 2), shape), 2 * i);
    for (let c = 0; c < latentDim; c++) content[i * latentDim + c] = latent(at + 3 + c);
  });
  const classes = Int32Array.from(kept, (row) => Math.floor(row / candidates) % pictures);
  return {
    image: Int32Array.from(kept, (row) => Math.floor(row / (candidates * pictures))),
    y: tf.oneHot(tf.tensor1d(classes, 'int32'), pictures).cast('float32'),
    pose: { angle: tf.tensor1d(angle), shift: tf.tensor2d(shift, [kept.length, 2]) },
    content: tf.tensor2d(content, [kept.length, latentDim]),
  };
}

/** The mean of the labelled images of each class, [numClasses, channels * points]; zero for a class without any. */
export function meanImages(set: TrainingImages, numClasses: number): Float32Array {
  const images = gather(
    set,
    Int32Array.from({ length: set.count }, (_, i) => i),
  );
  const size = images.length / set.count;
  const means = new Float32Array(numClasses * size);
  const counts = new Array<number>(numClasses).fill(0);
  for (let i = 0; i < set.count; i++) {
    const label = set.labels?.[i] ?? 0;
    counts[label]++;
    for (let p = 0; p < size; p++) means[label * size + p] += images[i * size + p];
  }
  return means.map((sum, i) => sum / Math.max(1, counts[Math.floor(i / size)]));
}

export const joinedPoses = (a: KnownPose, b: KnownPose): KnownPose => ({
  angle: tf.concat([a.angle, b.angle], 0),
  shift: tf.concat([a.shift, b.shift], 0),
});

/** The largest evidence of each image and class, [count, pictures]. */
export function bestOfClasses({ evidence, candidates }: Explanations): Float64Array {
  return Float64Array.from({ length: evidence.length / candidates }, (_, group) =>
    Math.max(...evidence.subarray(group * candidates, (group + 1) * candidates)),
  );
}

/** Pairs of image and class with their probabilities, without those of next to none. */
export function classWeights(probabilities: Float32Array, count: number, classes: number) {
  const candidates = probabilities.length / (count * classes);
  const pairs = Array.from({ length: count * classes }, (_, group) => ({
    image: Math.floor(group / classes),
    label: group % classes,
    weight: probabilities.subarray(group * candidates, (group + 1) * candidates).reduce((a, b) => a + b, 0),
  })).filter(({ weight }) => weight > 1e-4);
  return {
    image: Int32Array.from(pairs, (p) => p.image),
    label: Int32Array.from(pairs, (p) => p.label),
    weight: Float32Array.from(pairs, (p) => p.weight),
  };
}
