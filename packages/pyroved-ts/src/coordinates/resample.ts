/** Transforms images and signals by their pose, on the host. */
import { OptionError } from 'pyro-ts';

/** The pose of one image as numbers. Omitted parts are the identity. */
export interface PoseNumbers {
  /** Radians, counter-clockwise. */
  readonly angle?: number;
  /** One factor for each axis, in the order of the coordinates; above 1 the object appears smaller. */
  readonly scale?: readonly number[];
  /** One number for each axis, in the units of the [-1, 1] grid. */
  readonly shift?: readonly number[];
  /** Two numbers, for images; see `PoseTensors.shear`. */
  readonly shear?: readonly number[];
}

/**
 * Transforms a picture to the upright pose: the value at u is that of the picture at the grid point that the pose maps to
 * u, with (bi)linear interpolation. Beyond the border, the edge pixels continue.
 * @param picture one channel, row major, with as many values as `shape` has points
 * @param shape [height, width] or [length]
 * @param pose the pose of the object in the picture
 * @throws {OptionError} when a scale is 0.
 * @example
 * const { angle, shift } = vae.encode(images);
 * const upright = undoPose(imageAt(images, 0), [48, 48], { angle: angle[0], shift: [...shift.subarray(0, 2)] });
 */
export function undoPose(picture: Float32Array, shape: readonly number[], pose: PoseNumbers): Float32Array {
  if (shape.length === 1) return undoShift(picture, pose.shift?.[0] ?? 0);
  const [height, width] = shape;
  const [scaleA, scaleB] = pose.scale ?? [1, 1];
  const [shiftA, shiftB] = pose.shift ?? [0, 0];
  const [shearA, shearB] = pose.shear ?? [0, 0];
  const root = Math.sqrt(1 + shearA * shearA + shearB * shearB);
  if (scaleA === 0 || scaleB === 0) throw new OptionError('A pose with scale 0 cannot be undone.');
  const [cos, sin] = [Math.cos(pose.angle ?? 0), Math.sin(pose.angle ?? 0)];
  const out = new Float32Array(height * width);
  for (let row = 0; row < height; row++) {
    const p = toCoordinate(row, height) - shiftA;
    for (let column = 0; column < width; column++) {
      const q = -toCoordinate(column, width) - shiftB;
      // Shear, scale and rotation are undone in turn: (p, q) S^-1 / scale R^-1. Then back from coordinates to pixels.
      const a = (p * (root - shearA) - q * shearB) / scaleA;
      const b = (q * (root + shearA) - p * shearB) / scaleB;
      const sourceRow = toIndex(a * cos + b * sin, height);
      const sourceColumn = toIndex(a * sin - b * cos, width);
      out[row * width + column] = bilinear(picture, height, width, sourceRow, sourceColumn);
    }
  }
  return out;
}

function undoShift(signal: Float32Array, shift: number): Float32Array {
  const n = signal.length;
  return signal.map((_, i) => bilinear(signal, 1, n, 0, toIndex(toCoordinate(i, n) + shift, n)));
}

export const toCoordinate = (index: number, size: number): number => (size > 1 ? (2 * index) / (size - 1) - 1 : 0);
export const toIndex = (coordinate: number, size: number): number => ((coordinate + 1) / 2) * (size - 1);
const clamp = (x: number, size: number): number => Math.min(Math.max(x, 0), size - 1);

function bilinear(picture: Float32Array, height: number, width: number, row: number, column: number): number {
  const [r, c] = [clamp(row, height), clamp(column, width)];
  const [top, left] = [Math.floor(r), Math.floor(c)];
  const [bottom, right] = [clamp(top + 1, height), clamp(left + 1, width)];
  const [down, across] = [r - top, c - left];
  const upper = picture[top * width + left] * (1 - across) + picture[top * width + right] * across;
  const lower = picture[bottom * width + left] * (1 - across) + picture[bottom * width + right] * across;
  return upper * (1 - down) + lower * down;
}
