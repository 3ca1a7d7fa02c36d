/** The true poses of generated images, in the terms in which a model infers poses. */
import { DataError } from '../errors.js';
import type { ImageSet } from './dataset.js';

/**
 * The factor that `truePoses` reads; it says again, in radians and without what shear adds, what the factor `angle`
 * says.
 */
const POSE_ANGLE = 'poseAngle';

/** True poses, one image after the other. */
export interface TruePoses {
  /**
   * [count] radians, counter-clockwise as seen: the polar part of the map that was applied to the upright object (the
   * rotation nearest to it). An object with an order of symmetry n has it modulo 2 pi / n.
   */
  readonly angle: Float32Array;
  /**
   * [count * 2], in the units of the [-1, 1] grid and in the order of the coordinates (first down, then left): the
   * `shift` of a pose of this angle and scale 1 that shows the object where it is. `undoPose` with `angle` and `shift`
   * makes an image upright and centred.
   */
  readonly shift: Float32Array;
  /** [count] pixels to the right and down, from the middle of the image to the middle of the object. */
  readonly tx: Float32Array;
  readonly ty: Float32Array;
}

/**
 * The true poses of the images of a generated set: cards, glyphs, digits or particles.
 * @returns undefined for sets whose poses are not known
 * @throws {DataError} for a set with poses whose items are not images
 * @example
 * const { angle, tx, ty } = truePoses(glyphs().validation)!;
 */
export function truePoses({
  count,
  shape,
  factors,
}: Pick<ImageSet, 'count' | 'shape' | 'factors'>): TruePoses | undefined {
  const angle = factors?.[POSE_ANGLE];
  if (!angle) return undefined;
  if (shape.length !== 2)
    throw new DataError(`Poses belong to images of shape [height, width], not [${shape.join(', ')}].`);
  const { tx = new Float32Array(count), ty = new Float32Array(count) } = factors;
  const shift = new Float32Array(2 * count);
  for (let i = 0; i < count; i++) {
    const [down, left] = [(2 * ty[i]) / (shape[0] - 1), (-2 * tx[i]) / (shape[1] - 1)];
    const [cos, sin] = [Math.cos(angle[i]), Math.sin(angle[i])];
    // A pose shows the point (g R + shift) of the object at g, so that the object's middle is seen where g R = -shift.
    shift[2 * i] = -(down * cos - left * sin);
    shift[2 * i + 1] = -(down * sin + left * cos);
  }
  return { angle, shift, tx, ty };
}

/**
 * The names of factors that each say something of their own: not the class, and not the pose's angle, which the factor
 * `angle` has too.
 */
export const factorNames = ({ factors }: Pick<ImageSet, 'factors'>): string[] =>
  Object.keys(factors ?? {}).filter((name) => name !== 'class' && name !== POSE_ANGLE);
