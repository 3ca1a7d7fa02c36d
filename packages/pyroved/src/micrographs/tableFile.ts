/** Large tables, written row by row as CSV, or column by column as Parquet. */
import fs from 'node:fs';
import { PyrovedError } from 'pyroved-ts';
import { csvText } from '../csv.js';
import { explained } from '../storage/index.js';

/** A cell: text, number, truth, or nothing. */
export type Cell = string | number | boolean | null;

/** A column: its name, what it holds, and the decimals of its numbers in CSV. */
export interface Column {
  readonly name: string;
  readonly type: 'text' | 'number' | 'truth';
  /** @default as many as a number has */
  readonly decimals?: number;
}

/** Rows that are written together. */
const BLOCK = 10_000;

/** Writes a table to a file whose name ends in `.csv` or `.parquet`, which appears when it is complete. */
export async function writeTableFile(
  file: string,
  columns: readonly Column[],
  rows: AsyncIterable<readonly Cell[]> | Iterable<readonly Cell[]>,
): Promise<void> {
  if (/\.parquet$/i.test(file)) await writeParquet(file, columns, rows);
  else await writeCsv(file, columns, rows);
}

async function writeCsv(
  file: string,
  columns: readonly Column[],
  rows: AsyncIterable<readonly Cell[]> | Iterable<readonly Cell[]>,
): Promise<void> {
  const draft = `${file}.tmp`;
  const handle = explained(`Could not write ${file}`, () => fs.openSync(draft, 'w'));
  try {
    let block: (readonly string[])[] = [columns.map(({ name }) => name)];
    const flush = () => {
      explained(`Could not write ${file}`, () => fs.writeSync(handle, csvText(block)));
      block = [];
    };
    for await (const row of rows) {
      block.push(row.map((cell, k) => cellText(cell, columns[k])));
      if (block.length >= BLOCK) flush();
    }
    flush();
    explained(`Could not write ${file}`, () => fs.fsyncSync(handle));
  } finally {
    fs.closeSync(handle);
  }
  explained(`Could not write ${file}`, () => fs.renameSync(draft, file));
}

/** The text of a cell: numbers that are not known are empty. */
export function cellText(cell: Cell, { decimals }: Column): string {
  if (cell === null) return '';
  if (typeof cell === 'boolean') return cell ? 'yes' : 'no';
  if (typeof cell === 'string') return cell;
  if (!Number.isFinite(cell)) return '';
  return decimals === undefined
    ? String(Number(cell.toPrecision(6)))
    : (Number(cell.toFixed(decimals)) || 0).toFixed(decimals);
}

const PARQUET_TYPES = { text: 'STRING', number: 'DOUBLE', truth: 'BOOLEAN' } as const;

async function writeParquet(
  file: string,
  columns: readonly Column[],
  rows: AsyncIterable<readonly Cell[]> | Iterable<readonly Cell[]>,
): Promise<void> {
  const { parquetWriteFile } = await parquetWriter();
  parquetWriteFile({ filename: file, columnData: await columnData(columns, rows) });
}

/** A table as the content of a Parquet file. */
export async function parquetBytes(columns: readonly Column[], rows: Iterable<readonly Cell[]>): Promise<Uint8Array> {
  const { parquetWriteBuffer } = await parquetWriter();
  return new Uint8Array(parquetWriteBuffer({ columnData: await columnData(columns, rows) }));
}

async function columnData(
  columns: readonly Column[],
  rows: AsyncIterable<readonly Cell[]> | Iterable<readonly Cell[]>,
) {
  const data = columns.map((): (string | number | boolean | undefined)[] => []);
  for await (const row of rows) {
    row.forEach((cell, k) => {
      const isKnown = cell !== null && !(typeof cell === 'number' && !Number.isFinite(cell));
      data[k].push(isKnown ? cell : undefined);
    });
  }
  return columns.map(({ name, type }, k) => ({ name, data: data[k], type: PARQUET_TYPES[type], nullable: true }));
}

async function parquetWriter(): Promise<
  Pick<typeof import('hyparquet-writer'), 'parquetWriteFile' | 'parquetWriteBuffer'>
> {
  try {
    return await import('hyparquet-writer');
  } catch (cause) {
    throw new PyrovedError(
      'Parquet files require the package hyparquet-writer: npm install hyparquet-writer@0.17. Or write CSV: use a name ending in .csv.',
      undefined,
      { cause },
    );
  }
}
