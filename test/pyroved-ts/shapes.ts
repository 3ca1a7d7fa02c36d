/** Small images of blobs with known poses, drawn from formulas, for tests of models and trainers. */
import { RandomStream } from 'pyro-ts';
import { type ImageSet, imageSet } from 'pyroved-ts';

/** Places of blobs as (right, up) in units of half the image. */
type Blobs = readonly (readonly [x: number, y: number])[];

/** An "L": no symmetry. */
export const ell: Blobs = [
  [0, 0.6],
  [0, 0.2],
  [0, -0.2],
  [0.4, -0.2],
];
/** A bar and a corner, which a turned classifier mistakes for each other. */
export const bar: Blobs = [
  [0, 0.6],
  [0, 0.2],
  [0, -0.2],
  [0, -0.6],
];

/** Blobs turned counter-clockwise by `angle` (radians) and moved by (right, up): `size` x `size` values in [0, 1]. */
export function draw(blobs: Blobs, size: number, angle: number, [dx, dy] = [0, 0]): Float32Array {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const centres = blobs.map(([x, y]) => [c * x - s * y + dx, s * x + c * y + dy]);
  return Float32Array.from({ length: size * size }, (_, i) => {
    const x = (2 * (i % size)) / (size - 1) - 1;
    const y = 1 - (2 * Math.floor(i / size)) / (size - 1);
    const sum = centres.reduce((n, [a, b]) => n + Math.exp(-((x - a) ** 2 + (y - b) ** 2) / 0.06), 0);
    return Math.min(1, sum);
  });
}

/** `count` images, each of a random class, turned by up to `range` radians either way; `factors.angle` holds the angles in radians. */
export function turned(classes: readonly Blobs[], count: number, size: number, range: number, seed: string): ImageSet {
  const rng = new RandomStream(seed);
  const labels = Int32Array.from({ length: count }, (_, i) => i % classes.length);
  const angle = Float32Array.from(labels, () => range * (2 * rng.next() - 1));
  const images = new Float32Array(count * size * size);
  labels.forEach((k, i) => {
    images.set(draw(classes[k], size, angle[i]), i * size * size);
  });
  return imageSet({ images, labels, shape: [size, size], factors: { angle } });
}

/** The circular correlation of two lists of angles; source: Jammalamadaka & SenGupta 2001, section 8.2. */
export function circularCorrelation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const centred = (x: ArrayLike<number>): number[] => {
    const all = Array.from(x);
    const mean = Math.atan2(
      all.reduce((n, v) => n + Math.sin(v), 0),
      all.reduce((n, v) => n + Math.cos(v), 0),
    );
    return all.map((v) => Math.sin(v - mean));
  };
  const [u, v] = [centred(a), centred(b)];
  const dot = (p: number[], q: number[]): number => p.reduce((n, x, i) => n + x * q[i], 0);
  return dot(u, v) / Math.sqrt(dot(u, u) * dot(v, v));
}

/** As `circularCorrelation`, for angles anywhere on the circle, whose mean says nothing; source: Fisher & Lee 1983, from differences within pairs. */
export function pairedCorrelation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const [u, v] = [a, b].map((x) => Array.from(x).flatMap((p, i, all) => all.slice(0, i).map((q) => Math.sin(p - q))));
  const dot = (p: number[], q: number[]): number => p.reduce((n, x, i) => n + x * q[i], 0);
  return dot(u, v) / Math.sqrt(dot(u, u) * dot(v, v));
}
