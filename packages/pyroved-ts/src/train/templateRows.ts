/** Conversion of explanations to rows of the training programs, and class probabilities from their evidence. */
import * as tf from '@tensorflow/tfjs';
import { oneHot } from '../data/index.js';
import type { EvidenceGate, KnownPose } from '../models/index.js';
import { softmaxRows } from '../models/queries/uncertainty.js';
import type { Explanations } from '../templates/explain.js';
import { shiftOf } from '../templates/geometry.js';

/** One-hot rows [n, width] of float32. Unlike `tf.oneHot`, it supports a width of 1. */
export const oneHotRows = (values: ArrayLike<number>, width: number): tf.Tensor2D =>
  tf.tensor2d(oneHot(values, width), [values.length, width]);

/** The shape of the images and the number of pictures. */
export interface Drawn {
  readonly shape: readonly number[];
  /** Number of pictures of each class. */
  readonly perClass: number;
}

/** The explanations `kept` as rows of the programs. `latent` returns the latent at each index of theta. */
export function rowsOf(
  { pictures, candidates, dim }: Explanations,
  kept: readonly number[],
  latent: (i: number) => number,
  { shape, perClass }: Drawn,
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
  const shown = Int32Array.from(kept, (row) => Math.floor(row / candidates) % pictures);
  const classes = shown.map((picture) => Math.floor(picture / perClass));
  const templates = shown.map((picture) => picture % perClass);
  return {
    image: Int32Array.from(kept, (row) => Math.floor(row / (candidates * pictures))),
    y: oneHotRows(classes, pictures / perClass),
    ...(perClass > 1 && { template: oneHotRows(templates, perClass) }),
    pose: { angle: tf.tensor1d(angle), shift: tf.tensor2d(shift, [kept.length, 2]) },
    content: tf.tensor2d(content, [kept.length, latentDim]),
  };
}

export const joinedPoses = (a: KnownPose, b: KnownPose): KnownPose => ({
  angle: tf.concat([a.angle, b.angle], 0),
  shift: tf.concat([a.shift, b.shift], 0),
});

/** The largest evidence of each image and class, [count, K]. */
export function bestOfClasses({ evidence, candidates }: Explanations, perClass: number): Float64Array {
  const each = candidates * perClass;
  return Float64Array.from({ length: evidence.length / each }, (_, group) =>
    Math.max(...evidence.subarray(group * each, (group + 1) * each)),
  );
}

/** What the probability of an explanation depends on besides its evidence. */
export interface ExplanationPrior extends EvidenceGate {
  /** Number of pictures of each class. */
  readonly perClass: number;
  /** Log of the softened class probabilities of recognition for every unlabelled image, [all, K]. */
  readonly anchor: Float32Array;
  /** Indices of the explained images among the unlabelled ones. */
  readonly indices: Int32Array;
  /** Whether a class has a picture. */
  isKnown(label: number): boolean;
}

/** The probability of each explanation of an image: softmax(weight * evidence / temperature + anchor). */
export function explanationProbabilities(
  { pictures, candidates, evidence }: Explanations,
  { weight, temperature, perClass, anchor, indices, isKnown }: ExplanationPrior,
): Float32Array {
  const numClasses = pictures / perClass;
  const logs = evidence.map((nats, row) => {
    const group = Math.floor(row / candidates);
    const label = Math.floor((group % pictures) / perClass);
    if (!isKnown(label)) return Number.NEGATIVE_INFINITY;
    return (weight * nats) / temperature + anchor[indices[Math.floor(group / pictures)] * numClasses + label];
  });
  return softmaxRows(logs, pictures * candidates);
}

/** Pairs of image and class with their probabilities, without negligible ones. */
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
