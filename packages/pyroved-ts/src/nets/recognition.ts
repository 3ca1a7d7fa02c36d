/**
 * The recognition network: one body processes rotated views of an image; a head infers the probability of each view and
 * class, and the pose of the object.
 */
import { resample } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import type { Net } from 'pyro-ts';
import { viewMap } from '../coordinates/viewMap.js';
import { linear, linearSpec, type Specs } from './layers.js';

/** The output of the network for each of V views and K classes. */
export interface Recognised {
  /** Logits of (view, class), [B, V, K]: softmax over both is q(class, bin | image). */
  readonly logits: tf.Tensor;
  /**
   * Vectors [B, V, K, 2] whose direction is the remaining angle in the view, and whose length is its von Mises
   * concentration.
   */
  readonly angle: tf.Tensor;
  /** Position of the object's centre in the view, in units of the [-1, 1] grid, [B, V, K, d]. */
  readonly centre: tf.Tensor;
  /** Standard deviation of each coordinate of the centre, [B, V, K]. */
  readonly centreScale: tf.Tensor;
  /** Mean of the content latents, [B, V, K, C], if the network infers content. */
  readonly content?: tf.Tensor;
  /** Their standard deviations, [B, V, K, C]. */
  readonly contentScale?: tf.Tensor;
}

/**
 * Maps images [B, channels * points] to the outputs. `kept` [B * V, features] is an optional dropout mask of the
 * features of the body.
 */
export type RecognitionNet = Net<[x: tf.Tensor, kept?: tf.Tensor], Recognised>;

/** Maps views [n, channels * viewPoints] to features [n, features]. */
export interface Body {
  readonly features: number;
  readonly net: Net<[views: tf.Tensor], tf.Tensor>;
}

/** Options of `recognitionNet`. */
export interface RecognitionNetOptions {
  /** [height, width] of an image, [length] of a signal. */
  readonly shape: readonly number[];
  readonly channels: number;
  readonly numClasses: number;
  /** Radians by which the views are rotated back; [0] without rotation. */
  readonly angles: readonly number[];
  /** [height, width] of a view; signals are not resized. */
  readonly viewShape: readonly number[];
  readonly body: Body;
  /** Number of content latents to infer. @default 0 */
  readonly contents?: number;
}

/**
 * Number of outputs of the head for each view and class besides the logit: concentration vector, centre and its spread.
 */
const numbersPerClass = (dims: number): number => dims + 3;

/** Units of the outputs of the head, so that outputs around 1 are typical poses. */
const [ANGLE_UNIT, CENTRE_UNIT, SMALLEST_CENTRE_SCALE] = [3, 0.1, 0.003];
const SMALLEST_CONTENT_SCALE = 0.03;

/** Keeps constant images finite. */
const SMALLEST_DEVIATION = 1e-3;

/** Standardises each image, since brightness and contrast carry no information about class or pose. */
function standardised(x: tf.Tensor): tf.Tensor {
  const centred = tf.sub(x, tf.mean(x, 1, true));
  return tf.div(centred, tf.add(tf.sqrt(tf.mean(tf.square(centred), 1, true)), SMALLEST_DEVIATION));
}

/**
 * The body is applied to every view with the same weights, followed by a linear head. Parameters: "body.*", "head.*"
 * and, if content is inferred, "content.*", whose weights are initially zero.
 */
export function recognitionNet(options: RecognitionNetOptions): RecognitionNet {
  const { shape, channels, numClasses, angles, viewShape, body, contents = 0 } = options;
  const dims = shape.length;
  const numbers = numbersPerClass(dims);
  const map = dims === 2 ? viewMap({ shape, channels, angles, viewShape }) : undefined;
  const bodyParameters = Object.entries(body.net.parameters).map(([name, spec]) => [`body.${name}`, spec] as const);
  return {
    parameters: {
      ...Object.fromEntries(bodyParameters),
      ...linearSpec('head', body.features, numClasses * (1 + numbers)),
      ...(contents > 0 && contentSpec(body.features, numClasses * 2 * contents)),
    },
    apply(weights, x, kept) {
      const [count, views] = [x.shape[0], angles.length];
      const even = standardised(x);
      const looked = map ? tf.reshape(resample(even, map), [count * views, map.size / views]) : even;
      const own = Object.fromEntries(Object.keys(body.net.parameters).map((name) => [name, weights[`body.${name}`]]));
      const all = body.net.apply(own, looked);
      const features = kept ? tf.mul(all, kept) : all;
      const head = linear(weights, 'head', features);
      const [logits, rest] = tf.split(head, [numClasses, numClasses * numbers], 1);
      const [angle, centre, spread] = tf.split(tf.reshape(rest, [count, views, numClasses, numbers]), [2, dims, 1], 3);
      return {
        logits: tf.reshape(logits, [count, views, numClasses]),
        angle: tf.mul(angle, ANGLE_UNIT),
        centre: tf.mul(centre, CENTRE_UNIT),
        centreScale: tf.add(tf.softplus(tf.sub(tf.squeeze(spread, [3]), 3)), SMALLEST_CENTRE_SCALE),
        ...(contents > 0 &&
          contentOf(tf.reshape(linear(weights, 'content', features), [count, views, numClasses, 2 * contents]))),
      };
    },
  };
}

/** The layer of the content, initially 0 for every image. */
const contentSpec = (inputs: number, outputs: number): Specs => ({
  'content.weight': { init: () => tf.zeros([inputs, outputs]) },
  'content.bias': { init: () => tf.zeros([outputs]) },
});

/** Means and standard deviations [..., C] from numbers [..., 2 C]. */
function contentOf(numbers: tf.Tensor): Required<Pick<Recognised, 'content' | 'contentScale'>> {
  const [content, spread] = tf.split(numbers, 2, -1);
  return { content, contentScale: tf.add(tf.softplus(spread), SMALLEST_CONTENT_SCALE) };
}
