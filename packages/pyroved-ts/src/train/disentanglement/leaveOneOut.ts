/** Leave-one-out linear regression: each row is predicted by a fit to all other rows. */

/** Rows of numbers of equal length. */
export type Rows = readonly (readonly number[])[];

/** Sums of squares over rows and columns. */
export interface Squares {
  /** Of the residuals of each row under the fit to all other rows. */
  readonly left: number;
  /** Of the differences of each row to the mean of all other rows. */
  readonly total: number;
}

/**
 * Predicts the rows of `outputs` from those of `inputs` by leave-one-out least squares. The residual of an omitted row
 * is the ordinary residual divided by 1 - h, where h is the leverage of the row.
 * @see Allen 1974, "The relationship between variable selection and data augmentation", eq. 2.
 */
export function leaveOneOut(inputs: Rows, outputs: Rows): Squares {
  const n = inputs.length;
  const basis = orthonormal([new Array<number>(n).fill(1), ...columnsOf(inputs)]);
  const free = inputs.map((_, i) => 1 - basis.reduce((sum, column) => sum + column[i] ** 2, 0));
  let [left, total] = [0, 0];
  for (const column of columnsOf(outputs)) {
    const mean = column.reduce((sum, v) => sum + v, 0) / n;
    const rest = column.map((v) => v - mean);
    for (const direction of basis.slice(1)) subtract(rest, direction, dot(rest, direction));
    for (let i = 0; i < n; i++) {
      const fromMean = ((column[i] - mean) * n) / (n - 1);
      total += fromMean ** 2;
      // A row with a leverage of 1 has no leave-one-out prediction; the mean is used instead.
      left += (free[i] > 1e-9 ? rest[i] / free[i] : fromMean) ** 2;
    }
  }
  return { left, total };
}

const columnsOf = (rows: Rows): number[][] => rows[0].map((_, k) => rows.map((row) => row[k]));

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, v, i) => sum + v * b[i], 0);

function subtract(from: number[], direction: readonly number[], factor: number): void {
  for (let i = 0; i < from.length; i++) from[i] -= factor * direction[i];
}

/** An orthonormal basis of the span of the columns, by Gram-Schmidt; linearly dependent columns are dropped. */
function orthonormal(columns: Rows): number[][] {
  const basis: number[][] = [];
  for (const column of columns) {
    const rest = [...column];
    // Twice, since a single pass leaves rounding errors along the subtracted directions. Giraud et al. 2005.
    for (const direction of [...basis, ...basis]) subtract(rest, direction, dot(rest, direction));
    const length = Math.sqrt(dot(rest, rest));
    if (length > 1e-6 * Math.sqrt(dot(column, column))) basis.push(rest.map((v) => v / length));
  }
  return basis;
}
