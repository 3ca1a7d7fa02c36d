/** A guide for angles with several likely values: bins that are summed out, and a peak within each. */
import * as tf from '@tensorflow/tfjs';
import { type Distribution, normal, OptionError, oneHotCategorical, vonMises } from 'pyro-ts';
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
  /** On the line, the bins cover -reach to reach; pi when left out. */
  readonly reach?: number;
}

/** How far a peak may lie from its bin's centre, in widths of a bin: half would leave gaps between bins. */
const REACH = 0.6;
/** Keeps the residual's standard deviation above 0 where softplus underflows. */
const SMALLEST_SCALE = 1e-4;

/**
 * The angle split into `bins` of equal width, one of them around 0. q(bin | image) q(angle | image, bin): the encoder gives a logit, a mean and a
 * standard deviation for each bin (three heads of `bins` numbers), and the angle is normal around the bin's centre plus its mean (on a circle: von
 * Mises of the same variance, since a normal would lap itself).
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
  const centres = () => tf.tensor1d(Array.from({ length: bins }, (_, i) => width * (i - Math.floor(bins / 2))));
  /** Standard deviation of the bump around a centre. */
  const bump = width / 2;

  /** The angle's mean and standard deviation in each bin: [..., bins] each. */
  const peaks = (encoded: tf.Tensor) => {
    const [, loc, spread] = tf.split(encoded, 3, -1);
    // Within little more than the bin, so that bins remain different answers to "which way up?". Near 0 it is loc in units of the bump.
    const residual = tf.mul(REACH * width, tf.tanh(tf.mul(loc, bump / width / REACH)));
    const scale = tf.add(tf.mul(tf.softplus(spread), bump), SMALLEST_SCALE);
    return { loc: tf.add(centres(), residual), scale };
  };
  const ofMode = (perBin: tf.Tensor, mode: tf.Tensor): tf.Tensor => tf.sum(tf.mul(perBin, mode), -1);
  const logits = (encoded: tf.Tensor): tf.Tensor => tf.split(encoded, 3, -1)[0];

  return {
    kind: 'angle',
    name: `${name}, binned`,
    source: {
      site: 'own',
      encoded: 3 * bins,
      prior,
      guide: (encoded, mode) => {
        const perBin = peaks(encoded);
        const [loc, scale] = [perBin.loc, perBin.scale].map((x) => ofMode(x, mode as tf.Tensor));
        return circular ? vonMises(loc, tf.pow(scale, -2)) : normal(loc, scale);
      },
      centre: (encoded) => {
        const likeliest = tf.cast(tf.oneHot(tf.argMax(logits(encoded), -1), bins), 'float32');
        return ofMode(peaks(encoded).loc, likeliest);
      },
      modes: {
        site: 'angle_bin',
        count: bins,
        guide: (encoded) => oneHotCategorical({ logits: logits(encoded) }),
        prior: (angle) => {
          const away = tf.sub(tf.expandDims(angle, -1), centres());
          const height = circular ? tf.cos(away) : tf.mul(tf.square(away), -0.5);
          return oneHotCategorical({ logits: tf.div(height, bump ** 2) });
        },
      },
    },
    toPose: directionOf,
  };
}
