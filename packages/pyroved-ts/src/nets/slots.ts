/** What the networks of a model take and give. Any net with one of these signatures can stand in a model. */
import type * as tf from '@tensorflow/tfjs';
import type { Net } from 'pyro-ts';
import type { CoordinateTransform } from '../coordinates/transform.js';
import type { PoseKind } from '../priors/posePart.js';

/** What an encoder says of images: the guide's parameters. */
export interface Encoded {
  /** Mean of the joint latent, [..., jointSize]. */
  readonly loc: tf.Tensor;
  /** Its standard deviation, positive. */
  readonly scale: tf.Tensor;
  /** Numbers for the guides of the pose parts that have a site of their own, [..., encoded]. */
  readonly own: Partial<Record<PoseKind, tf.Tensor>>;
  /** Class logits, [..., K]; of a model that finds classes by its encoder. */
  readonly discrete?: tf.Tensor;
}

/** Parts [..., size] (an image [B, channels * P], perhaps a class [..., K]) whose leading dimensions broadcast. */
export type EncoderNet = Net<[parts: readonly tf.Tensor[]], Encoded>;

/** Images [B, channels * P] to class logits [B, K]. */
export type ClassifierNet = Net<[x: tf.Tensor], tf.Tensor>;

/** Images [B, channels * P] to quantities [B, R], in the networks' units. */
export type RegressorNet = Net<[x: tf.Tensor], tf.Tensor>;

export interface DecoderInput {
  /** Content [..., n], perhaps a class [..., K]; leading dimensions broadcast. */
  readonly parts: readonly tf.Tensor[];
  /** The pose; leading dimensions broadcast with the parts'. */
  readonly transform: CoordinateTransform;
  /** Which points of the grid are wanted (int32 [p]). @default all */
  readonly pixels?: tf.Tensor1D;
}

/** The likelihood's parameter at each point before any squashing: [..., P (or p), channels]. */
export type DecoderNet = Net<[input: DecoderInput], tf.Tensor>;
