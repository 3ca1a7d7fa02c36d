/** Small tables that users write: CSV files with commas, semicolons or tabs, with or without a header. */
import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { DataError } from '../errors.js';

export interface TableRow {
  readonly cells: readonly string[];
  /** Where in the file the row ends, counted from 1. */
  readonly line: number;
}

/** The rows of a table, header included. */
export function readTable(path: string): TableRow[] {
  const lines: number[] = [];
  try {
    const table = parse(readFileSync(path, 'utf8'), {
      bom: true,
      delimiter: [',', ';', '\t'],
      on_record: (record: string[], context) => {
        lines.push(context.lines);
        return record;
      },
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
    });
    return table.map((cells, i) => ({ cells, line: lines[i] }));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') throw new DataError(`There is no table "${path}".`);
    throw new DataError(`The table "${path}" cannot be read: ${(cause as Error).message}.`, [], { cause });
  }
}

/** The place of the first cell of a header that is one of `names`; -1 where there is none. */
export const columnOf = (header: TableRow | undefined, names: readonly string[]): number =>
  header?.cells.findIndex((cell) => names.includes(cell.toLowerCase())) ?? -1;
