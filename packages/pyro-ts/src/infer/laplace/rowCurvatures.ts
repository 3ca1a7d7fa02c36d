/** Second derivatives of many independent rows at once, from gradients, for engines that have no second derivatives to trust. */

/** Weights of the gradients at z + 2h, z + h, z - h and z - 2h in the fourth-order central difference. */
const STENCIL = [
  [2, -1 / 12],
  [1, 8 / 12],
  [-1, -8 / 12],
  [-2, 1 / 12],
] as const;

/**
 * The symmetric matrices of second derivatives at `z` [rows, dim], row major [rows, dim, dim]. Each latent moves by a quarter of the width that its
 * curvature gives it, found by a first, coarse difference, so that neither the rounding of float32 gradients nor higher derivatives matter.
 */
export function rowCurvatures(
  gradientAt: (z: Float64Array) => Float32Array | Float64Array,
  z: Float64Array,
  rows: number,
  dim: number,
): Float64Array {
  const result = new Float64Array(rows * dim * dim);
  // Float32 holds neither z nor z + step exactly; what counts is that the points are those that the step says.
  const centre = z.map(Math.fround);
  const moved = (i: number, steps: Float64Array, count: number): Float32Array | Float64Array => {
    const at = centre.slice();
    for (let row = 0; row < rows; row++) at[row * dim + i] += count * steps[row];
    return gradientAt(at);
  };
  for (let i = 0; i < dim; i++) {
    const coarse = Float64Array.from({ length: rows }, (_, row) => {
      const size = Math.abs(centre[row * dim + i]);
      return powerOfTwo(1e-2 * Math.max(1, size), size);
    });
    const [above, below] = [moved(i, coarse, 1), moved(i, coarse, -1)];
    const steps = coarse.map((step, row) => {
      const curvature = (above[row * dim + i] - below[row * dim + i]) / (2 * step);
      return powerOfTwo((curvature > 0 ? 1 / Math.sqrt(curvature) : 1) / 4, Math.abs(centre[row * dim + i]));
    });
    for (const [count, weight] of STENCIL) {
      const gradient = moved(i, steps, count);
      for (let row = 0; row < rows; row++) {
        for (let j = 0; j < dim; j++)
          result[(row * dim + i) * dim + j] += (weight * gradient[row * dim + j]) / steps[row];
      }
    }
  }
  for (let at = 0; at < result.length; at += dim * dim) symmetrize(result, at, dim);
  return result;
}

/** A power of 2 near `wanted`, so that float32 holds z + step to the last digit of a z of this size. */
const powerOfTwo = (wanted: number, size: number): number =>
  2 ** Math.round(Math.log2(Math.max(wanted, size * 2 ** -16)));

function symmetrize(matrix: Float64Array, at: number, n: number): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const mean = (matrix[at + i * n + j] + matrix[at + j * n + i]) / 2;
      matrix[at + i * n + j] = matrix[at + j * n + i] = mean;
    }
  }
}
