/** Known, proposed and corrected poses of the model with recognition, and the geometry that relates them. */
import * as tf from '@tensorflow/tfjs';
import type { PoseTensors } from '../coordinates/index.js';
import { rotationMatrix, sheared } from '../coordinates/transform.js';
import type { PoseKind, RefinedPart } from '../priors/index.js';

/** The known pose of images. Parts for which the model has no latent are ignored. */
export interface KnownPose {
  /** Radians, counter-clockwise, [B]. */
  readonly angle: tf.Tensor;
  /**
   * Grid units, [B, d], added to the rotated coordinates (in a model with a latent scale or shear, after scaling and
   * shearing).
   */
  readonly shift: tf.Tensor;
  /** Factor of the coordinates, [B, 1]; above 1 the object appears smaller. */
  readonly scale?: tf.Tensor;
  /** See `PoseTensors.shear`, [B, 2]. */
  readonly shear?: tf.Tensor;
}

/** Weights of the terms of the recognition objective for images of known class and pose, and dropout. */
export interface RecognitionTerms {
  /** Weight of log q(class | image). @default 1 */
  readonly classWeight?: number;
  /** Weight of log q(class, bin | image). @default 0.3 */
  readonly binWeight?: number;
  /** Weight of log q(pose | image, class, bin). A large weight impairs classification. @default 0.05 */
  readonly poseWeight?: number;
  /** Dropout mask of the features of each view, [B * V, features]: 0 for dropped features. @default no dropout */
  readonly kept?: tf.Tensor;
}

/**
 * Unlabelled images at new random poses, with the class recognised at their original pose, since the class does not
 * depend on the pose.
 */
export interface ConsistentImages {
  readonly x: tf.Tensor;
  /** One-hot, [B, K]. */
  readonly y: tf.Tensor;
  /** Weight of each image, [B]; 0 if its class was uncertain. */
  readonly weights: tf.Tensor;
  /** See `RecognitionTerms`. */
  readonly kept?: tf.Tensor;
}

/** The pose that recognition proposes for one pair of class and bin of each image, [..., B, n]. */
export interface Proposal {
  /** The class, one-hot. */
  readonly y: tf.Tensor;
  /** Radians [..., B]; absent without the rotation invariance. */
  readonly angle?: tf.Tensor;
  /** Standard deviation of the angle predicted by the network, 1 / sqrt(concentration). */
  readonly angleScale?: tf.Tensor;
  readonly shift?: tf.Tensor;
}

/** The point estimate of the guide, rows [B, n]. The angle is given as cosine and sine, as in the programs. */
export interface RecognisedCentre extends PoseTensors {
  readonly content: tf.Tensor;
  readonly contentScale: tf.Tensor;
  /** q(bin | x, y), [B, V]. */
  readonly bins: tf.Tensor;
}

/** Poses proposed by recognition, row major. Parts for which the model has no latent are absent. */
export interface RecognisedPose {
  readonly count: number;
  /** Radians, counter-clockwise, [count]. */
  readonly angle?: Float32Array;
  /** Standard deviation of the angle within its bin, predicted by the network, in radians [count]. */
  readonly angleScale?: Float32Array;
  /** Grid units, [count, d]. */
  readonly shift?: Float32Array;
}

/** q(angle | image, class) of each image: a mixture of von Mises distributions with one component for each view. */
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

/**
 * The parts of the linear map that a proposed shift depends on: the correction of the angle as a direction and, in a
 * model with shear, the scale and the shear.
 */
export interface LinearMap extends Pick<PoseTensors, 'scale' | 'shear'> {
  readonly turned?: tf.Tensor;
}

/**
 * The parts in the order in which the guide samples them. In a model with shear, the shift comes last, since it depends
 * on scale and shear: the encoder sees a centred object and cannot infer how far they move its centre. Models without
 * shear keep the order of the parts.
 */
export const inGuideOrder = (parts: readonly RefinedPart[]): readonly RefinedPart[] =>
  parts.some(({ kind }) => kind === 'shear')
    ? [...parts.filter(({ kind }) => kind !== 'shift'), ...parts.filter(({ kind }) => kind === 'shift')]
    : parts;

/** The proposed value of a part other than the angle. A proposed shift is transformed by the linear map. */
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
 * The position of the object's centre in the image, [B, d], rotated by the angle of the pose: the shift with the pose's
 * scale and shear undone, negated.
 */
export function placeOf({ shift, scale, shear }: Pick<KnownPose, 'shift' | 'scale' | 'shear'>): tf.Tensor {
  const unscaled = scale ? tf.div(shift, scale) : shift;
  return tf.neg(shear ? sheared(unscaled, tf.neg(shear)) : unscaled);
}

/** Row vectors v [..., 2] times the rotation matrices of directions [..., 2]. */
export function rotated(v: tf.Tensor, direction: tf.Tensor): tf.Tensor {
  return tf.squeeze(tf.matMul(tf.expandDims(v, -2), rotationMatrix(direction)), [-2]);
}

/** Cosine and sine of angle(a) - angle(b), for directions [..., 2]. */
export function difference(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const [[ac, as], [bc, bs]] = [tf.unstack(a, -1), tf.unstack(b, -1)];
  return tf.stack([tf.add(tf.mul(ac, bc), tf.mul(as, bs)), tf.sub(tf.mul(as, bc), tf.mul(ac, bs))], -1);
}

/** The equivalent angle in (-pi, pi]. */
export const wrapAngle = (angle: tf.Tensor): tf.Tensor => tf.atan2(tf.sin(angle), tf.cos(angle));
