/** Tables as CSV files, which spreadsheets open. */
import { stringify } from 'csv-stringify/sync';

/**
 * The rows as text. Spreadsheets run a text that begins with =, +, -, @, a tab or a carriage return as a formula, so an apostrophe is put before it; a
 * number stays a number.
 */
export const csvText = (rows: readonly (readonly (string | number)[])[]): string =>
  stringify(rows.map((row) => row.map((cell) => (typeof cell === 'string' && isFormula(cell) ? `'${cell}` : cell))));

const isFormula = (cell: string): boolean =>
  /^[=+\-@\t\r\uff0b\uff0d\uff1d\uff20]/.test(cell) && !Number.isFinite(Number(cell));
