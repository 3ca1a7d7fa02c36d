/** Linear predictions of each row from all others: what a few numbers tell of others, without the optimism of a fit that is evaluated on its own rows. */

/** Rows of numbers, all of one length. */
export type Rows = readonly (readonly number[])[];

/** Sums of squares over rows and columns. */
export interface Squares {
  /** Of what is left once each row is predicted by the line that fits all other rows best. */
  readonly left: number;
  /** Of the distances of each row from the mean of all other rows. */
  readonly total: number;
}

/**
 * Predicts the rows of `outputs` from those of `inputs` by least squares, leaving out each in turn. The residual of a left-out row is the ordinary one over
 * 1 - h, h being the row's leverage. Source: Allen 1974, "The relationship between variable selection and data augmentation", eq. 2.
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
      // A row that fits itself whatever it is says nothing of a prediction.
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

/** An orthonormal basis of what the columns span, column by column; those that say nothing new are dropped. */
function orthonormal(columns: Rows): number[][] {
  const basis: number[][] = [];
  for (const column of columns) {
    const rest = [...column];
    // Twice: once leaves rounding errors along the directions that are taken out. Giraud et al. 2005.
    for (const direction of [...basis, ...basis]) subtract(rest, direction, dot(rest, direction));
    const length = Math.sqrt(dot(rest, rest));
    if (length > 1e-6 * Math.sqrt(dot(column, column))) basis.push(rest.map((v) => v / length));
  }
  return basis;
}
