/** Known numbers of images from a table: a column for each number, and one for the file unless the rows are in the images' order. */
import { columnOf, readTable } from 'pyroved-data/internal';
import { DataError, listProblems, stratifiedSplit, subset, type TrainingImages } from 'pyroved-ts';
import { lookUp } from 'pyroved-ts/internal';
import type { TrainingSets } from './sets.js';

const FILE_COLUMNS = ['file', 'filename', 'image', 'name', 'path'];

/** The numbers of a table, and how its rows are found. */
export interface FactorTable {
  readonly path: string;
  readonly names: readonly string[];
  /** Of each row, in the order of `names`; NaN for an empty cell. */
  readonly rows: readonly (readonly number[])[];
  /** The file of each row; absent where the table has no such column. */
  readonly files?: readonly string[];
}

/** @throws {DataError} for a table without a header or without numbers, and for cells that are no numbers. */
export function readFactorTable(path: string): FactorTable {
  const [header, ...rows] = readTable(path);
  const fileColumn = columnOf(header, FILE_COLUMNS);
  const columns = (header?.cells ?? []).map((name, at) => ({ name, at })).filter(({ at }) => at !== fileColumn);
  if (columns.length === 0 || columns.some(({ name }) => name === '' || Number.isFinite(Number(name)))) {
    throw new DataError(
      `${path} needs a header that names its columns, such as "file,length", and a column of numbers.`,
    );
  }
  const numbers = rows.map(({ cells, line }) =>
    columns.map(({ name, at }) => {
      const text = cells[at] ?? '';
      const value = text === '' ? Number.NaN : Number(text);
      if (text === '' || Number.isFinite(value)) return value;
      throw new DataError(
        `${path}, line ${line}: "${text}" in the column "${name}" is no number. Leave it empty where it is not known${text.includes(',') ? ', and write numbers with a decimal point' : ''}.`,
      );
    }),
  );
  const files = fileColumn < 0 ? undefined : rows.map(({ cells }) => cells[fileColumn].replaceAll('\\', '/'));
  return { path, names: columns.map(({ name }) => name), rows: numbers, ...(files && { files }) };
}

/** The images with the table's numbers among their factors; NaN for images that it does not mention. */
export function withFactors<S extends TrainingImages>(set: S, { path, names, rows, files }: FactorTable): S {
  if (!files && rows.length !== set.count) {
    throw new DataError(
      `${path} has ${rows.length} rows for ${set.count} images. Give it a row for each, or a column "file".`,
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

/** Refuses a table that names files which are none of the images. */
function refuseUnknown({ path, files }: FactorTable, sets: readonly TrainingImages[]): void {
  if (!files) return;
  const known = new Set(sets.flatMap(({ names }) => names ?? []));
  const unknown = files.filter((file) => !known.has(file));
  if (unknown.length === 0) return;
  const problems = unknown.map((file) => ({ file, why: 'is none of the images' }));
  throw new DataError(
    `${path} names ${unknown.length} file(s) that are none of the images:\n${listProblems(problems)}`,
    problems,
  );
}

export interface KnownOptions {
  /** Share of the images with known numbers that is held out; 0.2. */
  readonly validationFraction?: number;
  readonly seed?: string | number;
}

/**
 * The sets of a run with the numbers of a table. Where there are no class labels, the images of which all numbers are known are the labelled ones, some
 * of them held out to test on, and the others the unlabelled ones.
 */
export function setsWithFactors(
  sets: TrainingSets,
  path: string,
  { validationFraction = 0.2, seed = 1 }: KnownOptions,
): TrainingSets {
  const table = readFactorTable(path);
  const { unlabelled, labelled, test } = sets;
  refuseUnknown(table, [unlabelled, ...(labelled ? [labelled] : []), ...(test ? [test] : [])]);
  const known = <S extends TrainingImages>(set: S): S => withFactors(set, table);
  if (labelled) {
    if (!table.files)
      throw new DataError(`${path} needs a column "file": labels have put the images into another order.`);
    const both = known(labelled);
    return {
      ...sets,
      labelled: both,
      unlabelled: unlabelled === labelled ? both : known(unlabelled),
      ...(test && { test: known(test) }),
    };
  }
  const all = known(unlabelled);
  const isKnown = (i: number) => table.names.every((name) => Number.isFinite(lookUp(all.factors, name)?.[i]));
  const places = Array.from({ length: all.count }, (_, i) => i);
  if (!places.some(isKnown)) throw new DataError(`${path} has all its numbers for none of the images.`);
  const labels = places.map((i) => (isKnown(i) ? 0 : -1));
  const split =
    validationFraction > 0
      ? stratifiedSplit(labels, validationFraction, seed)
      : { kept: Int32Array.from(places), validation: new Int32Array() };
  const told = subset(all, Array.from(split.kept).filter(isKnown));
  const rest = places.filter((i) => !isKnown(i));
  return {
    ...sets,
    labelled: told,
    unlabelled: rest.length > 0 ? subset(all, rest) : told,
    ...(split.validation.length > 0 && { test: subset(all, split.validation) }),
  };
}
