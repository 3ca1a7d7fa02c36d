/** Priors of directions: what they say of an angle is the same after a full turn. */
import * as tf from '@tensorflow/tfjs';
import { type Distribution, OptionError, projectedNormal, uniform, vonMises } from 'pyro-ts';
import { refuseUnknownKeys } from 'pyro-ts/internal';
import { directionOf } from '../coordinates/transform.js';
import type { AngleDensity } from './binned.js';
import type { PosePart } from './posePart.js';

/**
 * A direction, uniform on the circle a priori, projected normal in the guide, whose concentration vector the encoder gives. The unit vector is
 * itself the cosine and sine of the rotation: there is no angle to wrap around. Source: Presnell et al. 1998; `pyro.distributions.ProjectedNormal`.
 */
export function projectedNormalAngle(options: object = {}): PosePart {
  refuseUnknownKeys('the projected normal angle prior', options, []);
  return {
    kind: 'angle',
    name: 'projected-normal',
    source: {
      site: 'own',
      encoded: 2,
      prior: () => projectedNormal([0, 0]),
      guide: (concentration) => projectedNormal(concentration),
      centre: (concentration) => projectedNormal(concentration).mean(),
    },
    toPose: (direction) => direction,
  };
}

export interface VonMisesAngleOptions {
  /** How closely the angles lie around 0: about 1 / variance (radians) where it is large; 1. */
  readonly concentration?: number;
}

/** An angle with density proportional to exp(concentration cos angle). Source: `torch.distributions.VonMises`. */
export function vonMisesDensity(options: VonMisesAngleOptions = {}): AngleDensity {
  refuseUnknownKeys('the von Mises angle prior', options, ['concentration']);
  const { concentration = 1 } = options;
  if (!(concentration > 0 && Number.isFinite(concentration))) {
    throw new OptionError(`The von Mises angle prior's concentration is a positive number, not ${concentration}.`);
  }
  return { name: 'von-mises', circular: true, prior: () => vonMises(0, concentration) };
}

/** Every angle is as likely as any other. */
export function uniformDensity(options: object = {}): AngleDensity {
  refuseUnknownKeys('the uniform angle prior', options, []);
  return { name: 'uniform', circular: true, prior: () => uniform(-Math.PI, Math.PI) };
}

/** An angle with a prior on the circle and a von Mises guide. */
export const circularAngle = ({ name, prior }: AngleDensity): PosePart => ({
  kind: 'angle',
  name,
  source: { site: 'own', encoded: 2, prior, guide: vonMisesGuide, centre: angleOf },
  toPose: directionOf,
});

/**
 * The von Mises distribution around the direction of a vector [..., 2], so that its angle has no seam; the longer the vector, the surer. Its
 * concentration is never below 4 (a standard deviation of half a radian): a guide that may say "any angle" says it before the decoder has learned
 * to be turned, and stays there. Where an object has no angle to tell, that costs 1.03 nats an image.
 */
const vonMisesGuide = (vector: tf.Tensor): Distribution =>
  vonMises(angleOf(vector), tf.mul(4, tf.add(1, tf.sum(tf.square(vector), -1))));

/** Radians of vectors [..., 2]: [...]. */
function angleOf(vector: tf.Tensor): tf.Tensor {
  const [x, y] = tf.unstack(vector, -1);
  return tf.atan2(y, x);
}
