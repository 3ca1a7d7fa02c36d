/**
 * Candidate poses of images about which nothing is known: any angle, at the centre of mass of the object.
 */
import { undoPose } from '../coordinates/index.js';
import type { Candidates } from './explain.js';
import { shiftOf } from './geometry.js';

/** Number of angles. */
const ANGLES = 24;

/** Candidates at each of `angles` (by default evenly spaced), at the centre of mass of each image, without content. */
export function anyAngle(
  images: Float32Array,
  count: number,
  pictures: number,
  dim: number,
  shape: readonly number[],
  channels: number,
  angles: readonly number[] = Array.from({ length: ANGLES }, (_, i) => (2 * Math.PI * i) / ANGLES),
): Candidates {
  return candidatesAround(momentsOf(images, count, shape, channels), pictures, dim, angles);
}

/** Candidates at each of `angles` for images with the given moments [count, 3], without content. */
export function candidatesAround(
  moments: Float64Array,
  pictures: number,
  dim: number,
  angles: readonly number[],
): Candidates {
  const count = moments.length / 3;
  const theta = new Float64Array(count * pictures * angles.length * dim);
  let at = 0;
  for (let i = 0; i < count; i++) {
    for (let row = 0; row < pictures * angles.length; row++, at += dim) {
      theta[at] = angles[row % angles.length];
      theta[at + 1] = moments[3 * i];
      theta[at + 2] = moments[3 * i + 1];
    }
  }
  return { count, pictures, candidates: angles.length, dim, theta };
}

/** Centre of mass and spread of each image, [count, 3]; see `centreOfMass`. */
export function momentsOf(
  images: Float32Array,
  count: number,
  shape: readonly number[],
  channels: number,
): Float64Array {
  const size = images.length / count;
  const moments = new Float64Array(3 * count);
  for (let i = 0; i < count; i++) {
    moments.set(centreOfMass(images.subarray(i * size, (i + 1) * size), shape, channels), 3 * i);
  }
  return moments;
}

/**
 * The centre of mass of the deviation from the median, rightwards and downwards in half widths of the image, and the root
 * mean square distance from it.
 */
export function centreOfMass(image: Float32Array, [height, width]: readonly number[], channels: number): number[] {
  const points = height * width;
  let [mass, right, down, square] = [0, 0, 0, 0];
  for (let c = 0; c < channels; c++) {
    const own = image.subarray(c * points, (c + 1) * points);
    const sorted = Float32Array.from(own).sort();
    const middle = sorted[points >> 1];
    const spread = sorted.map((v) => Math.abs(v - middle)).sort()[points >> 1];
    const background = 4 * spread;
    own.forEach((v, p) => {
      const weight = Math.max(0, Math.abs(v - middle) - background);
      mass += weight;
      const [x, y] = [(2 * (p % width) + 1) / width - 1, (2 * Math.floor(p / width) + 1) / height - 1];
      right += weight * x;
      down += weight * y;
      square += weight * (x * x + y * y);
    });
  }
  if (!(mass > 0)) return [0, 0, 0];
  const [x, y] = [right / mass, down / mass];
  return [x, y, Math.sqrt(Math.max(0, square / mass - x * x - y * y))];
}

/** Images shifted so that their centre of mass is at the centre of the image. */
export function centred(images: Float32Array, shape: readonly number[], channels: number): Float32Array {
  const points = shape[0] * shape[1];
  const size = channels * points;
  const out = new Float32Array(images.length);
  for (let at = 0; at < images.length; at += size) {
    const [right, down] = centreOfMass(images.subarray(at, at + size), shape, channels);
    const shift = shiftOf(0, right, down, shape);
    for (let c = 0; c < channels; c++) {
      const from = at + c * points;
      out.set(undoPose(images.subarray(from, from + points), shape, { shift }), from);
    }
  }
  return out;
}
