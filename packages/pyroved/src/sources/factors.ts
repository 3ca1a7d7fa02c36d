/** Tables of factors: one column per factor, and a file column unless the rows are in the order of the images. */
import { columnOf, readTable } from 'pyroved-data/internal';
import { DataError, stratifiedSplit, subset, type TrainingImages } from 'pyroved-ts';
import { listProblems, lookUp } from 'pyroved-ts/internal';

import type { TrainingSets } from './sets.js';

const FILE_COLUMNS = ['file', 'filename', 'image', 'name', 'path'];

/** The content of a table of factors. */
export interface FactorTable {
  readonly path: string;
  readonly names: readonly string[];
  /** The values of each row, in the order of `names`; NaN for an empty cell. */
  readonly rows: readonly (readonly number[])[];
  /** The file of each row; absent if the table has no such column. */
  readonly files?: readonly string[];
}

/** @throws {DataError} when the table has no header or no factors, or a cell is not a number. */
export function readFactorTable(path: string): FactorTable {
  const [header, ...rows] = readTable(path);
  const fileColumn = columnOf(header, FILE_COLUMNS);
  const columns = (header?.cells ?? []).map((name, at) => ({ name, at })).filter(({ at }) => at !== fileColumn);
  if (columns.length === 0 || columns.some(({ name }) => name === '' || Number.isFinite(Number(name)))) {
    throw new DataError(`${path} must have a header, such as "file,length", and at least one column of numbers.`);
  }
  const numbers = rows.map(({ cells, line }) =>
    columns.map(({ name, at }) => {
      const text = cells[at] ?? '';
      const value = text === '' ? Number.NaN : Number(text);
      if (text === '' || Number.isFinite(value)) return value;
      throw new DataError(
        `${path}, line ${line}: "${text}" in the column "${name}" is not a number. Leave unknown values empty${text.includes(',') ? ' and use a decimal point' : ''}.`,
      );
    }),
  );
  const files = fileColumn < 0 ? undefined : rows.map(({ cells }) => cells[fileColumn].replaceAll('\\', '/'));
  return { path, names: columns.map(({ name }) => name), rows: numbers, ...(files && { files }) };
}

/** The images with the factors of the table; NaN for images not in the table. */
export function withFactors<S extends TrainingImages>(set: S, { path, names, rows, files }: FactorTable): S {
  if (!files && rows.length !== set.count) {
    throw new DataError(
      `${path} has ${rows.length} rows for ${set.count} images. It must have one row per image, or a column "file".`,
    );
  }
  const rowOf = files && new Map(files.map((file, r) => [file, r]));
  const places = Array.from({ length: set.count }, (_, i) => (rowOf ? rowOf.get(set.names?.[i] ?? '') : i));
  const factors = names.map((name, k) => [
    name,
    Float32Array.from(places, (r) => (r === undefined ? Number.NaN : rows[r][k])),
  ]);
  return { ...set, factors: { ...set.factors, ...Object.fromEntries(factors) } };
}

/** @throws {DataError} when the table names files that are not among the images. */
function rejectUnknown({ path, files }: FactorTable, sets: readonly TrainingImages[]): void {
  if (!files) return;
  const known = new Set(sets.flatMap(({ names }) => names ?? []));
  const unknown = files.filter((file) => !known.has(file));
  if (unknown.length === 0) return;
  const problems = unknown.map((file) => ({ file, why: 'not among the images' }));
  throw new DataError(
    `${path} names ${unknown.length} file(s) that are not among the images:\n${listProblems(problems)}`,
    problems,
  );
}

export interface KnownOptions {
  /** Fraction of the images with known factors used for validation. @default 0.2 */
  readonly validationFraction?: number;
  readonly seed?: string | number;
}

/**
 * The sets of a run with the factors of a table. Without class labels, images with all factors known are the labelled images, some of them used for
 * validation, and the others are the unlabelled images.
 */
export function setsWithFactors(
  sets: TrainingSets,
  path: string,
  { validationFraction = 0.2, seed = 1 }: KnownOptions,
): TrainingSets {
  const table = readFactorTable(path);
  const { unlabelled, labelled, test } = sets;
  rejectUnknown(table, [unlabelled, ...(labelled ? [labelled] : []), ...(test ? [test] : [])]);
  const joined = <S extends TrainingImages>(set: S): S => withFactors(set, table);
  if (labelled) {
    if (!table.files) throw new DataError(`${path} must have a column "file", since images with labels are reordered.`);
    const both = joined(labelled);
    return {
      ...sets,
      labelled: both,
      unlabelled: unlabelled === labelled ? both : joined(unlabelled),
      ...(test && { test: joined(test) }),
    };
  }
  const all = joined(unlabelled);
  const isKnown = (i: number) => table.names.every((name) => Number.isFinite(lookUp(all.factors, name)?.[i]));
  const places = Array.from({ length: all.count }, (_, i) => i);
  if (!places.some(isKnown)) throw new DataError(`${path} has no image for which all factors are known.`);
  const labels = places.map((i) => (isKnown(i) ? 0 : -1));
  const split =
    validationFraction > 0
      ? stratifiedSplit(labels, validationFraction, seed)
      : { kept: Int32Array.from(places), validation: new Int32Array() };
  const known = subset(all, Array.from(split.kept).filter(isKnown));
  const rest = places.filter((i) => !isKnown(i));
  return {
    ...sets,
    labelled: known,
    unlabelled: rest.length > 0 ? subset(all, rest) : known,
    ...(split.validation.length > 0 && { test: subset(all, split.validation) }),
  };
}
