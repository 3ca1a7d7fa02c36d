/** Copies of upright images at known angles, from which the zero of a model's angles is measured. */
import { posedImages } from '../../coordinates/posedImages.js';
import { gather, type ImageSet, imageSet, type StreamedSet } from '../../data/index.js';

/** Number of different angles. */
const ANGLES = 7;
/** A class has at least so many copies. */
const COPIES = 3 * ANGLES;

/** Images at known angles. */
export interface TurnedImages {
  readonly set: ImageSet;
  /** Of each image, in radians counter-clockwise. */
  readonly angles: Float32Array;
  /** Class of each image. */
  readonly labels: Int32Array;
}

/**
 * Copies of the labelled images of a set, turned by angles that are spread evenly over [-range, range]. The error of an inferred angle depends on the angle,
 * with the period of the views from which it is inferred, so that images at one angle would not show its mean.
 * @param range half-range in radians; pi for a full circle
 */
export function turnedCopies(set: ImageSet | StreamedSet, range: number): TurnedImages {
  const { shape, channels, labels = [] } = set;
  const labelled = Array.from(labels, (label, i) => ({ label, i })).filter(({ label }) => label >= 0);
  const counts = new Map<number, number>();
  for (const { label } of labelled) counts.set(label, (counts.get(label) ?? 0) + 1);
  const used = new Map<number, number>();
  const copies = labelled.flatMap(({ label, i }) =>
    Array.from({ length: Math.min(ANGLES, Math.ceil(COPIES / (counts.get(label) ?? 1))) }, () => {
      const k = used.get(label) ?? 0;
      used.set(label, k + 1);
      return { label, i, angle: angleOf(k % ANGLES, range) };
    }),
  );
  const count = copies.length;
  const angles = Float32Array.from(copies, ({ angle }) => angle);
  const images = gather(
    set,
    copies.map(({ i }) => i),
  );
  const poses = {
    ...{ count, dims: 2, angle: angles, shift: new Float32Array(2 * count), scale: new Float32Array(count).fill(1) },
    ...{ shear: new Float32Array(2 * count), mirror: new Uint8Array(count) },
  };
  return {
    set: imageSet({ images: posedImages(images, shape, channels, poses), shape, channels }),
    ...{ angles, labels: Int32Array.from(copies, ({ label }) => label) },
  };
}

/** Of a full circle, the ends are the same. */
function angleOf(k: number, range: number): number {
  if (range < Math.PI) return range * ((2 * k) / (ANGLES - 1) - 1);
  const angle = (2 * Math.PI * k) / ANGLES;
  return angle > Math.PI ? angle - 2 * Math.PI : angle;
}
