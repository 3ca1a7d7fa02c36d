/** The views of an image that the networks of a model process, and the point estimate in the likeliest one. */
import * as tf from '@tensorflow/tfjs';
import type { PoseTensors } from '../coordinates/index.js';
import type { Encoded, Views } from '../nets/index.js';
import { inView, turnedViews } from '../nets/views.js';
import type { OwnDraws } from '../priors/index.js';
import { poseParts } from '../priors/invariances.js';
import { Latents } from '../priors/latents.js';
import type { ModelOptions } from './options.js';

/**
 * One view for each mode of the guide; undefined if the guide has none, and the networks process the unchanged image.
 */
export function viewsOf({ shape, channels = 1, invariances = [], ...priors }: ModelOptions): Views | undefined {
  const { modes } = new Latents(poseParts(invariances, shape, priors), 0);
  return modes && turnedViews(shape, channels, modes.angles, modes.logPrior);
}

/** The point estimate of the guide, rows [B, n]. */
export interface Centre {
  readonly pose: PoseTensors;
  readonly content: tf.Tensor;
  /** Standard deviation of the content. */
  readonly contentScale: tf.Tensor;
  /** Probability of each mode, if the guide has modes; the other values are those of the likeliest one. */
  readonly modeProbs?: tf.Tensor;
}

/** The point estimate of the guide, from the output of the encoder. */
export function centreOf(latents: Latents, encoded: Encoded): Centre {
  const { modes, modal, jointSize, contentSize, own } = latents;
  const modeProbs = modes && modal && tf.softmax(modes.logits(encoded.own[modal] as tf.Tensor));
  const mode = modeProbs && tf.cast(tf.oneHot(tf.argMax(modeProbs, -1), modeProbs.shape[1] as number), 'float32');
  const { loc, scale, own: numbers } = mode ? inView(encoded, mode) : encoded;
  const centres: OwnDraws = {};
  for (const { kind, source } of own) centres[kind] = source.centre(numbers[kind] as tf.Tensor, mode);
  const contentScale = tf.slice(scale, [0, jointSize - contentSize]);
  return { ...latents.split(loc, centres), contentScale, ...(modeProbs && { modeProbs }) };
}
