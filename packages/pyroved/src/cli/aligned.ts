/** Tables as text for the terminal. */

/** Formats a table: one line per row, with columns padded to their longest cell and separated by two spaces. */
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
