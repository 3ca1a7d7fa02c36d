/** The table that says where the objects in a micrograph are. */
import { DataError } from 'pyroved-ts';
import { columnOf, readTable } from '../table.js';

/** The middle of an object, in pixels (x right, y down), the first pixel's centre being at 0. */
export interface Centre {
  readonly x: number;
  readonly y: number;
  /** The micrograph, where a table covers several. */
  readonly file?: string;
  readonly label?: string;
}

/**
 * Reads a table with a header and the columns x and y, and if wanted file and label (empty where it is not known).
 * @throws {DataError} when a column is missing or a coordinate is no number.
 */
export function readCentres(path: string): Centre[] {
  const [header, ...rows] = readTable(path);
  const [x, y, file, label] = [
    ['x', 'column', 'col'],
    ['y', 'row'],
    ['file', 'filename', 'image'],
    ['label', 'class'],
  ].map((names) => columnOf(header, names));
  if (x < 0 || y < 0) {
    throw new DataError(
      `"${path}" needs a header with the columns x and y (pixels), and if wanted file and label; ` +
        `it has: ${header?.cells.join(', ') ?? 'nothing'}.`,
    );
  }
  const centres = rows.map(({ cells, line }): Centre => {
    const [px, py] = [cells[x], cells[y]].map((cell) => (cell ? Number(cell) : Number.NaN));
    if (!Number.isFinite(px) || !Number.isFinite(py)) {
      throw new DataError(
        `${path}, line ${line}: expected pixel coordinates, got x "${cells[x] ?? ''}" and y "${cells[y] ?? ''}".`,
      );
    }
    return { x: px, y: py, file: cells[file] || undefined, label: cells[label] || undefined };
  });
  if (centres.length === 0) throw new DataError(`"${path}" lists no object.`);
  return centres;
}
