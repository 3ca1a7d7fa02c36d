/** What training affords of explaining images: a few of the pixels, candidates and steps. */
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

/** Candidates of each picture that are refined, by this many steps on this many pixels. */
const EXPLAINED = { bins: 2, steps: 2, pixels: 576 } as const;

/** The pixels that a step compares. */
export const trainingPixels = (model: TemplateSSIVAE, stream: RandomStream): Int32Array | undefined =>
  somePixels(model.points, EXPLAINED.pixels, stream);

export interface Explaining {
  /** @default all of them */
  readonly pixels?: Int32Array | undefined;
  /** The images under the model's blur, where the caller has them. */
  readonly blurred?: tf.Tensor;
  /** Changes what recognition proposes. */
  readonly propose?: (x: tf.Tensor2D, found: Candidates) => void;
}

/** Images x [n, channels * points] explained by every picture. */
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

/** Contents [n, C] of blurred images whose classes and poses are known. */
export function refinedContents(
  model: TemplateSSIVAE,
  blurred: tf.Tensor,
  classes: Int32Array,
  pose: KnownPose,
  pixels: Int32Array | undefined,
): tf.Tensor2D {
  const { shape, latentDim } = model.options;
  const dim = 3 + latentDim;
  const [angles, shifts] = [pose.angle.dataSync(), pose.shift.dataSync()];
  const theta = new Float64Array(classes.length * dim);
  for (let i = 0; i < classes.length; i++) {
    theta.set([angles[i], ...displacementOf(angles[i], shifts[2 * i], shifts[2 * i + 1], shape)], i * dim);
  }
  const { priors, ...scene } = model.sceneOf(blurred, model.blur);
  const rows = { ...scene, image: classes.map((_, i) => i), picture: classes, ...(pixels && { pixels }) };
  const { z } = refineContent(rows, priors, theta, EXPLAINED.steps);
  return tf.tensor2d(
    Array.from(classes, (_, i) => Array.from(z.subarray(i * dim + 3, (i + 1) * dim))),
    [classes.length, latentDim],
  );
}
