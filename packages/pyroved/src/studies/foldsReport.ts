/** The report of a cross-validation. */
import { kernelLabel } from '../runs/machine.js';
import { formatPercent, type ReportData, renderReport } from '../viz/index.js';
import type { ClassValidation, CrossValidation, QuantityValidation } from './folds.js';
import type { StudyPlan } from './plan.js';

export function foldsReport(result: CrossValidation, plan: StudyPlan & { readonly seed: number }, path: string) {
  const { figures, facts = [], ...own } = result.on === 'classes' ? ofClasses(result) : ofQuantities(result);
  return renderReport({
    title: `Cross-validation with ${result.folds.length} folds`,
    subtitle: path,
    facts: [
      ...facts,
      {
        title: 'Training',
        rows: [
          ['images', plan.source.kind],
          ['epochs', String(plan.train.epochs)],
          ['seed', String(plan.seed)],
          ['engine', plan.engine],
          ['kernel', kernelLabel(plan)],
        ],
      },
    ],
    ...own,
    notes: [
      {
        text: `${figures} on images like the labelled ones. If those are upright and the unlabelled ones are not, results on the latter will be worse.`,
      },
    ],
  });
}

/** The content specific to classes or quantities; `figures` begins the note about the validity of the results. */
type Own = Partial<ReportData> & { readonly figures: string };

function ofClasses({ classNames, folds, accuracy, images, spread, confusion }: ClassValidation): Own {
  return {
    figures: 'Cross-validation estimates the accuracy',
    accuracy: {
      value: accuracy,
      images,
      measuredOn: 'labelled images, each by a model not trained on it,',
      chance: 1 / classNames.length,
    },
    confusion: { classNames, counts: confusion },
    tables: [
      {
        title: 'Folds',
        intro: `Mean ${formatPercent(spread.mean)}, standard deviation over the folds ${formatPercent(spread.sd)}.`,
        header: ['fold', 'images', 'accuracy'],
        rows: folds.map((fold) => [`fold ${fold.fold}`, fold.images, formatPercent(fold.accuracy)]),
      },
    ],
  };
}

function ofQuantities({ folds, images, targets }: QuantityValidation): Own {
  const r2 = (value: number | undefined) =>
    value === undefined || Number.isNaN(value) ? '(undefined)' : value.toFixed(3);
  return {
    figures: 'Cross-validation estimates the errors',
    facts: [
      {
        title: 'Result',
        rows: [
          ['images, each predicted by a model not trained on it', images],
          ...targets.flatMap(({ name, ...all }): [string, string][] => [
            [`${name}: R2`, r2(all.r2)],
            [`${name}: root mean squared error`, all.rootMeanSquaredError.toPrecision(4)],
            [`${name}: mean absolute error`, all.meanAbsoluteError.toPrecision(4)],
          ]),
        ],
      },
    ],
    tables: targets.map(({ name, spread }, k) => ({
      title: `${name} by fold`,
      intro: `Mean and standard deviation over the folds: R2 ${r2(spread.r2.mean)} ± ${r2(spread.r2.sd)}, root mean squared error ${spread.rootMeanSquaredError.mean.toPrecision(4)} ± ${spread.rootMeanSquaredError.sd.toPrecision(2)}, mean absolute error ${spread.meanAbsoluteError.mean.toPrecision(4)} ± ${spread.meanAbsoluteError.sd.toPrecision(2)}.`,
      header: ['fold', 'images', 'R2', 'root mean squared error', 'mean absolute error'],
      rows: folds.map((fold) => {
        const { meanSquaredError, meanAbsoluteError, r2: own } = fold.targets[k];
        return [
          `fold ${fold.fold}`,
          fold.images,
          r2(own),
          Math.sqrt(meanSquaredError).toPrecision(4),
          meanAbsoluteError.toPrecision(4),
        ];
      }),
    })),
  };
}
