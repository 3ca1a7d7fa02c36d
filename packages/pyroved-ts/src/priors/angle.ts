/** The options of the angle, and the part of the pose that they describe. */
import { OptionError } from 'pyro-ts';
import { didYouMean } from 'pyro-ts/internal';
import { binnedAngle } from './binned.js';
import { type AnglePrior, anglePriorNames, namedAngle, nameOfPrior } from './namedAngles.js';
import { isPosePart, type PosePart } from './posePart.js';

/** The guides: one mode, or bins that are summed out with a mode in each. */
export const angleGuideNames = ['unimodal', 'binned'] as const;
/** The name of a guide of the angle; see `AngleOptions`. */
export type AngleGuideName = (typeof angleGuideNames)[number];

/** Options of the angle. */
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
  if (isPosePart(anglePrior, 'angle')) {
    if (!isBinned) return anglePrior;
    throw new OptionError(
      `angleGuide "binned" replaces the guide, but the angle prior "${anglePrior.name}" already has one. Omit angleGuide and use anglePrior: binnedAngle(density, bins).`,
    );
  }
  const name = nameOfPrior(anglePrior);
  const named = namedAngle(anglePrior);
  if (!named) {
    throw new OptionError(`There is no angle prior "${name}".${didYouMean(String(name), anglePriorNames)}`);
  }
  if (!isBinned) return named.part;
  if (named.density) return binnedAngle(named.density, angleBins ?? 8);
  throw new OptionError(
    `angleGuide "binned" requires a prior of angles, but samples of "${name}" are unit vectors. Use "uniform", which is the same prior.`,
  );
}
