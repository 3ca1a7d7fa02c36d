/** What several kinds of models have in common. */
import { type Factors, PyrovedError, type SemiSupervisedData } from 'pyroved-ts';
import { trainerOptionKeys } from 'pyroved-ts/internal';
import type { TrainingSets } from '../sources/sets.js';
import type { Variant } from './kind.js';
import type { TrainSettings } from './settings.js';

export const howToLabel = 'Give a folder per class, or a table of labels.';

/** Options of training with labelled images beside unlabelled ones. */
export const supervisedKeys = ['auxLossMultiplier', 'auxStep', 'schedule', 'warmUp'] as const;

/** The images for a trainer that learns from labels too. @throws {PyrovedError} where there are no labelled ones. */
export function labelledData({ unlabelled, labelled, test }: TrainingSets): SemiSupervisedData {
  if (!labelled) throw new PyrovedError(`There are no labelled images. ${howToLabel}`);
  return { unlabelled, labelled, ...(test && { test }) };
}

/** The settings that all trainers have, and those named in `own`. */
export function trainOptionsOf<S extends TrainSettings>(settings: S, own: readonly string[]): S {
  const known: readonly string[] = [...trainerOptionKeys, ...own];
  // Options only become fewer, and all of them are optional.
  return Object.fromEntries(Object.entries(settings).filter(([name]) => known.includes(name))) as S;
}

/** One variant for each class. */
export const classVariants = (numClasses: number, classNames: readonly string[]): Variant[] =>
  Array.from({ length: numClasses }, (_, k) => ({
    condition: { classes: k },
    title: classNames[k] ?? `class ${k + 1}`,
    class: k,
  }));

/** Low, middle and high values of each factor, the others in the middle. */
export function factorLevels(factors: Factors): { values: number[]; title: string }[] {
  return factors.list.flatMap(({ name }, which) =>
    [-1, 0, 1].map((level) => {
      const values = valuesAt(factors, which, level);
      return { values, title: `${name} ${Number(values[which].toPrecision(3))}` };
    }),
  );
}

/** Every factor's centre, but factor `which` at `level` times its scale from there. */
export const valuesAt = (factors: Factors, which: number, level: number): number[] =>
  factors.list.map(({ centre, scale }, k) => (k === which ? centre + level * scale : centre));
