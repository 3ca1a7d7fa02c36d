/** The table of classified objects. */
import type { PixelSize } from 'pyroved-data';
import type { Classification } from '../storage/index.js';
import { type Lengths, type ObjectRecord, unitCells, unitColumns } from './objectTable.js';
import type { Cell, Column } from './tableFile.js';

/** Which measures beside those of every model are in the table. */
export interface Measures {
  readonly latents: boolean;
}

/** An object with its class. */
export interface ClassifiedRecord extends ObjectRecord, Omit<Classification, 'file'> {
  readonly scale?: number;
  readonly latents?: { readonly mean: readonly number[]; readonly deviation: readonly number[] };
}

/** A column and the value of an object in it. */
interface Measured extends Column {
  readonly of: (object: ClassifiedRecord) => Cell;
}

const number = (name: string, decimals: number | undefined, of: Measured['of']): Measured => ({
  ...{ name, type: 'number', of },
  ...(decimals !== undefined && { decimals }),
});

const truth = (name: string, of: Measured['of']): Measured => ({ name, type: 'truth', of });

/** The columns of objects that have the measures of `sample`; those in pixels and units, then the probability of each class. */
export function classifiedColumns(
  sample: ClassifiedRecord,
  classNames: readonly string[],
  lengths: Lengths | undefined,
): Column[] {
  return [
    { name: 'file', type: 'text' },
    ...measured(sample, classNames),
    ...(lengths ? unitColumns(lengths) : []),
    ...classNames.map((name): Column => ({ name: `p(${name})`, type: 'number', decimals: 4 })),
  ];
}

function measured(sample: ClassifiedRecord, classNames: readonly string[]): Measured[] {
  const has = (name: keyof ClassifiedRecord) => sample[name] !== undefined;
  return [
    number('x', 1, ({ x }) => x),
    number('y', 1, ({ y }) => y),
    { name: 'class', type: 'text', of: ({ classIndex }) => classNames[classIndex] },
    number('probability', 4, ({ probabilities, classIndex }) => probabilities[classIndex]),
    truth('unsure', ({ unsure }) => unsure),
    ...(has('entropy') ? [number('entropy', 4, ({ entropy }) => entropy ?? null)] : []),
    ...(has('outlierScore')
      ? [
          number('outlier_score', 3, ({ outlierScore }) => outlierScore ?? null),
          truth('outlier', ({ outlier }) => outlier ?? null),
        ]
      : []),
    ...(has('angleDegrees') ? [number('angle_deg', 1, ({ angleDegrees }) => angleDegrees ?? null)] : []),
    ...(has('scale') ? [number('scale', 4, ({ scale }) => scale ?? null)] : []),
    ...(sample.latents?.mean.flatMap((_, d) => [
      number(`z${d + 1}`, 5, ({ latents }) => latents?.mean[d] ?? null),
      number(`z${d + 1}_sd`, 5, ({ latents }) => latents?.deviation[d] ?? null),
    ]) ?? []),
    ...(['width', 'height', 'area'] as const).map((name) => number(name, 1, (object) => object[name])),
    truth('at_edge', ({ atEdge }) => atEdge),
    truth('crowded', ({ isCrowded }) => isCrowded),
  ];
}

interface RowContext {
  readonly columns: readonly Column[];
  readonly classNames: readonly string[];
  readonly lengths: Lengths | undefined;
  readonly pixelSize: PixelSize | undefined;
}

export function classifiedRow(
  file: string,
  object: ClassifiedRecord,
  { columns, classNames, lengths, pixelSize }: RowContext,
): Cell[] {
  const byName = new Map(measured(object, classNames).map(({ name, of }) => [name, of(object)]));
  const units = lengths ? unitCells(object, lengths, pixelSize) : [];
  const own = columns.slice(1, columns.length - units.length - classNames.length);
  return [file, ...own.map(({ name }) => byName.get(name) ?? null), ...units, ...Array.from(object.probabilities)];
}
