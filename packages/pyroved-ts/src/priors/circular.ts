/** Priors of directions: what they say of an angle is the same after a full turn. */
import * as tf from '@tensorflow/tfjs';
import { type Distribution, OptionError, projectedNormal, refuseUnknownKeys, uniform, vonMises } from 'pyro-ts';
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
 * The von Mises distribution around the direction of a vector [..., 2]. Its concentration grows with the vector's length as that of the projected
 * normal of the same vector does (1.25 |v| where it is short, |v|^2 where it is long): the encoder needs no large numbers to be sure, and its
 * angle has no seam.
 */
function vonMisesGuide(vector: tf.Tensor): Distribution {
  const square = tf.add(tf.sum(tf.square(vector), -1), SMALLEST_SQUARE);
  return vonMises(angleOf(vector), tf.sqrt(tf.mul(square, tf.add(square, 1.25 ** 2))));
}

/** Keeps the square root's gradient finite. */
const SMALLEST_SQUARE = 1e-12;

/** Radians of vectors [..., 2]: [...]. */
function angleOf(vector: tf.Tensor): tf.Tensor {
  const [x, y] = tf.unstack(vector, -1);
  return tf.atan2(y, x);
}
