/** Angle priors by name, and their guides. */
import * as tf from '@tensorflow/tfjs';
import { normal, OptionError } from 'pyro-ts';
import { didYouMean, rejectUnknownKeys } from 'pyro-ts/internal';
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
  /** Standard deviation of the angle in radians. @default 1, as in pyroVED and the paper */
  readonly scale?: number;
}

export function scaleOf(options: NormalAngleOptions): number {
  rejectUnknownKeys('the normal angle prior', options, ['scale']);
  const { scale = 1 } = options;
  if (scale > 0 && Number.isFinite(scale)) return scale;
  throw new OptionError(`The normal angle prior's scale must be a positive number of radians; got ${scale}.`);
}

/** A normal angle, a column of the joint latent. It ignores that angles are periodic. */
export function normalAngle(options: NormalAngleOptions = {}): PosePart {
  const scale = scaleOf(options);
  return {
    kind: 'angle',
    name: 'normal',
    source: { site: 'joint', columns: 1 },
    toPose: (z) => directionOf(tf.mul(tf.squeeze(z, [-1]), scale)),
  };
}

/**
 * The normal prior as a density. Its bins cover a full circle, or pi standard deviations to either side if that is
 * less.
 */
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

/** The guides: one mode, or bins that are summed out with a mode in each. */
export const angleGuideNames = ['unimodal', 'binned'] as const;
export type AngleGuideName = (typeof angleGuideNames)[number];

/** The name of a prior with its options. */
export type NamedPrior =
  | ({ readonly name: 'normal' } & NormalAngleOptions)
  | ({ readonly name: 'von-mises' } & VonMisesAngleOptions)
  | { readonly name: 'uniform' }
  | { readonly name: 'projected-normal' };

/** A name, a name with options, or a custom prior. */
export type AnglePrior = AnglePriorName | NamedPrior | PosePart;

export interface AngleOptions {
  /** Prior of the angle. @default 'normal' */
  readonly anglePrior?: AnglePrior;
  /** Whether the guide has one mode or several; see `binnedAngle`. @default 'unimodal' */
  readonly angleGuide?: AngleGuideName;
  /** Number of bins of the binned guide. @default 8 */
  readonly angleBins?: number;
}

/**
 * The pose part that the options describe.
 * @throws {OptionError} when a name is unknown or options are incompatible.
 */
export function anglePart({ anglePrior = 'normal', angleGuide = 'unimodal', angleBins }: AngleOptions): PosePart {
  if (!angleGuideNames.includes(angleGuide)) {
    throw new OptionError(`There is no angle guide "${angleGuide}".${didYouMean(String(angleGuide), angleGuideNames)}`);
  }
  const isBinned = angleGuide === 'binned';
  if (angleBins !== undefined && !isBinned) {
    throw new OptionError('angleBins requires angleGuide "binned". Set that guide, or omit angleBins.');
  }
  if (isPosePart(anglePrior, 'angle')) return own(anglePrior, isBinned);
  // A configuration may hold any value, including null.
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
        'angleGuide "binned" requires a prior of angles, but samples of "projected-normal" are unit vectors. Use "uniform", which is the same prior.',
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
    `angleGuide "binned" replaces the guide, but the angle prior "${part.name}" already has one. Omit angleGuide and use anglePrior: binnedAngle(density, bins).`,
  );
}
