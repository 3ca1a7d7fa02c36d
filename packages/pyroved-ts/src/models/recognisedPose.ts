/** Poses as recognition knows, proposes and corrects them, and the geometry between the three. */
import * as tf from '@tensorflow/tfjs';
import { type PoseTensors, rotationMatrix, sheared } from '../coordinates/index.js';
import type { PoseKind, RefinedPart } from '../priors/index.js';

/** The known pose of images: parts that a model has no latents for are ignored. */
export interface KnownPose {
  /** Radians, counter-clockwise as seen, [B]. */
  readonly angle: tf.Tensor;
  /** Grid units, [B, d], as the pose adds it to the rotated (and, in a model with a latent scale or shear, scaled and sheared) coordinates. */
  readonly shift: tf.Tensor;
  /** Factor on the coordinates, [B, 1]; above 1 the object is seen smaller. */
  readonly scale?: tf.Tensor;
  /** See `PoseTensors.shear`, [B, 2]. */
  readonly shear?: tf.Tensor;
}

/** Weights of the terms by which recognition learns from images of known class and pose, and dropout. */
export interface RecognitionTerms {
  /** Of log q(class | image). @default 1 */
  readonly classWeight?: number;
  /** Of log q(class, bin | image). @default 0.3 */
  readonly binWeight?: number;
  /** Of log q(pose | image, class, bin): at full weight the class suffers. @default 0.05 */
  readonly poseWeight?: number;
  /** What the features of each view are multiplied by, [B * V, features]: 0 for those that are dropped. @default all are kept */
  readonly kept?: tf.Tensor;
}

/** Unlabelled images at poses drawn anew, with the class that recognition found before: it does not depend on the pose. */
export interface ConsistentImages {
  readonly x: tf.Tensor;
  /** One-hot, [B, K]. */
  readonly y: tf.Tensor;
  /** Weight of each image, [B]; 0 where the class was not certain. */
  readonly weights: tf.Tensor;
  /** See `RecognitionTerms`. */
  readonly kept?: tf.Tensor;
}

/** What recognition proposes for one pair of class and bin of each image, [..., B, n]. */
export interface Proposal {
  /** The class, one-hot. */
  readonly y: tf.Tensor;
  /** Radians [..., B]; absent without the invariance. */
  readonly angle?: tf.Tensor;
  /** Its standard deviation as the network states it, 1 / sqrt(concentration). */
  readonly angleScale?: tf.Tensor;
  readonly shift?: tf.Tensor;
}

/** The guide's centre, rows [B, n]: the pose as the programs have it, so that an angle is a cosine and a sine. */
export interface RecognisedCentre extends PoseTensors {
  readonly content: tf.Tensor;
  readonly contentScale: tf.Tensor;
  /** q(bin | x, y), [B, V]. */
  readonly bins: tf.Tensor;
}

/** Poses that recognition proposes, row major; parts that the model has no latents for are absent. */
export interface RecognisedPose {
  readonly count: number;
  /** Radians, counter-clockwise as seen, [count]. */
  readonly angle?: Float32Array;
  /** Standard deviation of the angle within its bin, as the network states it, radians [count]. */
  readonly angleScale?: Float32Array;
  /** Grid units, [count, d]. */
  readonly shift?: Float32Array;
}

/** q(angle | image, class) for each of several images: a mixture of von Mises distributions, one for each view. */
export interface AngleMixture {
  readonly count: number;
  readonly views: number;
  /** Probability of each view, [count * views]. */
  readonly weights: Float32Array;
  /** Mean in radians, [count * views]. */
  readonly means: Float32Array;
  /** [count * views] */
  readonly concentrations: Float32Array;
}

/** What is known of the linear map when a shift is proposed: the correction of the angle as a direction, and in a model with a shear scale and shear. */
export interface LinearMap extends Pick<PoseTensors, 'scale' | 'shear'> {
  readonly turned?: tf.Tensor;
}

/**
 * Parts in the order in which the guide draws them. In a model with a shear the shift comes last and follows scale and shear: the encoder sees the object
 * centred, so it cannot say how far these move its centre. Models without one keep the order of the parts.
 */
export const inGuideOrder = (parts: readonly RefinedPart[]): readonly RefinedPart[] =>
  parts.some(({ kind }) => kind === 'shear')
    ? [...parts.filter(({ kind }) => kind !== 'shift'), ...parts.filter(({ kind }) => kind === 'shift')]
    : parts;

/** Where a part other than the angle is proposed: a shift follows the linear map. */
export function centreOfPart(
  { kind }: RefinedPart,
  { shift }: Proposal,
  { turned, scale, shear }: LinearMap,
  numbers: tf.Tensor,
): tf.Tensor {
  if (kind === 'shift' && shift) {
    const placed = turned ? rotated(shift, turned) : shift;
    if (!shear) return placed;
    const moved = sheared(placed, shear);
    return scale ? tf.mul(moved, scale) : moved;
  }
  const size = (numbers.shape[numbers.rank - 1] as number) / 2;
  return tf.fill([...numbers.shape.slice(0, -1), size], kind === 'scale' ? 1 : 0);
}

export const knownValue = (pose: KnownPose, kind: PoseKind): tf.Tensor | undefined => pose[kind];

/**
 * Where the object's centre is seen, [B, d], rotated by the pose's angle: the shift without the scale and the shear that the pose applies before it. Its
 * negative is the shift of a pose that has neither.
 */
export function placeOf({ shift, scale, shear }: Pick<KnownPose, 'shift' | 'scale' | 'shear'>): tf.Tensor {
  const unscaled = scale ? tf.div(shift, scale) : shift;
  return tf.neg(shear ? sheared(unscaled, tf.neg(shear)) : unscaled);
}

/** Row vectors v [..., 2] times R of directions [..., 2]. */
export function rotated(v: tf.Tensor, direction: tf.Tensor): tf.Tensor {
  return tf.squeeze(tf.matMul(tf.expandDims(v, -2), rotationMatrix(direction)), [-2]);
}

/** Cosine and sine of the angle of `a` less that of `b`, both directions [..., 2]. */
export function difference(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const [[ac, as], [bc, bs]] = [tf.unstack(a, -1), tf.unstack(b, -1)];
  return tf.stack([tf.add(tf.mul(ac, bc), tf.mul(as, bs)), tf.sub(tf.mul(as, bc), tf.mul(ac, bs))], -1);
}

/** The same angle in (-pi, pi]. */
export const wrapAngle = (angle: tf.Tensor): tf.Tensor => tf.atan2(tf.sin(angle), tf.cos(angle));
