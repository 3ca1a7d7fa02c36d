/**
 * Statistics of the border of an image: the level of the background, and its unevenness before and after a fit is
 * subtracted.
 */
import { basisAt, type FitPlan, subtractFit } from './polynomial.js';

/** Number of segments on each side of the border. */
const SIDE = 4;

/** Robust statistics of one image. */
export interface BorderFigures {
  /** Median over the segments of the border of their medians. */
  readonly level: number;
  /** Interquartile range of these medians, corrected for noise. */
  readonly uneven: number;
  /** The same after a plane, or a polynomial of degree 2, is subtracted from the medians. */
  readonly unevenBesidePlane: number;
  readonly unevenBesidePolynomial: number;
  /** 98th percentile of the difference from the level, smoothed over 3 x 3 pixels. */
  readonly contrast: number;
}

/** A function that measures images of shape [height, width]. */
export function borderMeter([height, width]: readonly number[]): (image: Float32Array) => BorderFigures {
  const segments = segmentsOf(height, width);
  const smallest = Math.min(...segments.map((segment) => segment.length));
  const [plane, polynomial] = ([1, 2] as const).map((degree) => planOfSegments(segments, height, width, degree));
  return (image) => {
    const medians = Float32Array.from(segments, (segment) =>
      quantile(
        segment.map((p) => image[p]),
        0.5,
      ),
    );
    // Quartiles of normal noise are 1.35 standard deviations apart, and that of a median is 1.25 times that of a mean.
    const fromNoise = (1.35 * 1.25 * noiseOf(image, width, segments)) / Math.sqrt(smallest);
    const spread = (values: Float32Array) => {
      const distance = quantile(values, 0.75) - quantile(values, 0.25);
      return Math.sqrt(Math.max(0, distance ** 2 - fromNoise ** 2));
    };
    const beside = (plan: FitPlan) => {
      const rest = medians.slice();
      subtractFit(rest, plan);
      return spread(rest);
    };
    const level = quantile(medians, 0.5);
    return {
      level,
      uneven: spread(medians),
      unevenBesidePlane: beside(plane),
      unevenBesidePolynomial: beside(polynomial),
      contrast: contrastOf(image, height, width, level),
    };
  };
}

/** The pixels of each segment of a frame that is a sixteenth of the image wide. */
function segmentsOf(height: number, width: number): number[][] {
  const depth = Math.max(1, Math.round(Math.min(height, width) / 16));
  const segments: number[][] = Array.from({ length: 4 * SIDE }, () => []);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const distances = [y, width - 1 - x, height - 1 - y, x];
      const side = distances.indexOf(Math.min(...distances));
      if (distances[side] >= depth) continue;
      const along = side % 2 === 0 ? x / width : y / height;
      segments[side * SIDE + Math.floor(along * SIDE)].push(y * width + x);
    }
  }
  return segments.filter((segment) => segment.length > 0);
}

/** A plan that fits one value for each segment, at the segment's centre. */
function planOfSegments(
  segments: readonly (readonly number[])[],
  height: number,
  width: number,
  degree: 1 | 2,
): FitPlan {
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const rows = segments.map((segment) => {
    const x = mean(segment.map((p) => p % width));
    const y = mean(segment.map((p) => Math.floor(p / width)));
    return basisAt(degree, (2 * x) / (width - 1) - 1, (2 * y) / (height - 1) - 1);
  });
  const points = segments.length;
  const used = Int32Array.from(segments.keys());
  return { basis: Float64Array.from(rows.flat()), size: rows[0].length, points, used, frame: points };
}

/** Standard deviation of normal noise that would give the median absolute difference of neighbours in a row. */
function noiseOf(image: Float32Array, width: number, segments: readonly (readonly number[])[]): number {
  const differences = segments.flatMap((segment) =>
    segment.filter((p) => (p + 1) % width !== 0).map((p) => Math.abs(image[p + 1] - image[p])),
  );
  return quantile(differences, 0.5) / (0.6745 * Math.SQRT2);
}

function contrastOf(image: Float32Array, height: number, width: number, level: number): number {
  const differences: number[] = [];
  for (let y = 0; y + 2 < height; y++) {
    for (let x = 0; x + 2 < width; x++) {
      let sum = 0;
      for (let row = y * width; row <= (y + 2) * width; row += width) {
        sum += image[row + x] + image[row + x + 1] + image[row + x + 2];
      }
      differences.push(Math.abs(sum / 9 - level));
    }
  }
  return quantile(differences, 0.98);
}

/** Quantile by linear interpolation between ranks; 0 if there are no values. */
export function quantile(values: ArrayLike<number>, p: number): number {
  if (values.length === 0) return 0;
  const sorted = Float64Array.from(values).sort();
  const rank = p * (sorted.length - 1);
  const below = Math.floor(rank);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (rank - below) * (sorted[above] - sorted[below]);
}
