/**
 * Robust fits of planes and polynomials to images: iterated least squares without the pixels of objects.
 */
import { medianInPlace } from '../median.js';

/** Number of fits to the frame of an image, where objects are rarer, and then to the whole image. */
const FRAME_ROUNDS = 2;
const ROUNDS = 3;
/** A pixel is used in the next fit if its residual is at most this many median absolute residuals ... */
const REACH = 1.5;
/** ... plus this fraction of the image's range, so that an exact fit does not drop all but the exact pixels. */
const SLACK = 0.02;
/** Approximate number of pixels used in a fit; backgrounds have no finer structure. */
const ENOUGH = 2500;
/** Width of the frame as a fraction of the shorter side. */
const FRAME = 1 / 8;

/** Precomputed values for all images of one shape. */
export interface FitPlan {
  /** Values of the basis functions at each pixel, [points, size]. */
  readonly basis: Float64Array;
  readonly size: number;
  readonly points: number;
  /** The pixels that fits use, those of the frame first, and how many these are. */
  readonly used: Int32Array;
  readonly frame: number;
}

/** Basis functions up to `degree` at a position in [-1, 1]: 1, x, y, x^2, x y, y^2, or 1, x, x^2 without y. */
export function basisAt(degree: 1 | 2, x: number, y?: number): number[] {
  if (y === undefined) return degree === 1 ? [1, x] : [1, x, x * x];
  return degree === 1 ? [1, x, y] : [1, x, y, x * x, x * y, y * y];
}

/** A plan for images of shape [height, width] or signals of shape [length]. */
export function fitPlan(shape: readonly number[], degree: 1 | 2): FitPlan {
  const isImage = shape.length === 2;
  const [height, width] = isImage ? shape : [1, shape[0]];
  const points = height * width;
  const coordinate = (i: number, n: number) => (n > 1 ? (2 * i) / (n - 1) - 1 : 0);
  const pixels = Array.from({ length: points }, (_, p) => ({ p, x: p % width, y: Math.floor(p / width) }));
  const rows = pixels.map(({ x, y }) =>
    basisAt(degree, coordinate(x, width), isImage ? coordinate(y, height) : undefined),
  );
  const step = Math.max(1, Math.floor(isImage ? Math.sqrt(points / ENOUGH) : points / ENOUGH));
  const used = pixels.filter(({ x, y }) => x % step === 0 && y % step === 0);
  const depth = Math.max(1, Math.round(FRAME * (isImage ? Math.min(height, width) : width)));
  const inFrame = ({ x, y }: { x: number; y: number }) =>
    Math.min(x, width - 1 - x, ...(isImage ? [y, height - 1 - y] : [])) < depth;
  const frame = used.filter(inFrame);
  const rest = used.filter((pixel) => !inFrame(pixel));
  return {
    basis: Float64Array.from(rows.flat()),
    size: rows[0].length,
    points,
    used: Int32Array.from([...frame, ...rest], ({ p }) => p),
    frame: frame.length,
  };
}

/**
 * Subtracts from one image, in place, the polynomial that fits most of its background. The first fits are to the frame
 * of the image; each later one is to the pixels near the last one, so that objects are ignored while they cover less
 * than half of the frame. A constant image becomes exactly 0.
 * @param inliers set to 1 for pixels near the fit and to 0 for the others
 */
export function subtractFit(image: Float32Array, plan: FitPlan, inliers?: Uint8Array): void {
  const { basis, size, points, used, frame } = plan;
  // Relative to the first value, so that a constant image is an exact zero throughout.
  const offset = image[0];
  let low = offset;
  let high = offset;
  for (const v of image) {
    if (v < low) low = v;
    if (v > high) high = v;
  }
  const slack = SLACK * (high - low);
  const values = new Float64Array(used.length);
  for (let k = 0; k < used.length; k++) values[k] = image[used[k]] - offset;
  const residuals = new Float64Array(used.length);
  let coefficients: Float64Array = new Float64Array(size);
  let reach = Number.POSITIVE_INFINITY;
  for (let round = 0; round < FRAME_ROUNDS + ROUNDS; round++) {
    const fitted = solveNormal(values, plan, residuals, reach, round < FRAME_ROUNDS ? frame : used.length);
    if (!fitted) break;
    coefficients = fitted;
    for (let k = 0; k < used.length; k++) {
      residuals[k] = Math.abs(values[k] - valueAt(basis, size, used[k], coefficients));
    }
    // The tolerance is that of the frame, however large the objects are.
    reach = REACH * medianInPlace(residuals.slice(0, frame)) + slack;
  }
  for (let p = 0; p < points; p++) {
    const residual = image[p] - offset - valueAt(basis, size, p, coefficients);
    image[p] = residual;
    if (inliers) inliers[p] = Math.abs(residual) <= reach ? 1 : 0;
  }
}

function valueAt(basis: Float64Array, size: number, p: number, coefficients: Float64Array): number {
  let value = 0;
  for (let j = 0; j < size; j++) value += basis[p * size + j] * coefficients[j];
  return value;
}

/**
 * Least squares over the first `count` used pixels whose residual is within `reach`; undefined if they do not determine
 * a fit.
 */
function solveNormal(
  values: Float64Array,
  { basis, size, used }: FitPlan,
  residuals: Float64Array,
  reach: number,
  count: number,
): Float64Array | undefined {
  const matrix = new Float64Array(size * size);
  const right = new Float64Array(size);
  for (let k = 0; k < count; k++) {
    if (residuals[k] > reach) continue;
    const at = used[k] * size;
    for (let i = 0; i < size; i++) {
      const b = basis[at + i];
      right[i] += b * values[k];
      for (let j = 0; j <= i; j++) matrix[i * size + j] += b * basis[at + j];
    }
  }
  return solveSymmetric(matrix, right, size);
}

/**
 * Solves the symmetric system of which `matrix` holds the lower half, by Cholesky's method; undefined if it is
 * singular.
 */
function solveSymmetric(matrix: Float64Array, right: Float64Array, size: number): Float64Array | undefined {
  const smallest = 1e-9 * matrix[0];
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * size + j];
      for (let k = 0; k < j; k++) sum -= matrix[i * size + k] * matrix[j * size + k];
      if (i !== j) matrix[i * size + j] = sum / matrix[j * size + j];
      else if (sum > smallest) matrix[i * size + i] = Math.sqrt(sum);
      else return undefined;
    }
  }
  const solution = Float64Array.from(right);
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < i; k++) solution[i] -= matrix[i * size + k] * solution[k];
    solution[i] /= matrix[i * size + i];
  }
  for (let i = size - 1; i >= 0; i--) {
    for (let k = i + 1; k < size; k++) solution[i] -= matrix[k * size + i] * solution[k];
    solution[i] /= matrix[i * size + i];
  }
  return solution;
}
