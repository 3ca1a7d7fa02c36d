/** The table that says where the objects in a micrograph are, and which class some of them have. */
import { DataError } from 'pyroved-ts';
import { columnOf, readTable, type TableRow } from '../table.js';
import { rejectConflicts } from './conflicts.js';

/** The middle of an object, in pixels (x right, y down), the first pixel's centre being at 0. */
export interface Centre {
  readonly x: number;
  readonly y: number;
  /** The micrograph, where there are several. */
  readonly file?: string;
  /** Class; undefined where it is not known. */
  readonly label?: string;
  /** Degrees counter-clockwise by which a labelled object is rotated from the upright pose of its class. @default 0 */
  readonly angle?: number;
  /** Where the label comes from, for messages, e.g. "objects.csv, line 12". */
  readonly source?: string;
}

/** Labels that say that the class is not known. */
export const UNKNOWN = ['', 'unknown', '?', 'none', 'nan', 'n/a'];

const COLUMNS = {
  x: ['x', 'column', 'col'],
  y: ['y', 'row'],
  file: ['file', 'filename', 'image', 'micrograph'],
  label: ['label', 'class'],
  labelAngle: ['label_angle'],
  angle: ['angle'],
} as const;

/**
 * Reads a table with a header and the columns x and y, and optionally file, label and the angle of labelled objects that are not upright: the column
 * `label_angle`, or `angle` if the table has no such column (the tables that `find` writes have both, and `angle` is then the measured long axis).
 * Other columns are not used. Labels that are empty or "unknown" are not known.
 * @throws {DataError} when a column is missing, a number is none, or one object has two different labels.
 */
export function readCentres(path: string): Centre[] {
  const [header, ...rows] = readTable(path);
  const column = Object.fromEntries(
    Object.entries(COLUMNS).map(([name, names]) => [name, columnOf(header, names)]),
  ) as Record<keyof typeof COLUMNS, number>;
  if (column.x < 0 || column.y < 0) {
    throw new DataError(
      `"${path}" needs a header with the columns x and y (pixels), and if wanted file, label and angle; ` +
        `it has: ${header?.cells.join(', ') ?? 'nothing'}.`,
    );
  }
  const angleColumn = column.labelAngle >= 0 ? column.labelAngle : column.angle;
  const centres = rows.map((row): Centre => {
    const { cells, line } = row;
    const [x, y] = [cells[column.x], cells[column.y]].map((cell) => (cell ? Number(cell) : Number.NaN));
    if (!Number.isFinite(x) || !Number.isFinite(y)) {
      throw new DataError(
        `${path}, line ${line}: expected pixel coordinates, got x "${cells[column.x] ?? ''}" and y "${cells[column.y] ?? ''}".`,
      );
    }
    const label = labelIn(cells[column.label]);
    const angle = label === undefined ? undefined : angleIn(path, row, angleColumn);
    return {
      ...{ x, y },
      ...(cells[column.file] && { file: cells[column.file].replaceAll('\\', '/') }),
      ...(label !== undefined && { label, source: `${path}, line ${line}` }),
      ...(angle !== undefined && { angle }),
    };
  });
  if (centres.length === 0) throw new DataError(`"${path}" lists no object.`);
  rejectConflicts(centres);
  return centres;
}

/** The label of a cell; undefined where it is not known. */
export const labelIn = (cell: string | undefined): string | undefined =>
  cell === undefined || UNKNOWN.includes(cell.toLowerCase()) ? undefined : cell;

function angleIn(path: string, { cells, line }: TableRow, column: number): number | undefined {
  const text = column < 0 ? '' : (cells[column] ?? '');
  if (text === '') return undefined;
  const angle = Number(text);
  if (!Number.isFinite(angle))
    throw new DataError(`${path}, line ${line}: expected an angle in degrees, got "${text}".`);
  return angle;
}

/** Those of the objects that are of this micrograph, named as in tables: by its file, or by its file and frame. */
export function objectsOf(centres: readonly Centre[], { name }: { readonly name: string }): readonly Centre[] {
  const file = name.replace(/#\d+$/, '');
  return centres.filter((c) => c.file === undefined || c.file === name || c.file === file);
}
