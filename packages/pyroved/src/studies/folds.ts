/** Results of a cross-validation, per fold and over all folds, for classes or for quantities. */
import { lookUp } from 'pyroved-ts/internal';
import type { Figures } from '../kinds/evaluation.js';
import type { TrainingSets } from '../sources/sets.js';
import type { JsonObject } from '../storage/index.js';
import { formatCount, formatPercent } from '../viz/index.js';
import { type Spread, spreadOf } from './statistics.js';

/** Classification results on one fold. */
export interface ClassFold {
  /** Number of the fold, from 1. */
  readonly fold: number;
  readonly images: number;
  readonly accuracy: number;
  /** confusion[true][found]: numbers of images. */
  readonly confusion: readonly (readonly number[])[];
}

/** Regression results on one fold. */
export interface QuantityFold {
  /** Number of the fold, from 1. */
  readonly fold: number;
  readonly images: number;
  readonly targets: NonNullable<Figures['targets']>;
}

export type FoldResult = ClassFold | QuantityFold;

export interface ClassValidation {
  readonly on: 'classes';
  readonly classNames: readonly string[];
  readonly folds: readonly ClassFold[];
  /** Fraction of all labelled images that are classified correctly by the models not trained on them. */
  readonly accuracy: number;
  readonly images: number;
  /** Mean and standard deviation of the folds' accuracies. */
  readonly spread: Spread;
  /** Sum of the folds' confusion matrices: every labelled image counts once. */
  readonly confusion: readonly (readonly number[])[];
}

/** Errors of one quantity, in the data's unit. */
export interface QuantityErrors<T> {
  /** 1 - mean squared error / variance. */
  readonly r2: T;
  readonly rootMeanSquaredError: T;
  readonly meanAbsoluteError: T;
}

/** Errors over all labelled images, each predicted by the model not trained on it; `r2` is NaN if all true values are equal. */
export interface ValidatedQuantity extends QuantityErrors<number> {
  readonly name: string;
  /** Mean and standard deviation over the folds; R2 is undefined for folds whose true values are all equal. */
  readonly spread: QuantityErrors<Spread>;
}

export interface QuantityValidation {
  readonly on: 'targets';
  readonly folds: readonly QuantityFold[];
  readonly images: number;
  readonly targets: readonly ValidatedQuantity[];
}

export type CrossValidation = ClassValidation | QuantityValidation;

/** The result of a fold, from the summary of its run. */
export function foldResultOf(fold: number, summary: JsonObject): FoldResult {
  const { testImages: images, ...figures } = summary as JsonObject & Figures & { readonly testImages: number };
  if (figures.targets) return { fold, images, targets: figures.targets };
  return { fold, images, accuracy: figures.accuracy as number, confusion: figures.confusion as number[][] };
}

export const isOfQuantities = (fold: FoldResult): fold is QuantityFold => 'targets' in fold;

/** One line about the result of a fold. */
export function foldText(result: FoldResult): string {
  const on = `on ${formatCount(result.images)} images`;
  if (!isOfQuantities(result)) return `Fold ${result.fold}: accuracy ${formatPercent(result.accuracy)} ${on}.`;
  const each = result.targets.map(
    ({ name, r2, meanSquaredError }) =>
      `${name} R2 ${r2?.toFixed(3) ?? '(undefined)'}, RMSE ${Math.sqrt(meanSquaredError).toPrecision(3)}`,
  );
  return `Fold ${result.fold}: ${each.join('; ')} ${on}.`;
}

/** The results over all folds: every labelled image counts once. */
export function together(sets: TrainingSets, folds: readonly FoldResult[]): CrossValidation {
  const ofQuantities = folds.filter(isOfQuantities);
  return ofQuantities.length > 0
    ? quantitiesTogether(sets, ofQuantities)
    : classesTogether(
        sets.classNames,
        folds.filter((fold): fold is ClassFold => !isOfQuantities(fold)),
      );
}

const imagesOf = (folds: readonly FoldResult[]): number => folds.reduce((sum, { images }) => sum + images, 0);

function classesTogether(classNames: readonly string[], folds: readonly ClassFold[]): ClassValidation {
  const confusion = classNames.map((_, y) =>
    classNames.map((__, k) => folds.reduce((sum, fold) => sum + fold.confusion[y][k], 0)),
  );
  const images = imagesOf(folds);
  const right = confusion.reduce((sum, row, y) => sum + row[y], 0);
  const spread = spreadOf(folds.map(({ accuracy }) => accuracy));
  return { on: 'classes', classNames, folds, accuracy: right / images, images, spread, confusion };
}

function quantitiesTogether({ labelled }: TrainingSets, folds: readonly QuantityFold[]): QuantityValidation {
  const images = imagesOf(folds);
  const targets = folds[0].targets.map(({ name }, k): ValidatedQuantity => {
    const own = folds.map(({ targets: all, images: count }) => ({ ...all[k], count }));
    const mean = (figure: 'meanSquaredError' | 'meanAbsoluteError') =>
      own.reduce((sum, fold) => sum + fold[figure] * fold.count, 0) / images;
    const variance = varianceOf(lookUp(labelled?.factors, name) ?? []);
    return {
      name,
      r2: variance > 0 ? 1 - mean('meanSquaredError') / variance : Number.NaN,
      rootMeanSquaredError: Math.sqrt(mean('meanSquaredError')),
      meanAbsoluteError: mean('meanAbsoluteError'),
      spread: {
        r2: spreadOf(own.flatMap(({ r2 }) => (r2 === undefined ? [] : [r2]))),
        rootMeanSquaredError: spreadOf(own.map(({ meanSquaredError }) => Math.sqrt(meanSquaredError))),
        meanAbsoluteError: spreadOf(own.map(({ meanAbsoluteError }) => meanAbsoluteError)),
      },
    };
  });
  return { on: 'targets', folds, images, targets };
}

/** The population variance. */
function varianceOf(values: ArrayLike<number>): number {
  const list = Array.from(values);
  const mean = list.reduce((sum, v) => sum + v, 0) / list.length;
  return list.reduce((sum, v) => sum + (v - mean) ** 2, 0) / list.length;
}
