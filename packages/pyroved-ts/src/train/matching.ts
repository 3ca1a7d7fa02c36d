/** Matching of inferred classes with true ones. */

/**
 * The one-to-one assignment of rows to columns with the largest sum, by the Hungarian method. If there are more rows
 * than columns, surplus rows get -1.
 * @param gain [rows][columns]
 * @returns the column of each row
 */
export function bestAssignment(gain: readonly (readonly number[])[]): Int32Array {
  const rows = gain.length;
  const columns = gain[0]?.length ?? 0;
  if (rows > columns) {
    const transposed = Array.from({ length: columns }, (_, c) => gain.map((row) => row[c]));
    const result = new Int32Array(rows).fill(-1);
    bestAssignment(transposed).forEach((row, column) => {
      result[row] = column;
    });
    return result;
  }
  // Shortest augmenting paths with potentials; row and column 0 are sentinels.
  const u = new Float64Array(rows + 1);
  const v = new Float64Array(columns + 1);
  const rowOf = new Int32Array(columns + 1);
  for (let row = 1; row <= rows; row++) {
    rowOf[0] = row;
    const least = new Float64Array(columns + 1).fill(Number.POSITIVE_INFINITY);
    const before = new Int32Array(columns + 1);
    const used = new Uint8Array(columns + 1);
    let at = 0;
    do {
      used[at] = 1;
      const from = rowOf[at];
      let step = Number.POSITIVE_INFINITY;
      let next = 0;
      for (let c = 1; c <= columns; c++) {
        if (used[c]) continue;
        const cost = -gain[from - 1][c - 1] - u[from] - v[c];
        if (cost < least[c]) {
          least[c] = cost;
          before[c] = at;
        }
        if (least[c] < step) {
          step = least[c];
          next = c;
        }
      }
      for (let c = 0; c <= columns; c++) {
        if (used[c]) {
          u[rowOf[c]] += step;
          v[c] -= step;
        } else {
          least[c] -= step;
        }
      }
      at = next;
    } while (rowOf[at] !== 0);
    do {
      const back = before[at];
      rowOf[at] = rowOf[back];
      at = back;
    } while (at !== 0);
  }
  const result = new Int32Array(rows);
  for (let c = 1; c <= columns; c++) if (rowOf[c] > 0) result[rowOf[c] - 1] = c - 1;
  return result;
}
