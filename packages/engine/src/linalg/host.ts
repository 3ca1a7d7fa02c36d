/** Small dense matrices in float64, row by row, as the factorisations need them. */

export type Matrix = Float64Array;

/** a b (or a' b) of two n x n matrices. */
export function multiply(a: Matrix, b: Matrix, n: number, { transposeA = false }: { transposeA?: boolean }): Matrix {
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      const factor = transposeA ? a[k * n + i] : a[i * n + k];
      if (factor === 0) continue;
      for (let j = 0; j < n; j++) out[i * n + j] += factor * b[k * n + j];
    }
  }
  return out;
}

/** The inverse of a lower triangular matrix. */
export function invertLower(l: Matrix, n: number): Matrix {
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) out[i * n + i] = 1;
  solveLower(l, out, n, n, false);
  return out;
}

/** Replaces b [n, m] by the solution x of l x = b, or of l' x = b. */
export function solveLower(l: ArrayLike<number>, b: Matrix, n: number, m: number, transposed: boolean): void {
  for (let step = 0; step < n; step++) {
    const i = transposed ? n - 1 - step : step;
    for (let done = 0; done < step; done++) {
      const k = transposed ? n - 1 - done : done;
      const factor = transposed ? l[k * n + i] : l[i * n + k];
      if (factor !== 0) for (let j = 0; j < m; j++) b[i * m + j] -= factor * b[k * m + j];
    }
    for (let j = 0; j < m; j++) b[i * m + j] /= l[i * n + i];
  }
}
