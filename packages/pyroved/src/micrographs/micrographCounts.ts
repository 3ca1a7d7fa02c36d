/** The counts and densities of the classes in each micrograph and in all together. */
import type { LocatedMicrograph } from 'pyroved-data';
import type { TrainedModel } from '../runs/loadModel.js';
import type { ClassifiedRecord } from './classifiedTable.js';
import { type ClassCount, type Confusion, classCounts, expectedConfusion } from './counts.js';

/** The counts of one micrograph. */
export interface MicrographCounts {
  readonly file: string;
  readonly objects: number;
  readonly unsure: number;
  readonly outliers?: number;
  /** Of the micrograph, in `areaUnit`. */
  readonly area: number;
  /** E.g. `um2`; megapixels (`Mpx`) where no pixel size is known. */
  readonly areaUnit: string;
  readonly classes: readonly ClassCount[];
  /** The fraction of each class (rows) that is expected to be classified as each class, from the probabilities of the objects. */
  readonly expected: readonly (readonly number[])[];
}

/** The confusion of the run on its validation images, if it has any. */
export function confusionOf({ run, classNames }: TrainedModel): Confusion | undefined {
  if (!run.hasSummary()) return undefined;
  const { confusion, testImages } = run.readSummary();
  const K = classNames.length;
  const isTable =
    Array.isArray(confusion) &&
    confusion.length === K &&
    confusion.every(
      (row) => Array.isArray(row) && row.length === K && row.every((n) => typeof n === 'number' && n >= 0),
    );
  if (!isTable || typeof testImages !== 'number') return undefined;
  return { counts: confusion as unknown as number[][], distinct: testImages };
}

export function countsOf(
  { name, height, width, pixelSize }: LocatedMicrograph,
  objects: readonly ClassifiedRecord[],
  names: readonly string[],
  confusion: Confusion | undefined,
): MicrographCounts {
  const area = pixelSize ? height * pixelSize.y * width * pixelSize.x : (height * width) / 1e6;
  return counted(name, objects, {
    ...{ names, confusion, area, areaUnit: pixelSize ? `${pixelSize.unit}2` : 'Mpx' },
    unsure: objects.filter(({ unsure }) => unsure).length,
    ...(objects.some(({ outlier }) => outlier !== undefined) && {
      outliers: objects.filter(({ outlier }) => outlier).length,
    }),
  });
}

function counted(
  file: string,
  objects: readonly ClassifiedRecord[],
  {
    names,
    confusion,
    ...rest
  }: { readonly names: readonly string[]; readonly confusion: Confusion | undefined } & Omit<
    MicrographCounts,
    'file' | 'objects' | 'classes' | 'expected'
  >,
): MicrographCounts {
  const classified = names.map((_, k) => objects.filter(({ classIndex }) => classIndex === k).length);
  const expected = expectedConfusion(objects, names.length);
  return {
    ...{ file, objects: objects.length, expected, ...rest },
    classes: classCounts(classified, { names, area: rest.area, expected, ...(confusion && { confusion }) }),
  };
}

/** The counts of all micrographs together; their area only if all have the same unit. */
export function totalOf(
  counts: readonly MicrographCounts[],
  names: readonly string[],
  confusion: Confusion | undefined,
): Pick<MicrographCounts, 'objects' | 'unsure' | 'classes'> {
  const sum = (of: (one: MicrographCounts) => number) => counts.reduce((total, one) => total + of(one), 0);
  const classified = names.map((_, k) => sum(({ classes }) => classes[k].classified));
  const isOneUnit = counts.every(({ areaUnit }) => areaUnit === counts[0].areaUnit);
  const area = sum((one) => one.area);
  return {
    objects: sum(({ objects }) => objects),
    unsure: sum(({ unsure }) => unsure),
    classes: classCounts(classified, {
      ...{ names, expected: meanConfusion(counts, names.length) },
      ...(confusion && { confusion }),
      ...(isOneUnit && { area }),
    }),
  };
}

/** The mean of the micrographs' expected confusions, weighted by their objects. */
function meanConfusion(counts: readonly MicrographCounts[], numClasses: number): number[][] {
  const objects = counts.reduce((sum, one) => sum + one.objects, 0);
  return Array.from({ length: numClasses }, (_, k) =>
    Array.from({ length: numClasses }, (__, j) =>
      counts.reduce((sum, one) => sum + (one.expected[k][j] * one.objects) / objects, 0),
    ),
  );
}

export function countsLine({ file, objects, unsure, classes }: MicrographCounts): string {
  const each = classes.map(({ class: name, classified, count }) =>
    count ? `${classified} ${name} (${count.low} to ${count.high})` : `${classified} ${name}`,
  );
  return `${file}: ${objects} objects: ${each.join(', ')}; ${unsure} unsure`;
}
