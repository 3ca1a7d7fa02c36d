/** A guide for angles with several likely values: bins that are summed out, with one mode in each. */
import * as tf from '@tensorflow/tfjs';
import { type Distribution, normal, type OneHotCategorical, OptionError, oneHotCategorical, vonMises } from 'pyro-ts';
import { directionOf } from '../coordinates/transform.js';
import type { PosePart } from './posePart.js';

/** A prior of an angle, in radians. */
export interface AngleDensity {
  /** Name in options and error messages, such as "von-mises". */
  readonly name: string;
  /** p(angle), a scalar with an empty batchShape: on one period if `circular`, otherwise on the real line. */
  prior(): Distribution;
  /** Whether the prior is periodic, so that -pi and pi are the same angle. */
  readonly circular: boolean;
  /** If not circular, the bins cover -reach to reach. @default pi */
  readonly reach?: number;
}

/** Maximum distance of a mode from the centre of its bin, in widths of a bin; 0.5 would leave gaps between bins. */
const REACH = 0.6;
/** Keeps the standard deviation of the residual above 0 if softplus underflows. */
const SMALLEST_SCALE = 1e-4;

/**
 * Splits the angle into `bins` of equal width, one of them around 0. The guide is q(bin | image) q(angle | image, bin):
 * for each bin, the encoder sees the image rotated back by the angle of the bin and returns a logit (added to the bin's
 * log prior), a mean and a standard deviation, so that the bin in which the object looks upright is the likeliest. The
 * angle is normal around the centre of the bin plus that mean; if circular, von Mises with the same variance.
 *
 * The ELBO remains a valid bound, because the model samples the angle from its prior and then the bin from p(bin |
 * angle), which is proportional to a bump around the centre of each bin. Summed over bins, p(angle) p(bin | angle) is
 * the prior of the angle; integrated over the angle, it is the prior weight of the bin. Since the bumps overlap, there
 * is no discontinuity at the border of two bins.
 * @example new IVAE({ shape: [48, 48], invariances: ['r'], anglePrior: binnedAngle({ name: 'narrow', circular: false, reach: 1, prior: () => normal(0, 0.3) }, 6) });
 */
export function binnedAngle({ name, prior, circular, reach = Math.PI }: AngleDensity, bins: number): PosePart {
  if (!Number.isInteger(bins) || bins < 2) {
    throw new OptionError(`angleBins must be an integer of at least 2; got ${bins}.`);
  }
  const width = (2 * (circular ? Math.PI : reach)) / bins;
  const centres = Array.from({ length: bins }, (_, i) => width * (i - Math.floor(bins / 2)));
  /** Standard deviation of the bump around the centre of a bin. */
  const bump = width / 2;
  const binGiven = (angle: tf.Tensor) => {
    const offset = tf.sub(tf.expandDims(angle, -1), tf.tensor1d(centres));
    const height = circular ? tf.cos(offset) : tf.mul(tf.square(offset), -0.5);
    return oneHotCategorical({ logits: tf.div(height, bump ** 2) });
  };
  const logPrior = logWeights(prior, binGiven, circular ? Math.PI : 2 * reach);
  /** The logit, the mean and the spread from the encoder, each [...]. */
  const numbers = (encoded: tf.Tensor) => tf.unstack(encoded, -1);

  /** The mean of the angle given the bin. */
  const mean = (loc: tf.Tensor, mode: tf.Tensor | undefined): tf.Tensor => {
    if (!mode) throw new OptionError(`The guide of the angle prior "${name}, binned" requires a bin.`);
    // Limited to little more than the bin, so that bins remain distinct. Near 0, it is `loc` in units of the bump.
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

/** Number of points at which the prior weights of the bins are integrated. */
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
