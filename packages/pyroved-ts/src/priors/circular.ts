/** Parts of the pose with a periodic angle. */
import * as tf from '@tensorflow/tfjs';
import { type Distribution, projectedNormal, vonMises } from 'pyro-ts';
import { directionOf } from '../coordinates/transform.js';
import type { AngleDensity } from './binned.js';
import type { PosePart } from './posePart.js';

/**
 * A direction with a uniform prior and a projected normal guide, whose concentration vector is an output of the
 * encoder. The unit vector is the cosine and sine of the rotation, so there is no discontinuity of the angle.
 * @see Presnell et al. 1998; `pyro.distributions.ProjectedNormal`
 */
export const projectedNormalAngle = (): PosePart => ({
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
});

/**
 * An angle with a prior on the circle and a von Mises guide, as a part of the pose.
 * @example
 * const eitherWay: AngleDensity = { name: 'either way', circular: true, prior: () => vonMises(Math.PI, 2) };
 * const vae = new IVAE({ shape: [48, 48], invariances: ['r'], anglePrior: circularAngle(eitherWay) });
 */
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
