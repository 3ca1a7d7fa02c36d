/** Shared by several kinds of models. */
import { type Factors, PyrovedError, type SemiSupervisedData } from 'pyroved-ts';
import { trainerOptionKeys } from 'pyroved-ts/internal';
import type { TrainingSets } from '../sources/sets.js';
import type { Variant } from './kind.js';
import type { TrainSettings } from './settings.js';

export const howToLabel = 'Provide one folder per class or a table of labels.';

/** The images for a semi-supervised trainer. @throws {PyrovedError} when there are no labelled images. */
export function labelledData({ unlabelled, labelled, test }: TrainingSets): SemiSupervisedData {
  if (!labelled) throw new PyrovedError(`There are no labelled images. ${howToLabel}`);
  return { unlabelled, labelled, ...(test && { test }) };
}

/** The settings common to all trainers, and those named in `own`. */
export function trainOptionsOf<S extends TrainSettings>(settings: S, own: readonly string[]): S {
  const known: readonly string[] = [...trainerOptionKeys, ...own];
  // All options are optional, so a subset has the same type.
  return Object.fromEntries(Object.entries(settings).filter(([name]) => known.includes(name))) as S;
}

/** One variant per class. */
export const classVariants = (numClasses: number, classNames: readonly string[]): Variant[] =>
  Array.from({ length: numClasses }, (_, k) => ({
    condition: { classes: k },
    title: classNames[k] ?? `class ${k + 1}`,
    class: k,
  }));

/** Low, central and high values of each factor, with the others at their centres. */
export function factorLevels(factors: Factors): { values: number[]; title: string }[] {
  return factors.list.flatMap(({ name }, which) =>
    [-1, 0, 1].map((level) => {
      const values = valuesAt(factors, which, level);
      return { values, title: `${name} ${Number(values[which].toPrecision(3))}` };
    }),
  );
}

/** The centres of all factors, with factor `which` shifted by `level` times its scale. */
export const valuesAt = (factors: Factors, which: number, level: number): number[] =>
  factors.list.map(({ centre, scale }, k) => (k === which ? centre + level * scale : centre));
