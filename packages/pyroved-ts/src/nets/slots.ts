/** The signatures of the networks of a model. Any net with one of these signatures can be used in a model. */
import type * as tf from '@tensorflow/tfjs';
import type { Net } from 'pyro-ts';
import type { CoordinateTransform } from '../coordinates/transform.js';
import type { PoseKind } from '../priors/posePart.js';

/** The output of an encoder: the parameters of the guide. */
export interface Encoded {
  /** Mean of the joint latent, [..., jointSize]. */
  readonly loc: tf.Tensor;
  /** Standard deviation of the joint latent, positive. */
  readonly scale: tf.Tensor;
  /** Outputs for the guides of the pose parts with a separate site, [..., encoded]. */
  readonly own: Partial<Record<PoseKind, tf.Tensor>>;
  /** Class logits, [..., K], if the encoder of the model infers classes. */
  readonly discrete?: tf.Tensor;
}

/**
 * Maps parts [..., size] (an image [B, channels * P] and, in some models, a class [..., K]), whose leading dimensions
 * broadcast.
 */
export type EncoderNet = Net<[parts: readonly tf.Tensor[]], Encoded>;

/** Maps images [B, channels * P] to class logits [B, K]. */
export type ClassifierNet = Net<[x: tf.Tensor], tf.Tensor>;

/** Maps images [B, channels * P] to targets [B, R], in the units of the networks. */
export type RegressorNet = Net<[x: tf.Tensor], tf.Tensor>;

/** The input of a decoder. */
export interface DecoderInput {
  /** Content [..., n] and, in some models, a class [..., K]; leading dimensions broadcast. */
  readonly parts: readonly tf.Tensor[];
  /** The pose; leading dimensions broadcast with those of the parts. */
  readonly transform: CoordinateTransform;
  /** Indices of the grid points to decode (int32 [p]). @default all */
  readonly pixels?: tf.Tensor1D;
}

/** Returns the parameter of the likelihood at each point before any sigmoid: [..., P (or p), channels]. */
export type DecoderNet = Net<[input: DecoderInput], tf.Tensor>;
