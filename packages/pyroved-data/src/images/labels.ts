/** The table that says which image shows what: a CSV file with the columns file and label. */
import { dirname, resolve } from 'node:path';
import { DataError } from 'pyroved-ts';
import { listProblems } from 'pyroved-ts/internal';
import { columnOf, readTable } from '../table.js';
import { entryAt, isInside, naturalOrder } from './folder.js';

/** The label of one file, by page: page 0 is the default of pages without a label. */
export type PageLabels = ReadonlyMap<number, number>;

export interface LabelTable {
  readonly classNames: readonly string[];
  /** Absolute path of each labelled file to its labels (class indices). */
  readonly files: ReadonlyMap<string, PageLabels>;
  /** What a person should know, e.g. rows without a label. */
  readonly notes: readonly string[];
}

const FILE_COLUMNS = ['file', 'filename', 'image', 'name', 'path'];
const LABEL_COLUMNS = ['label', 'class', 'category'];

/**
 * Reads a label table, with or without a header; commas, semicolons or tabs. Files are looked up relative to each of
 * `folders`, then to the table's own. `stack.tif#3` names the third page of a stack. Rows with an empty label are taken
 * as unlabelled.
 * @param outsidePaths takes files that lie outside of all these folders.
 * @throws {DataError} when the table cannot be read, names files that do not exist or lie outside, or contradicts itself.
 */
export function readLabelTable(path: string, folders: readonly string[], outsidePaths = false): LabelTable {
  const rows = readRows(path);
  const roots = [...new Set([...folders.map((f) => resolve(f)), dirname(resolve(path))])];
  const labelled = rows.filter((row) => row.label !== '');
  const notes: string[] = [];
  if (labelled.length < rows.length) {
    notes.push(`${path}: ${rows.length - labelled.length} row(s) without a label are taken as unlabelled images.`);
  }
  if (labelled.length === 0) throw new DataError(`${path} labels no image.`);
  const classNames = [...new Set(labelled.map((row) => row.label))].sort(naturalOrder);
  const files = new Map<string, Map<number, number>>();
  const missing: Row[] = [];
  const outside: Row[] = [];
  for (const row of labelled) {
    const place = locate(row.file, roots);
    if (!place) {
      missing.push(row);
      continue;
    }
    if (!outsidePaths && !roots.some((root) => isInside(place.path, root))) {
      outside.push(row);
      continue;
    }
    const pages = files.get(place.path) ?? new Map<number, number>();
    const label = classNames.indexOf(row.label);
    const before = pages.get(place.page);
    if (before !== undefined && before !== label) {
      throw new DataError(
        `${path}, line ${row.line}: "${row.file}" is labelled "${row.label}" ` +
          `but "${classNames[before]}" further up. Keep one of the two.`,
      );
    }
    files.set(place.path, pages.set(place.page, label));
  }
  if (outside.length > 0) {
    const problems = outside.map((row) => ({ file: row.file, why: `outside (line ${row.line})` }));
    throw new DataError(
      `${path} names ${outside.length} file(s) that are not in ${roots.join(' or ')}:\n${listProblems(problems)}\n` +
        'Move them there, or accept them with outsidePaths (--outside-paths).',
      problems,
    );
  }
  if (missing.length > 0) {
    const problems = missing.map((row) => ({ file: row.file, why: `no such file (line ${row.line})` }));
    throw new DataError(
      `${path} names ${missing.length} file(s) that do not exist in ${roots.join(' or ')}:\n${listProblems(problems)}`,
      problems,
    );
  }
  return { classNames, files, notes };
}

interface Row {
  readonly file: string;
  readonly label: string;
  readonly line: number;
}

function readRows(path: string): Row[] {
  const table = readTable(path);
  const named = [FILE_COLUMNS, LABEL_COLUMNS].map((names) => columnOf(table[0], names));
  const hasHeader = named.every((column) => column >= 0);
  const [fileColumn, labelColumn] = hasHeader ? named : [0, 1];
  const rows = table.map(({ cells, line }): Row => {
    const [file, label] = [cells[fileColumn], cells[labelColumn]];
    if (!file || label === undefined) {
      throw new DataError(
        `${path}, line ${line}: expected "file,label" (such as "img7.png,spades"), got "${cells.join(',')}".`,
      );
    }
    return { file, label, line };
  });
  return hasHeader ? rows.slice(1) : rows;
}

/** The first place where `file` exists, as a file or as a page of one. */
function locate(file: string, roots: readonly string[]): { path: string; page: number } | undefined {
  const page = /^(.+)#([1-9]\d*)$/.exec(file);
  const readings = [{ name: file, page: 0 }, ...(page ? [{ name: page[1], page: Number(page[2]) }] : [])];
  for (const reading of readings) {
    for (const root of roots) {
      const path = resolve(root, reading.name.replaceAll('\\', '/'));
      if (entryAt(path)?.isFile()) return { path, page: reading.page };
    }
  }
  return undefined;
}
