/** Small tables that users write: CSV files with commas, semicolons or tabs, with or without a header. */
import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { DataError } from 'pyroved-ts';

export interface TableRow {
  readonly cells: readonly string[];
  /** Where in the file the row ends, counted from 1. */
  readonly line: number;
}

/** What can stand between cells; of those that divide the first row into as many cells, the one that is rarer within texts. */
const DELIMITERS = ['\t', ';', ','];

/**
 * The rows of a table, header included. What divides the first row into most cells divides the others too.
 * @throws {DataError} when the table cannot be read, or a row has more cells than the first one.
 */
export function readTable(path: string): TableRow[] {
  const text = textOf(path);
  const counts = DELIMITERS.map((delimiter) => cellsOfFirstRow(path, text, delimiter));
  const rows = rowsOf(path, text, DELIMITERS[counts.indexOf(Math.max(...counts))]);
  const [first] = rows;
  return rows.map(({ cells, line }) => {
    const extra = cells.slice(first.cells.length);
    if (extra.some((cell) => cell !== ''))
      throw new DataError(
        `${path}, line ${line}: the row has ${cells.length} cells, and the first row has ${first.cells.length} ("${first.cells.join('", "')}"). ` +
          'Put cells that contain the delimiter in quotes, and write numbers with a decimal point: 1.5.',
      );
    return { cells: cells.slice(0, first.cells.length), line };
  });
}

function textOf(path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'ENOENT') throw new DataError(`There is no table "${path}".`);
    const why = code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? 'it is not UTF-8 text' : (cause as Error).message;
    throw new DataError(`The table "${path}" cannot be read: ${why}.`, [], { cause });
  }
}

/** 0 where the row cannot be read so: between quoted cells stands another delimiter. */
function cellsOfFirstRow(path: string, text: string, delimiter: string): number {
  try {
    return rowsOf(path, text, delimiter, 1)[0]?.cells.length ?? 0;
  } catch {
    return 0;
  }
}

function rowsOf(path: string, text: string, delimiter: string, most?: number): TableRow[] {
  const lines: number[] = [];
  try {
    const table = parse(text, {
      bom: true,
      delimiter,
      on_record: (record: string[], context) => {
        lines.push(context.lines);
        return record;
      },
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
      ...(most !== undefined && { to: most }),
    });
    return table.map((cells, i) => ({ cells, line: lines[i] }));
  } catch (cause) {
    throw new DataError(`The table "${path}" cannot be read: ${(cause as Error).message}.`, [], { cause });
  }
}

/** The place of the first cell of a header that is one of `names`; -1 where there is none. */
export const columnOf = (header: TableRow | undefined, names: readonly string[]): number =>
  header?.cells.findIndex((cell) => names.includes(cell.toLowerCase())) ?? -1;
