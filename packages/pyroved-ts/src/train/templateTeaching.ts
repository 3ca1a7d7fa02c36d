/** The data of the two gradient steps of a joint step: explained and labelled images as rows of the programs. */
import * as tf from '@tensorflow/tfjs';
import type { RandomStream } from 'pyro-ts';
import { drawRows } from 'pyro-ts/internal';
import type { CompleteRows, KnownPose, Teaching } from '../models/index.js';
import type { Explanations } from '../templates/explain.js';
import { classWeights, type Drawn, joinedPoses, oneHotRows, rowsOf } from './templateRows.js';

/** Explanations below this probability are ignored. */
const NEGLIGIBLE = 0.02;

/** Largest distance of a draw from the refined latents. */
const LARGEST_DRAW = 0.5;

/** Labelled images at random poses, with their refined content. */
export interface KnownImages {
  readonly labelled: Int32Array;
  readonly clean: tf.Tensor2D;
  /** `clean` under the model's blur. */
  readonly blurred: tf.Tensor;
  readonly y: tf.Tensor;
  /** See `CompleteRows`. */
  readonly template?: tf.Tensor;
  readonly pose: KnownPose;
  readonly content: tf.Tensor2D;
}

/**
 * Unlabelled images with their explanations, the probability of each, and the indices of those that are not negligible.
 */
export interface ExplainedImages {
  readonly x: tf.Tensor2D;
  /** `x` under the model's blur. */
  readonly blurred: tf.Tensor;
  readonly explained: Explanations;
  readonly probabilities: Float32Array;
  readonly kept: readonly number[];
}

/** The indices of explanations that are not negligible. */
export const likelyRows = (probabilities: Float32Array): number[] =>
  Array.from(probabilities.keys()).filter((row) => probabilities[row] > NEGLIGIBLE);

/** The data for pictures and field: draws around the refined explanations, and labelled images. */
export function completeRows(
  known: KnownImages,
  { blurred, explained, probabilities, kept }: ExplainedImages,
  drawing: Drawn,
  rng: RandomStream,
): CompleteRows {
  const unlabelledShare = 1 / explained.count;
  const labelledShare = 1 / (known.labelled.length + explained.count);
  const drawn = drawRows(explained.refined, rng);
  const near = (i: number): number =>
    Math.min(Math.max(drawn[i], explained.theta[i] - LARGEST_DRAW), explained.theta[i] + LARGEST_DRAW);
  const rows = rowsOf(explained, kept, near, drawing);
  return {
    x: tf.concat([tf.gather(blurred, tf.tensor1d(rows.image, 'int32')), known.blurred], 0),
    y: tf.concat([rows.y, known.y], 0),
    ...(rows.template && known.template && { template: tf.concat([rows.template, known.template], 0) }),
    pose: joinedPoses(rows.pose, known.pose),
    content: tf.concat([rows.content, known.content], 0),
    weight: tf.tensor1d([
      ...kept.map((row) => probabilities[row] * unlabelledShare),
      ...Array.from(known.labelled, () => labelledShare),
    ]),
  };
}

/** Weights of the images of a recognition step. */
export interface TeachingWeights {
  /** Total weight of the labelled images. */
  readonly labelled: number;
  /** Total weight of the explained images. */
  readonly explained: number;
}

/** The data for recognition: labelled images with noise, and explained ones. */
export function teachingRows(
  { labelled, y, pose, content }: KnownImages,
  shown: tf.Tensor,
  found: ExplainedImages | undefined,
  weights: TeachingWeights,
  drawing: Drawn,
): Teaching {
  const own = labelled.map((_, i) => i);
  const known = { image: own, y, weight: tf.fill([own.length], weights.labelled / own.length) };
  if (!found) return { x: shown, classes: known, poses: { ...known, pose, content } };
  const { x, explained, probabilities, kept } = found;
  const numClasses = y.shape[1] as number;
  const counts = weights.explained / explained.count;
  const taught = rowsOf(explained, kept, (i) => explained.theta[i], drawing);
  const after = (image: Int32Array): Int32Array => image.map((i) => i + own.length);
  const classes = classWeights(probabilities, explained.count, numClasses);
  return {
    x: tf.concat([shown, x], 0),
    classes: {
      image: Int32Array.of(...own, ...after(classes.image)),
      y: tf.concat([y, oneHotRows(classes.label, numClasses)], 0),
      weight: tf.concat([known.weight, tf.mul(tf.tensor1d(classes.weight), counts)], 0),
    },
    poses: {
      image: Int32Array.of(...own, ...after(taught.image)),
      y: tf.concat([y, taught.y], 0),
      pose: joinedPoses(pose, taught.pose),
      content: tf.concat([content, taught.content], 0),
      weight: tf.concat([known.weight, tf.tensor1d(kept.map((row) => probabilities[row] * counts))], 0),
    },
  };
}
