/** Priors of the angle by their names, and which guide goes with them. */
import * as tf from '@tensorflow/tfjs';
import { normal, OptionError } from 'pyro-ts';
import { didYouMean, refuseUnknownKeys } from 'pyro-ts/internal';
import { directionOf } from '../coordinates/transform.js';
import { type AngleDensity, binnedAngle } from './binned.js';
import {
  circularAngle,
  projectedNormalAngle,
  uniformDensity,
  type VonMisesAngleOptions,
  vonMisesDensity,
} from './circular.js';
import { isPosePart, type PosePart } from './posePart.js';

export interface NormalAngleOptions {
  /** Standard deviation of the angle in radians; 1, as in pyroVED and the paper. */
  readonly scale?: number;
}

export function scaleOf(options: NormalAngleOptions): number {
  refuseUnknownKeys('the normal angle prior', options, ['scale']);
  const { scale = 1 } = options;
  if (scale > 0 && Number.isFinite(scale)) return scale;
  throw new OptionError(`The normal angle prior's scale is a positive number of radians, not ${scale}.`);
}

/** A normal angle, a column of the joint latent. It does not know that a full turn changes nothing. */
export function normalAngle(options: NormalAngleOptions = {}): PosePart {
  const scale = scaleOf(options);
  return {
    kind: 'angle',
    name: 'normal',
    source: { site: 'joint', columns: 1 },
    toPose: (z) => directionOf(tf.mul(tf.squeeze(z, [-1]), scale)),
  };
}

/** The same as a density of its own; its bins cover a whole turn, or pi standard deviations either way where that is less. */
function normalDensity(options: NormalAngleOptions = {}): AngleDensity {
  const scale = scaleOf(options);
  return {
    name: 'normal',
    circular: false,
    reach: Math.PI * Math.min(1, scale),
    prior: () => normal(0, scale),
  };
}

export const anglePriorNames = ['normal', 'projected-normal', 'von-mises', 'uniform'] as const;
export type AnglePriorName = (typeof anglePriorNames)[number];

/** One peak, or bins that are summed out with a peak in each. */
export const angleGuideNames = ['unimodal', 'binned'] as const;
export type AngleGuideName = (typeof angleGuideNames)[number];

/** A prior's name, with its options. */
export type NamedPrior =
  | ({ readonly name: 'normal' } & NormalAngleOptions)
  | ({ readonly name: 'von-mises' } & VonMisesAngleOptions)
  | { readonly name: 'uniform' }
  | { readonly name: 'projected-normal' };

/** A name, a name with options, or a custom prior. */
export type AnglePrior = AnglePriorName | NamedPrior | PosePart;

export interface AngleOptions {
  /** What is known of the angle before the image is seen; "normal". */
  readonly anglePrior?: AnglePrior;
  /** Whether the guide takes one angle for likely, or several: see `binnedAngle`. "unimodal". */
  readonly angleGuide?: AngleGuideName;
  /** Number of bins of the binned guide; 8. */
  readonly angleBins?: number;
}

/** The pose part that options ask for. @throws {OptionError} for a name that does not exist and for options that do not go together. */
export function anglePart({ anglePrior = 'normal', angleGuide = 'unimodal', angleBins }: AngleOptions): PosePart {
  if (!angleGuideNames.includes(angleGuide)) {
    throw new OptionError(`There is no angle guide "${angleGuide}".${didYouMean(String(angleGuide), angleGuideNames)}`);
  }
  const isBinned = angleGuide === 'binned';
  if (angleBins !== undefined && !isBinned) {
    throw new OptionError('angleBins belongs to angleGuide "binned". Ask for that guide, or leave angleBins out.');
  }
  if (isPosePart(anglePrior, 'angle')) return own(anglePrior, isBinned);
  // A configuration may hold anything, null too.
  const prior = typeof anglePrior === 'object' && anglePrior !== null ? anglePrior : { name: anglePrior };
  const inBins = (density: AngleDensity) => binnedAngle(density, angleBins ?? 8);
  const onCircle = isBinned ? inBins : circularAngle;
  switch (prior.name) {
    case 'normal':
      return isBinned ? inBins(normalDensity(nameless(prior))) : normalAngle(nameless(prior));
    case 'von-mises':
      return onCircle(vonMisesDensity(nameless(prior)));
    case 'uniform':
      return onCircle(uniformDensity(nameless(prior)));
    case 'projected-normal':
      if (!isBinned) return projectedNormalAngle(nameless(prior));
      throw new OptionError(
        'angleGuide "binned" needs an angle, and the draws of the angle prior "projected-normal" are unit vectors. Take "uniform", the same prior.',
      );
    default: {
      const { name } = prior as { name: unknown };
      throw new OptionError(`There is no angle prior "${name}".${didYouMean(String(name), anglePriorNames)}`);
    }
  }
}

export function nameless<P extends NamedPrior>({ name: _, ...options }: P): Omit<P, 'name'> {
  return options;
}

function own(part: PosePart, isBinned: boolean): PosePart {
  if (!isBinned) return part;
  throw new OptionError(
    `angleGuide "binned" makes a guide of its own, and the angle prior "${part.name}" has one. Leave angleGuide out and give anglePrior: binnedAngle(density, bins).`,
  );
}
