/** Rows of a CSV text with commas and double quotes, as `LabelFile` writes them. */

/** The cells of each line. */
export function parse(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  // A quoted cell, in which quotes are doubled, or a plain one; then what ends it.
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n)/g)) {
    row.push(quoted === undefined ? plain.replace(/\r$/, '') : quoted.replaceAll('""', '"'));
    if (end === '\n') {
      rows.push(row);
      row = [];
    }
  }
  return rows;
}
