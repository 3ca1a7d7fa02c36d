/** The initial pictures of a template model: averages of groups of similar labelled images of each class. */
import { gather } from '../data/index.js';
import type { TrainingImages } from './data.js';

/** Number of iterations of k-means, enough to converge on few images. */
const ROUNDS = 20;

/**
 * The means of `perClass` groups of the labelled images of each class, [numClasses * perClass, channels * points]; zero
 * for a class without labelled images. If a class has fewer labelled images than pictures, some pictures are
 * duplicates.
 */
export function firstPictures(set: TrainingImages, numClasses: number, perClass: number): Float32Array {
  const images = gather(
    set,
    Int32Array.from({ length: set.count }, (_, i) => i),
  );
  const size = images.length / set.count;
  const out = new Float32Array(numClasses * perClass * size);
  for (let k = 0; k < numClasses; k++) {
    const members = Array.from({ length: set.count }, (_, i) => i).filter((i) => (set.labels?.[i] ?? 0) === k);
    const rows = members.map((i) => images.subarray(i * size, (i + 1) * size));
    if (rows.length === 0) continue;
    groupMeans(rows, perClass).forEach((mean, t) => {
      out.set(mean, (k * perClass + t) * size);
    });
  }
  return out;
}

/**
 * k-means, initialised by the image closest to the mean and, successively, the image farthest from all previous ones.
 */
function groupMeans(rows: readonly Float32Array[], groups: number): Float32Array[] {
  const whole = meanOf(rows);
  if (groups === 1) return [whole];
  let centres = [nearest(whole, rows)];
  while (centres.length < groups) {
    const gaps = rows.map((row) => Math.min(...centres.map((centre) => distance(row, centre))));
    centres.push(rows[gaps.indexOf(Math.max(...gaps))]);
  }
  for (let round = 0; round < ROUNDS; round++) {
    const own = rows.map((row) => indexOfNearest(row, centres));
    centres = centres.map((centre, t) => {
      const members = rows.filter((_, i) => own[i] === t);
      return members.length > 0 ? meanOf(members) : centre;
    });
  }
  return centres;
}

function meanOf(rows: readonly Float32Array[]): Float32Array {
  const sum = new Float32Array(rows[0].length);
  for (const row of rows) for (let p = 0; p < sum.length; p++) sum[p] += row[p];
  return sum.map((v) => v / rows.length);
}

const distance = (a: Float32Array, b: Float32Array): number => a.reduce((sum, v, p) => sum + (v - b[p]) ** 2, 0);

function indexOfNearest(row: Float32Array, all: readonly Float32Array[]): number {
  const distances = all.map((other) => distance(row, other));
  return distances.indexOf(Math.min(...distances));
}

const nearest = (row: Float32Array, all: readonly Float32Array[]): Float32Array => all[indexOfNearest(row, all)];
