/** Explaining images during training, with few pixels, candidates and steps. */
import * as tf from '@tensorflow/tfjs';
import type { RandomStream } from 'pyro-ts';
import type { KnownPose, TemplateSSIVAE } from '../models/index.js';
import {
  bestCandidates,
  type Candidates,
  type Explanations,
  explain,
  refineContent,
  somePixels,
} from '../templates/explain.js';
import { displacementOf } from '../templates/geometry.js';
import { oneHotRows } from './templateRows.js';

/** Number of candidates refined for each picture, number of steps, and number of pixels. */
const EXPLAINED = { bins: 2, steps: 2, pixels: 576 } as const;

/** The subset of pixels used in a step. */
export const trainingPixels = (model: TemplateSSIVAE, stream: RandomStream): Int32Array | undefined =>
  somePixels(model.points, EXPLAINED.pixels, stream);

/** Options of `explainTraining`. */
export interface Explaining {
  /** @default all of them */
  readonly pixels?: Int32Array | undefined;
  /** The images under the model's blur. @default computed from the images */
  readonly blurred?: tf.Tensor;
  /** Modifies the proposals of recognition in place. */
  readonly propose?: (x: tf.Tensor2D, found: Candidates) => void;
}

/** Explains images x [n, channels * points] by every picture. */
export function explainTraining(
  model: TemplateSSIVAE,
  x: tf.Tensor2D,
  { pixels, blurred = model.blurredImages(x, model.blur), propose }: Explaining,
): Explanations {
  const scene = model.sceneOf(blurred, model.blur);
  const { found } = model.proposals(x);
  propose?.(x, found);
  return explain(scene, bestCandidates(scene, found, EXPLAINED.bins, pixels), EXPLAINED.steps, pixels);
}

/**
 * Refines the contents [n, C] of blurred images of known class and pose, and finds the best picture of each, one-hot,
 * if classes have several.
 */
export function refinedContents(
  model: TemplateSSIVAE,
  blurred: tf.Tensor,
  classes: Int32Array,
  pose: KnownPose,
  pixels: Int32Array | undefined,
): { readonly content: tf.Tensor2D; readonly template?: tf.Tensor } {
  const { shape, latentDim } = model.options;
  const { perClass } = model.templates;
  const dim = 3 + latentDim;
  const count = classes.length;
  const [angles, shifts] = [pose.angle.dataSync(), pose.shift.dataSync()];
  const theta = new Float64Array(count * perClass * dim);
  const image = Int32Array.from({ length: count * perClass }, (_, row) => Math.floor(row / perClass));
  image.forEach((i, row) => {
    theta.set([angles[i], ...displacementOf(angles[i], shifts[2 * i], shifts[2 * i + 1], shape)], row * dim);
  });
  const { priors, ...scene } = model.sceneOf(blurred, model.blur);
  const picture = image.map((i, row) => classes[i] * perClass + (row % perClass));
  const rows = { ...scene, image, picture, ...(pixels && { pixels }) };
  const { z, cost } = refineContent(rows, priors, theta, EXPLAINED.steps);
  const templates = Int32Array.from(classes, (_, i) => {
    const own = Array.from({ length: perClass }, (__, t) => cost[i * perClass + t]);
    return own.indexOf(Math.min(...own));
  });
  const at = (i: number): number => (i * perClass + templates[i]) * dim;
  const content = Array.from(classes, (_, i) => Array.from(z.subarray(at(i) + 3, at(i) + dim)));
  return {
    content: tf.tensor2d(content, [count, latentDim]),
    ...(perClass > 1 && { template: oneHotRows(templates, perClass) }),
  };
}
