/** What one part of a pose is to a model: how it is drawn and scored, and what a draw means as a pose. */
import type * as tf from '@tensorflow/tfjs';
import { type Distribution, type OneHotCategorical, OptionError } from 'pyro-ts';

/** The parts that a pose has, in the order in which they take columns of the joint latent. */
export const poseKinds = ['angle', 'shift', 'scale', 'shear'] as const;
export type PoseKind = (typeof poseKinds)[number];

/** The draw is made of columns of the model's one latent site, which is standard normal a priori and normal in the guide. */
export interface JointLatent {
  readonly site: 'joint';
  /** Number of columns. */
  readonly columns: number;
}

/** The draw is a sample site of its own, called as the part's kind ("angle"). */
export interface OwnSite {
  readonly site: 'own';
  /** How many numbers, unbounded, the encoder gives for the guide (of each view, where the part has modes). */
  readonly encoded: number;
  /** p(draw), with an empty batchShape. */
  prior(): Distribution;
  /**
   * q(draw | image) from the encoder's numbers [..., encoded], with batchShape [...] and the prior's eventShape. Where the part has modes, the numbers
   * are those of the chosen mode's view, and the mode is given as a one-hot row.
   */
  guide(encoded: tf.Tensor, mode?: tf.Tensor): Distribution;
  /** The guide's most likely draw, from the same: [..., event]. */
  centre(encoded: tf.Tensor, mode?: tf.Tensor): tf.Tensor;
  /** For a guide with several peaks. */
  readonly modes?: Modes;
}

/**
 * A choice among peaks of the guide, a discrete site that is summed out. For each the networks see a view of the image, turned back by the peak's
 * angle, so that what they learn of upright objects serves every peak. The model has the site too, drawn after the draw that it stands for: whatever
 * p(mode | draw) is, the draw keeps its prior, and the ELBO with the choice in it is still a bound on log p(image).
 */
export interface Modes {
  /** The site: "angle_bin". */
  readonly site: string;
  /** Radians by which each mode's view is turned back. */
  readonly angles: readonly number[];
  /** log p(mode): how likely each is before the image is seen. A network that says the same of all views leaves it at that. */
  readonly logPrior: readonly number[];
  /** Logits of q(mode | image), [..., modes], from the encoder's numbers for all views [..., modes, encoded]. */
  logits(encoded: tf.Tensor): tf.Tensor;
  /** p(mode | draw), one-hot, for draws [..., event]. */
  prior(draw: tf.Tensor): OneHotCategorical;
}

/**
 * One part of a pose. A new prior is one such object. For instance an angle with a von Mises prior and guide:
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
  /** As in options and messages: "normal". */
  readonly name: string;
  readonly source: JointLatent | OwnSite;
  /**
   * What a draw means: of an angle its cosine and sine [..., 2]; of a shift the numbers to add to the coordinates [..., d]; of a scale the
   * factors [..., 1] (or [..., d]); of a shear the two numbers of `PoseTensors.shear` [..., 2]. A draw from joint columns has shape [..., columns].
   */
  toPose(draw: tf.Tensor): tf.Tensor;
}

/** Whether an option holds a custom prior. @throws {OptionError} for one of another part of the pose. */
export function isPosePart(given: unknown, kind: PoseKind): given is PosePart {
  if (typeof given !== 'object' || given === null || !('toPose' in given)) return false;
  const part = given as PosePart;
  if (part.kind === kind) return true;
  throw new OptionError(`${kind}Prior: "${part.name}" is a prior of the ${part.kind}, not of the ${kind}.`);
}
