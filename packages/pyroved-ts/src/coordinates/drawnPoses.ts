/** Random poses: rotation, shift, scale, shear and optional reflection of each image. */
import { OptionError, type RandomStream } from 'pyro-ts';
import { type OptionTable, resolveOptions, withDefaults } from '../options.js';

/** Ranges from which poses are drawn. A part that is omitted is not changed by the pose. */
export interface AffineRanges {
  /** Half-range in radians: angles are uniform in [-angle, angle]. @default 0 */
  readonly angle?: number;
  /**
   * Half-range of the displacement of the object's centre within the image, in units of the [-1, 1] grid: one number
   * for every axis, or one per axis (vertical first). 0.2 is a tenth of the image's width.
   * @default 0
   */
  readonly shift?: number | readonly number[];
  /** Bounds of the scale, which is log-uniform; above 1 the object appears larger. @default [1, 1] */
  readonly scale?: readonly [low: number, high: number];
  /** Half-range in radians of the shear along either axis. @default 0 */
  readonly shear?: number;
  /** Mirror every other image, at random. @default false */
  readonly mirror?: boolean;
}

/**
 * Poses of `count` images. An image at pose i shows the upright object under the map
 *
 * object -> mirror -> shear -> scale -> rotation -> displacement -> image
 *
 * `angle` and `shift` follow the convention of a model without a latent scale, so that
 * `undoPose(image, shape, { angle, shift })` brings the object back upright and centred, whatever its scale and shear.
 * With a scale and a shear beside them (`poseAt`, invariances `s` and `h`) the shift is `shift S / scale`, where S is
 * the symmetric matrix that the shear leaves besides a rotation (`polarShear`).
 */
export interface Poses {
  readonly count: number;
  /** 2 for images; 1 for signals, which have only a shift. */
  readonly dims: number;
  /**
   * [count], radians, counter-clockwise: the rotation in the polar decomposition of the whole linear map, so
   * that shear does not bias it.
   */
  readonly angle: Float32Array;
  /**
   * [count, dims], units of the [-1, 1] grid, as the pose adds it to rotated coordinates: the object's centre lies at
   * -shift R^-1.
   */
  readonly shift: Float32Array;
  /** [count]; above 1 the object appears larger (the inverse of the `scale` of `undoPose`). */
  readonly scale: Float32Array;
  /**
   * [count, 2], radians: shear along the horizontal and along the vertical axis. See `polarShear` for the latents of a
   * model.
   */
  readonly shear: Float32Array;
  /** [count]; 1 where the object is mirrored (left and right exchanged while it is upright). */
  readonly mirror: Uint8Array;
}

const table = {
  angle: { default: 0 },
  shift: { default: 0 as number | readonly number[] },
  scale: { default: [1, 1] as readonly [number, number] },
  shear: { default: 0 },
  mirror: { default: false },
} satisfies OptionTable<AffineRanges>;

/**
 * Draws a pose for each of `count` images. Each pose uses the same number of random values whatever the ranges, so that
 * changing one range changes only its part.
 * @param dims 2 for images; 1 for signals, for which only a shift is allowed
 * @throws {OptionError} when a half-range is negative, a scale is not positive, or a range is not supported for
 * signals.
 * @example drawPoses(48, { angle: Math.PI, shift: 0.2, scale: [0.8, 1.25], shear: 0.4 }, new RandomStream(1))
 */
export function drawPoses(count: number, ranges: AffineRanges, rng: RandomStream, dims = 2): Poses {
  checkRanges(ranges, dims);
  const {
    angle,
    shift,
    shear,
    scale: [low, high],
    mirror,
  } = withDefaults(ranges, table);
  const [shiftA, shiftB] = shiftRanges(shift, dims);
  const poses: Poses = {
    count,
    dims,
    angle: new Float32Array(count),
    shift: new Float32Array(count * dims),
    scale: new Float32Array(count),
    shear: new Float32Array(2 * count),
    mirror: new Uint8Array(count),
  };
  const within = (half: number): number => half * (2 * rng.next() - 1);
  for (let i = 0; i < count; i++) {
    poses.angle[i] = within(angle);
    const [a, b] = [within(shiftA), within(shiftB)];
    poses.scale[i] = low * (high / low) ** rng.next();
    poses.shear[2 * i] = within(shear);
    poses.shear[2 * i + 1] = within(shear);
    poses.mirror[i] = rng.next() < 0.5 && mirror ? 1 : 0;
    if (dims === 1) {
      poses.shift[i] = -a;
      continue;
    }
    // shift = -displacement R, with R = [[cos, sin], [-sin, cos]].
    const [cos, sin] = [Math.cos(poses.angle[i]), Math.sin(poses.angle[i])];
    poses.shift[2 * i] = -(a * cos - b * sin);
    poses.shift[2 * i + 1] = -(a * sin + b * cos);
  }
  return poses;
}

function shiftRanges(shift: number | readonly number[], dims: number): [number, number] {
  if (typeof shift === 'number') return [shift, dims === 1 ? 0 : shift];
  return [shift[0], dims === 1 ? 0 : shift[1]];
}

/**
 * Checks the ranges of poses.
 * @throws {OptionError} when a range is invalid; the message names it.
 */
export function checkRanges(ranges: AffineRanges, dims = 2): void {
  const { angle, shift, scale, shear, mirror } = resolveOptions('pose ranges', ranges, table);
  const halves: readonly [string, number, number][] = [
    ['angle', angle, Number.POSITIVE_INFINITY],
    ['shear', shear, 1.5],
    ...[shift].flat().map((half): [string, number, number] => ['shift', half, Number.POSITIVE_INFINITY]),
  ];
  for (const [name, half, most] of halves) {
    if (half >= 0 && half < most) continue;
    const bound = most < Number.POSITIVE_INFINITY ? `between 0 and ${most}` : 'a finite number of at least 0';
    throw new OptionError(`The half-range of the ${name} must be ${bound}; got ${half}.`);
  }
  if (typeof shift !== 'number' && shift.length !== dims) {
    throw new OptionError(`shift needs one half-range, or one for each of ${dims} axes; got ${shift.length}.`);
  }
  const [low, high] = scale;
  if (!(low > 0 && high >= low && Number.isFinite(high))) {
    throw new OptionError(`scale must be two positive numbers, the smaller one first; got [${scale.join(', ')}].`);
  }
  if (dims === 1 && (angle > 0 || shear > 0 || mirror || low !== 1 || high !== 1)) {
    throw new OptionError('Signals can be shifted, but not rotated, scaled, sheared or mirrored. Give `shift` only.');
  }
}
