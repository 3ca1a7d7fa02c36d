/** Whether the labelled images of a class have a common orientation, and whether mirror images occur. */
import { posedImages } from '../coordinates/index.js';
import { gather, type ImageSet, imageSize, type StreamedSet } from './dataset.js';

/** Number of rotations compared: one every 30 degrees. */
const TURNS = 12;

/** Correlations that differ by less than this fraction of their range are equal: those of symmetric objects at rotations that leave them as they look. */
const EQUAL = 0.05;

/** Number of images used: in total, and at most and at least for each class. */
const [IMAGES, MOST, LEAST] = [240, 16, 4];

/**
 * The fraction of labelled images that correlate best, or about as well as at best, with another image of their class when
 * that is not rotated, among twelve rotations: near 1 for upright images, about a quarter for arbitrarily oriented objects (three of the twelve
 * rotations count as none), and a little more. The pixels within a circle are compared.
 * @param set images with labels
 * @param numClasses number of classes
 * @param fewest minimum number of images that have another one of their class
 * @returns undefined if there are fewer
 * @example
 * uprightFraction(labelled, classNames.length); // 1 for letters, .3 for particles
 */
export function uprightFraction(set: ImageSet | StreamedSet, numClasses: number, fewest = 8): number | undefined {
  const classes = comparedClasses(set, numClasses, fewest);
  if (!classes) return undefined;
  const upright = classes.flatMap((indices) => {
    const rotated = atRotations(set, indices, 0);
    return indices.map((_, i) => {
      const own = correlations(i, rotated[0], rotated);
      const [best, worst] = [Math.max(...own), Math.min(...own)];
      return Math.max(own[0], own[1], own[TURNS - 1]) >= best - EQUAL * (best - worst);
    });
  });
  return share(upright);
}

/**
 * The fraction of labelled images that correlate better with the mirror image of another one of their class, at any of
 * twelve rotations, than with the other one itself, in the class with the smallest fraction: about a half if both kinds
 * occur, near 0 for letters. Parameters as for `uprightFraction`.
 * @example
 * mirroredFraction(labelled, classNames.length); // 0 for letters, .4 for particles
 */
export function mirroredFraction(set: ImageSet | StreamedSet, numClasses: number, fewest = 8): number | undefined {
  const classes = comparedClasses(set, numClasses, fewest);
  if (!classes) return undefined;
  const found = classes.map((indices) => {
    const [asIs, inMirror] = [0, 1].map((mirror) => atRotations(set, indices, mirror));
    return share(
      indices.map(
        (_, i) => Math.max(...correlations(i, asIs[0], inMirror)) > Math.max(...correlations(i, asIs[0], asIs)),
      ),
    );
  });
  return Math.min(...found);
}

const share = (held: readonly boolean[]): number => held.filter(Boolean).length / held.length;

/** Indices of the images to compare, by class; undefined if there are fewer than `fewest`. */
function comparedClasses(
  { labels, shape }: ImageSet | StreamedSet,
  numClasses: number,
  fewest: number,
): number[][] | undefined {
  if (!labels || shape.length !== 2) return undefined;
  const perClass = Math.min(MOST, Math.max(LEAST, Math.floor(IMAGES / numClasses)));
  const members = Array.from({ length: numClasses }, (): number[] => []);
  labels.forEach((label, i) => {
    if (label >= 0 && label < numClasses && members[label].length < perClass) members[label].push(i);
  });
  const several = members.filter(({ length }) => length > 1);
  return several.flat().length < fewest ? undefined : several;
}

/** The images at `indices` at each of the rotations, or their mirror images. */
function atRotations(set: ImageSet | StreamedSet, indices: readonly number[], mirror: number): Float32Array[][] {
  const { shape, channels } = set;
  const size = imageSize(set);
  const images = gather(set, indices);
  return Array.from({ length: TURNS }, (_, turn) => {
    const poses = rotations(indices.length, (2 * Math.PI * turn) / TURNS, mirror);
    const seen = withinCircle(posedImages(images, shape, channels, poses), shape, size);
    return indices.map((__, i) => seen.subarray(i * size, (i + 1) * size));
  });
}

/** The largest correlation of image `i` with another one, at each rotation of the others. */
const correlations = (i: number, images: readonly Float32Array[], rotated: readonly Float32Array[][]): number[] =>
  rotated.map((others) => Math.max(...others.map((other, j) => (j === i ? -Infinity : product(images[i], other)))));

const rotations = (count: number, angle: number, mirror: number) => ({
  count,
  dims: 2,
  angle: new Float32Array(count).fill(angle),
  shift: new Float32Array(2 * count),
  scale: new Float32Array(count).fill(1),
  shear: new Float32Array(2 * count),
  mirror: new Uint8Array(count).fill(mirror),
});

/**
 * Each channel of each image minus its mean within the largest circle, 0 outside of it, and each image scaled to a sum
 * of squares of 1 (0 if it is constant).
 */
function withinCircle(images: Float32Array, [height, width]: readonly number[], size: number): Float32Array {
  const points = height * width;
  const radius = Math.min(height, width) / 2;
  const inside = Array.from({ length: points }, (_, p) => p).filter(
    (p) => Math.hypot(Math.floor(p / width) + 0.5 - height / 2, (p % width) + 0.5 - width / 2) <= radius,
  );
  const out = new Float32Array(images.length);
  for (let from = 0; from < images.length; from += points) {
    const mean = inside.reduce((sum, p) => sum + images[from + p], 0) / inside.length;
    for (const p of inside) out[from + p] = images[from + p] - mean;
  }
  for (let from = 0; from < out.length; from += size) {
    const image = out.subarray(from, from + size);
    const length = Math.sqrt(product(image, image));
    if (length > 0) for (let p = 0; p < size; p++) image[p] /= length;
  }
  return out;
}

function product(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let p = 0; p < a.length; p++) sum += a[p] * b[p];
  return sum;
}
