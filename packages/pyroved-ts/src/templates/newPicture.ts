/** A first picture for a class without labels: found among the images that the known classes explain worst. */
import * as tf from '@tensorflow/tfjs';
import { undoPose } from '../coordinates/index.js';
import { tidyHost } from '../tidyHost.js';
import { bestCandidates, type Candidates, explain, type TemplateScene } from './explain.js';
import { shiftOf } from './geometry.js';

/** Images and how well they are explained so far. */
export interface Unexplained {
  /** [n, channels * points], row major. */
  readonly images: Float32Array;
  /** log p(image) in nats by the best of the classes so far, [n]. */
  readonly evidence: ArrayLike<number>;
  readonly shape: readonly number[];
  readonly channels: number;
}

/** Of the worst-explained images, how many are tried as pictures; the share of all images that they are held against; and their poses. */
const [TRIED, SHARE, ANGLES, STEPS] = [8, 0.25, 24, 3];

/** Images that are averaged. */
const AVERAGED = 40;

/**
 * The picture [channels * points] that explains the worst-explained images best: each of the worst few is tried as a picture of the others, rotated, shifted
 * and deformed, and the one that gains most evidence is averaged with those that it explains better than the classes so far, put upright as it is.
 * @param sceneOf the scene of images [n, channels * points] with pictures [g, channels, height, width] in place of the model's
 */
export function newPicture(
  { images, evidence, shape, channels }: Unexplained,
  sceneOf: (images: tf.Tensor2D, pictures: tf.Tensor4D) => TemplateScene,
): Float32Array {
  const size = images.length / evidence.length;
  const order = Array.from(evidence, (_, i) => i).sort((a, b) => evidence[a] - evidence[b]);
  const others = order.slice(0, Math.max(TRIED, Math.ceil(SHARE * order.length)));
  const rowsOf = (indices: readonly number[]): Float32Array => {
    const rows = new Float32Array(indices.length * size);
    indices.forEach((index, i) => {
      rows.set(images.subarray(index * size, (index + 1) * size), i * size);
    });
    return rows;
  };
  const tried = centred(rowsOf(order.slice(0, TRIED)), shape, channels);
  const count = tried.length / size;
  const compared = rowsOf(others);
  const { theta, gains, dim } = tidyHost(() => {
    const pictures = tf.tensor4d(tried, [count, channels, shape[0], shape[1]]);
    const scene = sceneOf(tf.tensor2d(compared, [others.length, size]), pictures);
    const contents = scene.templates.field.shape[0];
    const found = anyAngle(compared, others.length, count, 3 + contents, shape, channels);
    const best = explain(scene, bestCandidates(scene, found, 1, undefined), STEPS, undefined);
    const gains = best.evidence.map((e, row) => e - evidence[others[Math.floor(row / count)]]);
    return { theta: best.theta, gains, dim: best.dim };
  });
  const totals = Array.from({ length: count }, (_, j) =>
    others.reduce((sum, _image, i) => sum + Math.max(0, gains[i * count + j]), 0),
  );
  const chosen = totals.indexOf(Math.max(...totals));
  const alike = others
    .map((_, i) => i)
    .filter((i) => gains[i * count + chosen] > 0)
    .sort((a, b) => gains[b * count + chosen] - gains[a * count + chosen])
    .slice(0, AVERAGED);
  if (alike.length === 0) return tried.slice(chosen * size, (chosen + 1) * size);
  const mean = new Float32Array(size);
  const points = size / channels;
  for (const i of alike) {
    const at = (i * count + chosen) * dim;
    const pose = { angle: theta[at], shift: shiftOf(theta[at], theta[at + 1], theta[at + 2], shape) };
    for (let c = 0; c < channels; c++) {
      const from = i * size + c * points;
      undoPose(compared.subarray(from, from + points), shape, pose).forEach((v, p) => {
        mean[c * points + p] += v / alike.length;
      });
    }
  }
  return mean;
}

/** Candidates at any angle, displaced by the centre of mass of the image, without content. */
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

/** Candidates at each of `angles` for images of the given moments [count, 3], without content. */
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

/** Rightwards and downwards in half widths of the image, the centre of what stands out from the median; and the root mean square distance of it from there. */
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

/** Images moved so that their centre of mass is in the middle. */
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
