/** A guide for angles with several likely values: bins that are summed out, and a peak within each. */
import * as tf from '@tensorflow/tfjs';
import { type Distribution, normal, type OneHotCategorical, OptionError, oneHotCategorical, vonMises } from 'pyro-ts';
import { directionOf } from '../coordinates/transform.js';
import type { PosePart } from './posePart.js';

/** A prior of an angle, in radians. */
export interface AngleDensity {
  /** As in options and messages: "von-mises". */
  readonly name: string;
  /** p(angle), a number, with an empty batchShape: over one turn where `circular`, else over all numbers. */
  prior(): Distribution;
  /** Whether the prior is one of directions, so that -pi and pi are one angle. */
  readonly circular: boolean;
  /** On the line, the bins cover -reach to reach. @default pi */
  readonly reach?: number;
}

/** How far a peak may lie from its bin's centre, in widths of a bin: half would leave gaps between bins. */
const REACH = 0.6;
/** Keeps the residual's standard deviation above 0 where softplus underflows. */
const SMALLEST_SCALE = 1e-4;

/**
 * The angle split into `bins` of equal width, one of them around 0. q(bin | image) q(angle | image, bin): for each bin the encoder looks at the image
 * turned back by the bin's angle and gives a logit (beside the bin's prior weight), a mean and a standard deviation, so that the bin in which the object looks upright is the
 * likely one. The angle is normal around the bin's centre plus that mean (on a circle: von Mises of the same variance, since a normal would lap itself).
 *
 * The bound stays exact because the model draws the angle from its prior, whatever that is, and the bin afterwards, p(bin | angle), in proportion to
 * a bump around each bin's centre. So p(bin, angle) = p(angle) p(bin | angle): summed over bins it is the prior's own density, and
 * integrated over the angle it is the bin's prior weight (equal under a uniform prior, the mass around its centre under a normal or von Mises one). Bumps
 * overlap, so an angle at the border of two bins is no seam.
 * @example new IVAE({ shape: [48, 48], invariances: ['r'], anglePrior: binnedAngle({ name: 'narrow', circular: false, reach: 1, prior: () => normal(0, 0.3) }, 6) });
 */
export function binnedAngle({ name, prior, circular, reach = Math.PI }: AngleDensity, bins: number): PosePart {
  if (!Number.isInteger(bins) || bins < 2) {
    throw new OptionError(`angleBins is a whole number of at least 2, not ${bins}.`);
  }
  const width = (2 * (circular ? Math.PI : reach)) / bins;
  const centres = Array.from({ length: bins }, (_, i) => width * (i - Math.floor(bins / 2)));
  /** Standard deviation of the bump around a centre. */
  const bump = width / 2;
  const binGiven = (angle: tf.Tensor) => {
    const away = tf.sub(tf.expandDims(angle, -1), tf.tensor1d(centres));
    const height = circular ? tf.cos(away) : tf.mul(tf.square(away), -0.5);
    return oneHotCategorical({ logits: tf.div(height, bump ** 2) });
  };
  const logPrior = logWeights(prior, binGiven, circular ? Math.PI : 2 * reach);
  /** The logit, the mean and the spread that the encoder gives, each [...]. */
  const numbers = (encoded: tf.Tensor) => tf.unstack(encoded, -1);

  /** The angle's mean, given the bin. */
  const mean = (loc: tf.Tensor, mode: tf.Tensor | undefined): tf.Tensor => {
    if (!mode) throw new OptionError(`The guide of the angle prior "${name}, binned" needs a bin.`);
    // Within little more than the bin, so that bins remain different answers to "which way up?". Near 0 it is loc in units of the bump.
    const residual = tf.mul(REACH * width, tf.tanh(tf.mul(loc, bump / width / REACH)));
    return tf.add(tf.sum(tf.mul(tf.tensor1d(centres), mode), -1), residual);
  };

  return {
    kind: 'angle',
    name: `${name}, binned`,
    source: {
      site: 'own',
      encoded: 3,
      prior,
      guide: (encoded, mode) => {
        const [, loc, spread] = numbers(encoded);
        const scale = tf.add(tf.mul(tf.softplus(spread), bump), SMALLEST_SCALE);
        return circular ? vonMises(mean(loc, mode), tf.pow(scale, -2)) : normal(mean(loc, mode), scale);
      },
      centre: (encoded, mode) => mean(numbers(encoded)[1], mode),
      modes: {
        site: 'angle_bin',
        angles: centres,
        logPrior,
        logits: (encoded) => tf.add(numbers(encoded)[0], tf.tensor1d(logPrior)),
        prior: binGiven,
      },
    },
    toPose: directionOf,
  };
}

/** Even steps by which the bins' prior weights are integrated. */
const STEPS = 720;

/** log p(bin) of each bin: p(angle) p(bin | angle) integrated from -half to half. */
function logWeights(
  prior: () => Distribution,
  binGiven: (angle: tf.Tensor) => OneHotCategorical,
  half: number,
): number[] {
  const weights = tf.tidy(() => {
    const angles = tf.tensor1d(Float32Array.from({ length: STEPS }, (_, i) => half * ((2 * i + 1) / STEPS - 1)));
    const density = tf.expandDims(tf.exp(prior().logProb(angles)), -1);
    return tf
      .sum(tf.mul(density, binGiven(angles).probs), 0)
      .dataSync<'float32'>()
      .slice();
  });
  const total = weights.reduce((a, b) => a + b, 0);
  return Array.from(weights, (weight) => Math.log(Math.max(weight / total, Number.MIN_VALUE)));
}
