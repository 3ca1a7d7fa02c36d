/** The true poses of generated images, in the convention of the models. */
import { DataError } from '../errors.js';
import type { ImageSet } from './dataset.js';

/**
 * The factor that holds the angle of the pose: in radians and without the rotation that a shear adds, unlike the factor
 * `angle`.
 */
const POSE_ANGLE = 'poseAngle';

/** True poses, row major. */
export interface TruePoses {
  /**
   * [count], radians, counter-clockwise: the rotation in the polar decomposition of the map that was applied to the
   * upright object. For an object with a symmetry of order n it is defined modulo 2 pi / n.
   */
  readonly angle: Float32Array;
  /**
   * [count, 2], in the units of the [-1, 1] grid and in the order of the coordinates (downwards, then to the left): the
   * `shift` of a pose with this angle and scale 1. `undoPose` with `angle` and `shift` transforms an image to upright and
   * centred.
   */
  readonly shift: Float32Array;
  /** [count], pixels to the right and downwards, from the centre of the image to the centre of the object. */
  readonly tx: Float32Array;
  readonly ty: Float32Array;
}

/**
 * The true poses of the images of a generated set: cards, glyphs, digits or particles.
 * @returns undefined if the poses of the set are not known
 * @throws {DataError} when a set with poses does not hold images
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
    throw new DataError(`Images with poses must have the shape [height, width]; got [${shape.join(', ')}].`);
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
 * Names of the independent factors of a set: not the class, and not the angle of the pose, which the factor `angle` also
 * has.
 * @example factorNames(nanorods({ size: 24 }).train.images) // ['length', 'width', 'angle', ...]
 */
export const factorNames = ({ factors }: Pick<ImageSet, 'factors'>): string[] =>
  Object.keys(factors ?? {}).filter((name) => name !== 'class' && name !== POSE_ANGLE);
