/** From the names of invariances ("r", "t", "s", "h") to the parts of the pose that a model infers. */
import { OptionError } from 'pyro-ts';
import { didYouMean, formatShape } from 'pyro-ts/internal';
import { type AngleOptions, anglePart } from './angle.js';
import { isPosePart, type PosePart } from './posePart.js';
import { normalScale, normalShear, normalShift, type PerAxis } from './shiftAndScale.js';

/** Rotation, translation, scale, shear. */
export const invarianceNames = ['r', 't', 's', 'h'] as const;
/** An invariance: "r" rotation, "t" translation, "s" scale, "h" shear. */
export type Invariance = (typeof invarianceNames)[number];

/** Synonyms for suggestions in error messages, including "sc", which pyroVED documents but does not support. */
const synonyms: Readonly<Record<string, Invariance>> = {
  sc: 's',
  size: 's',
  scale: 's',
  shear: 'h',
  skew: 'h',
  rot: 'r',
  rotation: 'r',
  angle: 'r',
  shift: 't',
  translation: 't',
};

/** Options of the priors of the pose. */
export interface PosePriors extends AngleOptions {
  /**
   * Standard deviation of the shift in the units of the [-1, 1] grid, one for all axes or one for each, or a custom
   * prior.
   * @default 0.1
   */
  readonly shiftPrior?: PerAxis | PosePart;
  /**
   * Standard deviation of the scale around 1, or a custom prior. With a list, each axis has a separate scale.
   * @default 0.1
   */
  readonly scalePrior?: PerAxis | PosePart;
  /**
   * Standard deviation of the two components of the shear (see `PoseTensors.shear`), a list of one for each, or a
   * custom prior. A component is half the tangent of the shear angle along one axis: 0.1 is about 11 degrees.
   * @default 0.1
   */
  readonly shearPrior?: PerAxis | PosePart;
}

/**
 * The parts of the pose for data of `shape`, in the order angle, shift, scale, shear, independent of the order of the
 * names.
 * @throws {OptionError} when a name is unknown, repeated or not supported for signals, or a scale per axis is combined
 * with a shear.
 */
export function poseParts(
  invariances: readonly Invariance[],
  shape: readonly number[],
  priors: PosePriors,
): PosePart[] {
  checkInvariances(invariances, shape);
  const dims = shape.length;
  const { anglePrior, angleGuide, angleBins, shiftPrior = 0.1, scalePrior = 0.1, shearPrior = 0.1 } = priors;
  checkScale(invariances, scalePrior);
  return [
    ...(invariances.includes('r') ? [anglePart({ anglePrior, angleGuide, angleBins })] : []),
    ...(invariances.includes('t')
      ? [isPosePart(shiftPrior, 'shift') ? shiftPrior : normalShift(shiftPrior, dims)]
      : []),
    ...(invariances.includes('s')
      ? [isPosePart(scalePrior, 'scale') ? scalePrior : normalScale(scalePrior, dims)]
      : []),
    ...(invariances.includes('h') ? [isPosePart(shearPrior, 'shear') ? shearPrior : normalShear(shearPrior)] : []),
  ];
}

/** A scale per axis would be redundant with a shear. */
function checkScale(invariances: readonly Invariance[], scalePrior: PosePriors['scalePrior']): void {
  if (!invariances.includes('h') || !invariances.includes('s') || !Array.isArray(scalePrior)) return;
  throw new OptionError(
    'With the invariance "h" the shear stretches one axis and compresses the other, so scalePrior must be one number for both axes; ' +
      `got ${JSON.stringify(scalePrior)}.`,
  );
}

/** @throws {OptionError} when `invariances` is not a list of invariances of data of `shape`. */
export function checkInvariances(invariances: readonly string[], shape: readonly number[]): void {
  if (!Array.isArray(invariances)) {
    throw new OptionError(`invariances must be a list such as ["r", "t"]; got ${JSON.stringify(invariances)}.`);
  }
  const known: readonly string[] = invarianceNames;
  for (const [i, name] of invariances.entries()) {
    if (!known.includes(name)) {
      const meant = Object.hasOwn(synonyms, name) ? ` Did you mean "${synonyms[name]}"?` : didYouMean(name, known);
      throw new OptionError(
        `There is no invariance "${name}".${meant} (r: rotation, t: translation, s: scale, h: shear.)`,
      );
    }
    if (invariances.indexOf(name) !== i) throw new OptionError(`The invariance "${name}" is listed more than once.`);
    if (shape.length === 1 && name !== 't') {
      throw new OptionError(
        `Signals (shape ${formatShape(shape)}) can only be invariant to translation, "t"; got "${name}".`,
      );
    }
  }
}
