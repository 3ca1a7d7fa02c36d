/**
 * Random affine transforms of images, in the paper's order: shear, then rotation and scale about the centre, then a
 * shift.
 */
import type { RandomStream } from 'pyro-ts';

/** One affine transform of an image. */
export interface Pose {
  /** Degrees counter-clockwise, as seen on the screen. */
  readonly angle: number;
  /** Degrees, along x and along y. */
  readonly shearX: number;
  readonly shearY: number;
  /** Isotropic magnification. */
  readonly scale: number;
  /** Pixels to the right. */
  readonly tx: number;
  /** Pixels downwards. */
  readonly ty: number;
}

/** Ranges from which poses are drawn uniformly. */
export interface PoseRanges {
  /** Half-width in degrees: angles lie in `[-angle, angle]`. */
  readonly angle: number;
  /** Half-width in degrees, for both shears. */
  readonly shear: number;
  readonly scale: readonly [number, number];
  /** Half-width of the shift as a fraction of the image's width. */
  readonly translation: number;
  /** Which way images are shifted; the paper's own run shifted them vertically only. */
  readonly axes: 'vertical' | 'both';
}

const RADIANS = Math.PI / 180;

/**
 * Draws a pose for images of `width` pixels. Takes six numbers from the stream whatever the ranges, so that a range
 * changes only its own factor.
 */
export function drawPose(stream: RandomStream, ranges: PoseRanges, width: number): Pose {
  const within = (half: number) => half * (2 * stream.next() - 1);
  const angle = within(ranges.angle);
  const shearX = within(ranges.shear);
  const shearY = within(ranges.shear);
  const [low, high] = ranges.scale;
  const scale = low + (high - low) * stream.next();
  const ty = within(ranges.translation * width);
  const horizontal = within(ranges.translation * width);
  return { angle, shearX, shearY, scale, tx: ranges.axes === 'both' ? horizontal : 0, ty };
}

/** The linear part [[a, b], [c, d]] of a pose's map, on (x right, y down), as [a, b, c, d]. */
function linearPart(pose: Pose): readonly [a: number, b: number, c: number, d: number] {
  const cos = pose.scale * Math.cos(pose.angle * RADIANS);
  const sin = pose.scale * Math.sin(pose.angle * RADIANS);
  const sx = Math.tan(pose.shearX * RADIANS);
  const sy = Math.tan(pose.shearY * RADIANS);
  // [[cos, sin], [-sin, cos]] turns counter-clockwise where y points down. The shear matrix is [[1, -sx], [-sy, 1 + sx
  // * sy]].
  return [cos - sin * sy, -cos * sx + sin * (1 + sx * sy), -sin - cos * sy, sin * sx + cos * (1 + sx * sy)];
}

/**
 * The rotation in a pose's map, in radians counter-clockwise as seen: its linear part is R P with P symmetric and positive, and
 * R the nearest rotation. Without shear this is `pose.angle`; with it the two differ by a few degrees, and R is what an object
 * looks rotated by.
 */
export function polarAngle(pose: Pose): number {
  const [a, b, c, d] = linearPart(pose);
  return Math.atan2(b - c, a + d);
}

/**
 * Writes `source` in pose `pose` to `target` (both `height * width`): M = [rotation * scale about the centre, plus (tx,
 * ty)] * shear, the target sampled with the inverse of M, bilinearly, with zeros outside. Coordinates are (x right, y
 * down) with pixel centres at whole numbers.
 */
export function warp(source: Float32Array, target: Float32Array, height: number, width: number, pose: Pose): void {
  const [a, b, c, d] = linearPart(pose);
  const det = a * d - b * c;
  const centreX = (width - 1) / 2;
  const centreY = (height - 1) / 2;
  for (let row = 0, i = 0; row < height; row++) {
    const dy = row - centreY - pose.ty;
    for (let col = 0; col < width; col++, i++) {
      const dx = col - centreX - pose.tx;
      const x = (d * dx - b * dy) / det + centreX;
      const y = (a * dy - c * dx) / det + centreY;
      target[i] = bilinear(source, height, width, x, y);
    }
  }
}

/** The value at a point between pixels; zero outside the image. */
function bilinear(source: Float32Array, height: number, width: number, x: number, y: number): number {
  if (!(x > -1 && x < width && y > -1 && y < height)) return 0;
  const x0 = Math.floor(x);
  const y0 = Math.floor(y);
  const fx = x - x0;
  const fy = y - y0;
  const left = x0 >= 0;
  const right = x0 + 1 < width;
  let value = 0;
  if (y0 >= 0) {
    const row = y0 * width + x0;
    if (left) value += (1 - fy) * (1 - fx) * source[row];
    if (right) value += (1 - fy) * fx * source[row + 1];
  }
  if (y0 + 1 < height) {
    const row = (y0 + 1) * width + x0;
    if (left) value += fy * (1 - fx) * source[row];
    if (right) value += fy * fx * source[row + 1];
  }
  return value;
}
