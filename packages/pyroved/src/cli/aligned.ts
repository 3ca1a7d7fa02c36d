/** Rows of cells as text for the terminal. */

/** Columns as wide as their longest cell, two spaces apart; a line a row. */
export function aligned(cells: readonly (readonly (string | number)[])[]): string {
  const rows = cells.map((row) => row.map(String));
  const widths = rows[0].map((_, k) => Math.max(...rows.map((row) => row[k].length)));
  return rows
    .map((row) =>
      row
        .map((cell, k) => cell.padEnd(widths[k]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
