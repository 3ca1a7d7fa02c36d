/** Periodic angle priors. */
import * as tf from '@tensorflow/tfjs';
import { type Distribution, OptionError, projectedNormal, uniform, vonMises } from 'pyro-ts';
import { rejectUnknownKeys } from 'pyro-ts/internal';
import { directionOf } from '../coordinates/transform.js';
import type { AngleDensity } from './binned.js';
import type { PosePart } from './posePart.js';

/**
 * A direction with a uniform prior and a projected normal guide, whose concentration vector is an output of the
 * encoder. The unit vector is the cosine and sine of the rotation, so there is no discontinuity of the angle.
 * @see Presnell et al. 1998; `pyro.distributions.ProjectedNormal`
 */
export function projectedNormalAngle(options: object = {}): PosePart {
  rejectUnknownKeys('the projected normal angle prior', options, []);
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
  /** Concentration around 0, approximately 1 / variance (in radians) if it is large. @default 1 */
  readonly concentration?: number;
}

/** An angle with density proportional to exp(concentration cos angle). @see `torch.distributions.VonMises` */
export function vonMisesDensity(options: VonMisesAngleOptions = {}): AngleDensity {
  rejectUnknownKeys('the von Mises angle prior', options, ['concentration']);
  const { concentration = 1 } = options;
  if (!(concentration > 0 && Number.isFinite(concentration))) {
    throw new OptionError(`The von Mises angle prior's concentration must be a positive number; got ${concentration}.`);
  }
  return { name: 'von-mises', circular: true, prior: () => vonMises(0, concentration) };
}

/** A uniform prior on the circle. */
export function uniformDensity(options: object = {}): AngleDensity {
  rejectUnknownKeys('the uniform angle prior', options, []);
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
 * The von Mises distribution around the direction of a vector [..., 2], so that its angle has no discontinuity; its
 * concentration increases with the length of the vector. The concentration is at least 4 (a standard deviation of half
 * a radian), since a guide that can be uniform becomes uniform before the decoder has learned to use the angle, and
 * stays so. For an object without an angle, this costs 1.03 nats per image.
 */
const vonMisesGuide = (vector: tf.Tensor): Distribution =>
  vonMises(angleOf(vector), tf.mul(4, tf.add(1, tf.sum(tf.square(vector), -1))));

/** The angles [...] of vectors [..., 2] in radians. */
function angleOf(vector: tf.Tensor): tf.Tensor {
  const [x, y] = tf.unstack(vector, -1);
  return tf.atan2(y, x);
}
