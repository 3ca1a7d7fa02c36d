/** One part of a pose: its prior, its guide, and the meaning of its samples. */
import type * as tf from '@tensorflow/tfjs';
import { type Distribution, type OneHotCategorical, OptionError } from 'pyro-ts';

/** The parts of a pose, in the order of their columns in the joint latent. */
export const poseKinds = ['angle', 'shift', 'scale', 'shear'] as const;
/** A part of a pose. */
export type PoseKind = (typeof poseKinds)[number];

/**
 * The sample consists of columns of the joint latent site of the model, which has a standard normal prior and a normal
 * guide.
 */
export interface JointLatent {
  readonly site: 'joint';
  /** Number of columns. */
  readonly columns: number;
}

/** The sample has a separate site, named after the kind of the part ("angle"). */
export interface OwnSite {
  readonly site: 'own';
  /** Number of unconstrained encoder outputs for the guide (for each view, if the part has modes). */
  readonly encoded: number;
  /** p(sample), with an empty batchShape. */
  prior(): Distribution;
  /**
   * q(sample | image) from the encoder outputs [..., encoded], with batchShape [...] and the eventShape of the prior.
   * If the part has modes, the outputs are those of the view of the chosen mode, which is passed as a one-hot row.
   */
  guide(encoded: tf.Tensor, mode?: tf.Tensor): Distribution;
  /** The point estimate of the guide, from the same arguments: [..., event]. */
  centre(encoded: tf.Tensor, mode?: tf.Tensor): tf.Tensor;
  /** For a guide with several modes. */
  readonly modes?: Modes;
}

/**
 * The modes of the guide, a discrete site that is summed out. For each mode, the networks see a view of the image,
 * rotated back by the angle of the mode, so that what they learn about upright objects applies to every mode. The model
 * has the same site, sampled from p(mode | sample): whatever that is, the sample keeps its prior, and the ELBO is a
 * bound on log p(image).
 */
export interface Modes {
  /** Name of the site, such as "angle_bin". */
  readonly site: string;
  /** Radians by which the view of each mode is rotated back. */
  readonly angles: readonly number[];
  /** Log prior of each mode. A network with equal outputs for all views leaves it unchanged. */
  readonly logPrior: readonly number[];
  /** Logits of q(mode | image), [..., modes], from the encoder outputs for all views [..., modes, encoded]. */
  logits(encoded: tf.Tensor): tf.Tensor;
  /** p(mode | sample), one-hot, for samples [..., event]. */
  prior(draw: tf.Tensor): OneHotCategorical;
}

/**
 * One part of a pose. To define a custom prior, implement this interface.
 * @example
 * const vonMisesAngle: PosePart = {
 *   kind: 'angle',
 *   name: 'von-mises',
 *   source: {
 *     site: 'own',
 *     encoded: 2,
 *     prior: () => vonMises(0, 0.5),
 *     guide: (e) => { const [loc, k] = tf.unstack(e, -1); return vonMises(loc, tf.softplus(k)); },
 *     centre: (e) => tf.unstack(e, -1)[0],
 *   },
 *   toPose: (angle) => directionOf(angle),
 * };
 */
export interface PosePart {
  readonly kind: PoseKind;
  /** Name in options and error messages, such as "normal". */
  readonly name: string;
  readonly source: JointLatent | OwnSite;
  /**
   * The pose of a sample: for an angle, its cosine and sine [..., 2]; for a shift, the offset of the coordinates
   * [..., d]; for a scale, the factors [..., 1] (or [..., d]); for a shear, the two components of `PoseTensors.shear`
   * [..., 2]. A sample of joint columns has shape [..., columns].
   */
  toPose(draw: tf.Tensor): tf.Tensor;
}

/**
 * Whether an option is a custom prior.
 * @throws {OptionError} when it is a prior of another part of the pose, or is incomplete.
 */
export function isPosePart(value: unknown, kind: PoseKind): value is PosePart {
  if (typeof value !== 'object' || value === null || !('toPose' in value)) return false;
  const { kind: own, name, source, toPose }: Partial<Record<keyof PosePart, unknown>> = value;
  const isComplete = typeof name === 'string' && typeof toPose === 'function' && (isJoint(source) || isOwnSite(source));
  if (!isComplete) {
    throw new OptionError(`${kind}Prior: a custom prior must have kind, name, source and toPose; see \`PosePart\`.`);
  }
  if (own === kind) return true;
  throw new OptionError(`${kind}Prior: "${name}" must be a prior of the ${kind}; got one of the ${String(own)}.`);
}

type Unchecked<T> = Partial<Record<keyof T, unknown>>;

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

function isJoint(source: unknown): boolean {
  if (!isObject(source)) return false;
  const { site, columns }: Unchecked<JointLatent> = source;
  return site === 'joint' && typeof columns === 'number';
}

function isOwnSite(source: unknown): boolean {
  if (!isObject(source)) return false;
  const { site, encoded, prior, guide, centre }: Unchecked<OwnSite> = source;
  return site === 'own' && typeof encoded === 'number' && [prior, guide, centre].every((f) => typeof f === 'function');
}
