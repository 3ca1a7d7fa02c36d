/** Transforms upright images and signals to given poses: the inverse of `undoPose`, with optional reflection. */
import { OptionError } from 'pyro-ts';
import { type OptionTable, oneOf, resolveOptions } from '../options.js';
import type { Poses } from './drawnPoses.js';
import type { PoseNumbers } from './resample.js';

/** Options of `posedImages`. */
export interface PosedOptions {
  /**
   * Values outside of the upright image: zeros, a continuation of its edge pixels (as in `undoPose`), or one value per
   * channel, the median of the pixels on its border.
   * @default 'edge'
   */
  readonly outside?: Outside;
}

/** Values outside of the upright image; see `PosedOptions`. */
export type Outside = 'zero' | 'edge' | 'border';

export const posedTable = {
  outside: { default: 'edge', ...oneOf(['zero', 'edge', 'border']) },
} satisfies OptionTable<PosedOptions>;

/**
 * Each image at its pose, with (bi)linear interpolation.
 * @param images [count, channels, ...shape], row major
 * @param shape [height, width] of an image or [length] of a signal
 * @param poses one pose per image; see `drawPoses`
 * @returns the posed images, [count, channels, ...shape]
 * @throws {OptionError} when sizes do not match, or `outside` is unknown.
 * @example
 * const poses = drawPoses(count, { angle: Math.PI, shift: 0.2 }, rng);
 * const posed = posedImages(images, [48, 48], 1, poses);
 * undoPose(posed.subarray(0, 48 * 48), [48, 48], poseAt(poses, 0)); // about images.subarray(0, 48 * 48)
 */
export function posedImages(
  images: Float32Array,
  shape: readonly number[],
  channels: number,
  poses: Poses,
  options: PosedOptions = {},
): Float32Array {
  const { outside } = resolveOptions('posedImages', options, posedTable);
  const points = shape.reduce((n, d) => n * d, 1);
  if (images.length !== poses.count * channels * points || poses.dims !== shape.length) {
    throw new OptionError(
      `${images.length} values are not ${poses.count} images (one per pose) of ${channels} channel(s) and shape [${shape.join(', ')}].`,
    );
  }
  const [height, width] = shape.length === 1 ? [1, shape[0]] : shape;
  const out = new Float32Array(images.length);
  const map = new Float64Array(6);
  for (let i = 0; i < poses.count; i++) {
    if (poses.dims === 1) signalMap(map, width, poses.shift[i]);
    else imageMap(map, height, width, poses, i);
    for (let channel = 0; channel < channels; channel++) {
      const at = (i * channels + channel) * points;
      if (outside === 'edge') continueEdge(images, out, at, height, width, map);
      else
        fillOutside(
          images,
          out,
          at,
          height,
          width,
          map,
          outside === 'zero' ? 0 : borderMedian(images, at, height, width),
        );
    }
  }
  return out;
}

/**
 * Pose `i` in the convention of `undoPose` and of models with latent scale and shear, which shift last: the shift is
 * divided by the scale and multiplied by the matrix of the shear. `undoPose` does not undo a reflection.
 */
export function poseAt(poses: Poses, i: number): Required<PoseNumbers> {
  const { dims, angle, shift, scale } = poses;
  const factor = 1 / scale[i];
  const size = new Array<number>(dims).fill(factor);
  if (dims === 1) return { angle: angle[i], shift: [shift[i] * factor], scale: size, shear: [0, 0] };
  const [a, b] = polarShear(poses.shear[2 * i], poses.shear[2 * i + 1]);
  const root = Math.sqrt(1 + a * a + b * b);
  const [p, q] = [shift[2 * i] * factor, shift[2 * i + 1] * factor];
  return {
    angle: angle[i],
    shift: [p * (root + a) + q * b, p * b + q * (root - a)],
    scale: size,
    shear: [a, b],
  };
}

/** The poses at `indices`, in that order. */
export function posesAt(poses: Poses, indices: ArrayLike<number>): Poses {
  const take = <A extends Float32Array | Uint8Array>(from: A, into: A, width: number): A => {
    for (let k = 0; k < indices.length; k++)
      for (let j = 0; j < width; j++) into[k * width + j] = from[indices[k] * width + j];
    return into;
  };
  const n = indices.length;
  return {
    count: n,
    dims: poses.dims,
    angle: take(poses.angle, new Float32Array(n), 1),
    shift: take(poses.shift, new Float32Array(n * poses.dims), poses.dims),
    scale: take(poses.scale, new Float32Array(n), 1),
    shear: take(poses.shear, new Float32Array(2 * n), 2),
    mirror: take(poses.mirror, new Uint8Array(n), 1),
  };
}

/**
 * The angle of the rotation in the polar decomposition of a shear by (shearX, shearY) radians, in radians
 * counter-clockwise. The shear is the one of the card data: x' = x - tan(shearX) y, then y' = y - tan(shearY) x', with
 * x to the right and y downwards.
 */
export const shearAngle = (shearX: number, shearY: number): number => {
  const [x, y] = [Math.tan(shearX), Math.tan(shearY)];
  return Math.atan2(y - x, 2 + x * y);
};

/**
 * The symmetric part of a shear by (shearX, shearY) radians, besides the rotation by `shearAngle`: the two numbers of
 * `PoseTensors.shear`. For a shear along one axis, their length is half the tangent of its angle.
 * @example Math.hypot(...polarShear(Math.atan(0.2), 0)) // 0.1
 */
export function polarShear(shearX: number, shearY: number): [a: number, b: number] {
  const [x, y] = [Math.tan(shearX), Math.tan(shearY)];
  const angle = shearAngle(shearX, shearY);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  // R^-1 [[1, -x], [-y, 1 + x y]], which is symmetric.
  return [(sin * (x + y) - cos * x * y) / 2, sin - cos * y];
}

/** `polarShear` of each pose: [count, 2]. */
export function polarShears({ count, shear }: Poses): Float32Array {
  const out = new Float32Array(2 * count);
  for (let i = 0; i < count; i++) out.set(polarShear(shear[2 * i], shear[2 * i + 1]), 2 * i);
  return out;
}

/**
 * The affine map from a pixel (row, column) of the posed image to one of the upright image, as six numbers: row' = m0 +
 * m1 row + m2 column, column' = m3 + m4 row + m5 column.
 *
 * In grid coordinates u = (a, b), a downwards and b to the left, the posed image at g is the upright one at u = (g -
 * g0) L^-1 with L = mirror * shear * scale * R^-1 and the displacement g0 = -shift R^-1 (row vectors; R = [[cos, sin],
 * [-sin, cos]]).
 */
function imageMap(map: Float64Array, height: number, width: number, poses: Poses, i: number): void {
  const [shearX, shearY] = [poses.shear[2 * i], poses.shear[2 * i + 1]];
  const [sx, sy] = [Math.tan(shearX), Math.tan(shearY)];
  const polar = poses.angle[i];
  const turn = polar - shearAngle(shearX, shearY);
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  const factor = 1 / poses.scale[i];
  // L^-1 = R(turn) / scale * shear^-1 * mirror; shear = [[1 + sx sy, sx], [sy, 1]] has the determinant 1.
  const flip = poses.mirror[i] === 1 ? -factor : factor;
  const aa = (cos - sin * sy) * factor;
  const ab = (-cos * sx + sin * (1 + sx * sy)) * flip;
  const ba = (-sin - cos * sy) * factor;
  const bb = (sin * sx + cos * (1 + sx * sy)) * flip;
  const [shiftA, shiftB] = [poses.shift[2 * i], poses.shift[2 * i + 1]];
  const [c, s] = [Math.cos(polar), Math.sin(polar)];
  const centreA = -(shiftA * c + shiftB * s);
  const centreB = -(-shiftA * s + shiftB * c);
  // Pixels: a = row / halfHeight - 1, b = 1 - column / halfWidth.
  const [halfHeight, halfWidth] = [Math.max(height - 1, 1) / 2, Math.max(width - 1, 1) / 2];
  const [originA, originB] = [-(height - 1) / 2 / halfHeight - centreA, (width - 1) / 2 / halfWidth - centreB];
  map[0] = (height - 1) / 2 + (originA * aa + originB * ba) * halfHeight;
  map[1] = aa;
  map[2] = (-ba * halfHeight) / halfWidth;
  map[3] = (width - 1) / 2 - (originA * ab + originB * bb) * halfWidth;
  map[4] = (-ab * halfWidth) / halfHeight;
  map[5] = bb;
}

function signalMap(map: Float64Array, length: number, shift: number): void {
  map.fill(0);
  map[3] = (-shift * (length - 1)) / 2;
  map[5] = 1;
}

/** Samples the channel that starts at `at`; beyond the border the edge pixels continue. */
function continueEdge(
  from: Float32Array,
  to: Float32Array,
  at: number,
  height: number,
  width: number,
  map: Float64Array,
): void {
  const [m0, m1, m2, m3, m4, m5] = map;
  const [bottom, right] = [height - 1, width - 1];
  for (let row = 0, k = at; row < height; row++) {
    const rowStart = m0 + m1 * row;
    const columnStart = m3 + m4 * row;
    for (let column = 0; column < width; column++, k++) {
      let r = rowStart + m2 * column;
      let c = columnStart + m5 * column;
      r = r < 0 ? 0 : r > bottom ? bottom : r;
      c = c < 0 ? 0 : c > right ? right : c;
      const top = r | 0;
      const left = c | 0;
      const down = r - top;
      const across = c - left;
      const p = at + top * width + left;
      const below = top < bottom ? width : 0;
      const beside = left < right ? 1 : 0;
      const upper = from[p] + (from[p + beside] - from[p]) * across;
      const lower = from[p + below] + (from[p + below + beside] - from[p + below]) * across;
      to[k] = upper + (lower - upper) * down;
    }
  }
}

/** Samples the channel that starts at `at`; beyond the border every pixel is `fill`. */
function fillOutside(
  from: Float32Array,
  to: Float32Array,
  at: number,
  height: number,
  width: number,
  map: Float64Array,
  fill: number,
): void {
  const [m0, m1, m2, m3, m4, m5] = map;
  for (let row = 0, k = at; row < height; row++) {
    const rowStart = m0 + m1 * row;
    const columnStart = m3 + m4 * row;
    for (let column = 0; column < width; column++, k++) {
      const r = rowStart + m2 * column;
      const c = columnStart + m5 * column;
      if (!(r > -1 && r < height && c > -1 && c < width)) {
        to[k] = fill;
        continue;
      }
      const top = Math.floor(r);
      const left = Math.floor(c);
      const down = r - top;
      const across = c - left;
      const p = at + top * width + left;
      const isTop = top >= 0;
      const isBottom = top + 1 < height;
      const isLeft = left >= 0;
      const isRight = left + 1 < width;
      const upperLeft = isTop && isLeft ? from[p] : fill;
      const upperRight = isTop && isRight ? from[p + 1] : fill;
      const lowerLeft = isBottom && isLeft ? from[p + width] : fill;
      const lowerRight = isBottom && isRight ? from[p + width + 1] : fill;
      const upper = upperLeft + (upperRight - upperLeft) * across;
      const lower = lowerLeft + (lowerRight - lowerLeft) * across;
      to[k] = upper + (lower - upper) * down;
    }
  }
}

/** The median of the pixels on the border of an image; of the two ends of a signal. */
function borderMedian(images: Float32Array, at: number, height: number, width: number): number {
  const border = height > 1 ? [] : [images[at], images[at + width - 1]];
  if (height > 1) {
    for (let column = 0; column < width; column++)
      border.push(images[at + column], images[at + (height - 1) * width + column]);
    for (let row = 1; row < height - 1; row++)
      border.push(images[at + row * width], images[at + row * width + width - 1]);
  }
  border.sort((a, b) => a - b);
  const middle = border.length >> 1;
  return border.length % 2 === 1 ? border[middle] : (border[middle - 1] + border[middle]) / 2;
}
