/** Cholesky factors of many small matrices on the host, in float64 and in place. */

/**
 * Factorises the symmetric n x n matrix that starts at `at` in `from`, with `ridge` times its diagonal (and at least `least`) added to the diagonal, into
 * the lower triangle of `to`. Returns whether it was positive definite.
 */
export function factorizeDamped(
  from: ArrayLike<number>,
  at: number,
  n: number,
  ridge: number,
  least: number,
  to: Float64Array,
): boolean {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = from[at + i * n + j];
      if (i === j) sum += ridge * Math.abs(sum) + least;
      for (let k = 0; k < j; k++) sum -= to[i * n + k] * to[j * n + k];
      if (i !== j) to[i * n + j] = sum / to[j * n + j];
      else if (sum > 0) to[i * n + i] = Math.sqrt(sum);
      else return false;
    }
  }
  return true;
}

/** Solves L L' x = b for the factor L, in place. */
export function solveFactored(l: Float64Array, n: number, b: Float64Array): void {
  for (let i = 0; i < n; i++) {
    let sum = b[i];
    for (let k = 0; k < i; k++) sum -= l[i * n + k] * b[k];
    b[i] = sum / l[i * n + i];
  }
  solveTransposed(l, n, b);
}

/** Solves L' x = b for the factor L, in place: standard normal b becomes a draw with covariance (L L')^-1. */
export function solveTransposed(l: Float64Array, n: number, b: Float64Array): void {
  for (let i = n - 1; i >= 0; i--) {
    let sum = b[i];
    for (let k = i + 1; k < n; k++) sum -= l[k * n + i] * b[k];
    b[i] = sum / l[i * n + i];
  }
}

/** log det(L L'). */
export function logDetFactored(l: Float64Array, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += Math.log(l[i * n + i]);
  return 2 * sum;
}
