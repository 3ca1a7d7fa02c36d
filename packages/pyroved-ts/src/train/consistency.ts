/** Consistency: unlabelled images of certain class are shown at new poses, since the class does not depend on the pose. */
import type { AffineRanges } from '../coordinates/index.js';
import { isCircle } from '../models/recognitionOptions.js';

/** Probability above which a class counts as certain. */
const CERTAIN = 0.95;

/** Fraction of the ranges from which new poses are drawn. */
const FURTHER = 0.5;

/**
 * The likeliest classes and their weights: 0 for uncertain images, and reduced for classes with more than twice the
 * mean number of certain images.
 */
export function certainClasses(
  probabilities: Float32Array,
  numClasses: number,
): { classes: Int32Array; weights: Float32Array } {
  const count = probabilities.length / numClasses;
  const classes = new Int32Array(count);
  const weights = new Float32Array(count);
  const certain = new Array<number>(numClasses).fill(0);
  for (let i = 0; i < count; i++) {
    const row = probabilities.subarray(i * numClasses, (i + 1) * numClasses);
    classes[i] = row.indexOf(Math.max(...row));
    weights[i] = row[classes[i]] > CERTAIN ? 1 : 0;
    certain[classes[i]] += weights[i];
  }
  const share = certain.reduce((a, b) => a + b, 0) / numClasses;
  return { classes, weights: weights.map((w, i) => w * Math.min(1, (2 * share) / Math.max(certain[classes[i]], 1))) };
}

/** The ranges of the new poses of unlabelled images: a fraction of those of the labelled ones; a full circle of angles stays full. */
export function furtherRanges({
  angle = 0,
  shift = 0,
  scale: [low, high] = [1, 1],
  shear = 0,
}: AffineRanges): AffineRanges {
  const half = (x: number): number => FURTHER * x;
  return {
    angle: isCircle(angle) ? Math.PI : half(angle),
    shift: typeof shift === 'number' ? half(shift) : shift.map(half),
    scale: [low ** FURTHER, high ** FURTHER],
    shear: half(shear),
  };
}
