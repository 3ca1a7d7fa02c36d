/**
 * Parts of the pose whose guide is a proposal by recognition with a small correction, which the encoder infers from the
 * image transformed to upright.
 */
import * as tf from '@tensorflow/tfjs';
import { type Distribution, normal, OptionError } from 'pyro-ts';
import { didYouMean } from 'pyro-ts/internal';
import type { Invariance, PosePriors } from './invariances.js';
import { type AngleFamily, type AnglePrior, anglePriorNames, namedAngle, nameOfPrior } from './namedAngles.js';
import type { OwnSite, PoseKind, PosePart } from './posePart.js';
import { type PerAxis, perAxis } from './shiftAndScale.js';

/** A part of the pose with a separate site, named after its kind. */
export interface RefinedPart extends PosePart {
  readonly source: OwnSite;
  /**
   * q(sample | image) around `proposal` ([...] radians for an angle, otherwise [..., n]), corrected by the encoder
   * outputs [..., encoded].
   */
  posterior(proposal: tf.Tensor, encoded: tf.Tensor): Distribution;
  /** The sample of a known value: radians of an angle [...], otherwise [..., n]. */
  known(value: tf.Tensor): tf.Tensor;
}

/**
 * Scale of the corrections, which multiplies the encoder outputs, and their bound for angles, in radians or grid units.
 */
const [CORRECTION, LARGEST_ANGLE_CORRECTION] = [0.1, Math.PI / 8];
const [ANGLE_SPREAD, LENGTH_SPREAD, SMALLEST_SPREAD] = [0.1, 0.05, 1e-3];

const spread = (encoded: tf.Tensor, unit: number): tf.Tensor =>
  tf.add(tf.mul(tf.softplus(encoded), unit), SMALLEST_SPREAD);

function refinedAngle(anglePrior: AnglePrior = 'uniform'): RefinedPart {
  const name = nameOfPrior(anglePrior);
  const family = namedAngle(anglePrior)?.family;
  if (!family) {
    throw new OptionError(
      `Recognition requires one of the angle priors ${anglePriorNames.join(', ')}; got "${String(name)}".` +
        `${didYouMean(String(name), anglePriorNames)} Without recognition, custom priors are supported too.`,
    );
  }
  const posterior = (proposal: tf.Tensor, encoded: tf.Tensor): Distribution => {
    const [loc, scale] = tf.unstack(encoded, -1);
    const correction = tf.mul(LARGEST_ANGLE_CORRECTION, tf.tanh(tf.mul(loc, CORRECTION / LARGEST_ANGLE_CORRECTION)));
    return family.around(tf.add(proposal, correction), spread(scale, ANGLE_SPREAD));
  };
  return part('angle', String(name), 2, family, posterior);
}

/** A part that is a vector of `size` numbers with a normal prior around `centre`. */
function refinedVector(kind: PoseKind, centre: number, widths: readonly number[]): RefinedPart {
  const size = widths.length;
  const prior = () => normal(new Array<number>(size).fill(centre), [...widths]).toEvent(1);
  const posterior = (proposal: tf.Tensor, encoded: tf.Tensor): Distribution => {
    const [loc, scale] = tf.split(encoded, 2, -1);
    return normal(tf.add(proposal, tf.mul(loc, CORRECTION)), spread(scale, LENGTH_SPREAD)).toEvent(1);
  };
  return part(kind, 'normal', 2 * size, { prior, known: same, toPose: same }, posterior);
}

const same = (x: tf.Tensor): tf.Tensor => x;

function part(
  kind: PoseKind,
  name: string,
  encoded: number,
  { prior, known, toPose }: Pick<AngleFamily, 'prior' | 'known' | 'toPose'>,
  posterior: RefinedPart['posterior'],
): RefinedPart {
  const upright = (numbers: tf.Tensor): tf.Tensor =>
    kind === 'angle'
      ? tf.zeros(numbers.shape.slice(0, -1))
      : tf.fill([...numbers.shape.slice(0, -1), encoded / 2], kind === 'scale' ? 1 : 0);
  const guide = (numbers: tf.Tensor) => posterior(upright(numbers), numbers);
  return {
    kind,
    name,
    posterior,
    known,
    toPose,
    source: { site: 'own', encoded, prior, guide, centre: (numbers) => guide(numbers).mean() },
  };
}

/** The parts for data of `shape`, in the order angle, shift, scale, shear; options as in `poseParts`. */
export function refinedParts(
  invariances: readonly Invariance[],
  shape: readonly number[],
  { anglePrior, shiftPrior = 0.1, scalePrior = 0.1, shearPrior = 0.1 }: PosePriors,
): RefinedPart[] {
  const dims = shape.length;
  const widths = (option: string, width: PosePriors['shiftPrior'], count: number): number[] => {
    if (typeof width === 'object' && 'toPose' in width) {
      throw new OptionError(`With recognition, ${option} must be a number or a list of ${count}; got a custom prior.`);
    }
    return perAxis(option, width as PerAxis, count);
  };
  return [
    ...(invariances.includes('r') ? [refinedAngle(anglePrior)] : []),
    ...(invariances.includes('t') ? [refinedVector('shift', 0, widths('shiftPrior', shiftPrior, dims))] : []),
    ...(invariances.includes('s') ? [refinedVector('scale', 1, widths('scalePrior', scalePrior, 1))] : []),
    ...(invariances.includes('h') ? [refinedVector('shear', 0, widths('shearPrior', shearPrior, 2))] : []),
  ];
}
