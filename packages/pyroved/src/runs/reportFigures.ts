/** Evaluation figures of a report: confusion matrix, calibration, and predicted against true values. */
import { type Model, SSRegIVAE } from 'pyroved-ts';
import type { ModelEvaluation } from '../kinds/evaluation.js';
import type { TrainingSets } from '../sources/sets.js';
import { lineChart, type ReportChart, type ReportData, scatterChart } from '../viz/index.js';
import type { RunSummary } from './finish.js';

/** The confusion matrix; found classes have the order and the names of the true classes they are matched with. */
export function confusionOf(
  { confusion, matched, classNames }: RunSummary,
  trueNames: readonly string[],
): Pick<ReportData, 'confusion'> {
  if (!confusion) return {};
  if (!matched) return { confusion: { classNames, counts: confusion } };
  const columns = trueNames.map((_, y) => matched.indexOf(y));
  // The matrix is not square if the number of found classes differs.
  if (columns.includes(-1) || matched.length !== trueNames.length) return {};
  return { confusion: { classNames: trueNames, counts: confusion.map((row) => columns.map((k) => row[k])) } };
}

/** The reliability diagram of a classifier, or predicted against true values of each quantity. */
export function chartsOf(
  model: Model,
  { test }: TrainingSets,
  summary: RunSummary,
  evaluation: ModelEvaluation | undefined,
): ReportChart[] {
  const { reliability, calibrationError, temperature, calibratedError } = summary;
  if (reliability && calibrationError !== undefined) {
    // A single bin makes no diagram.
    return reliability.length > 1
      ? [reliabilityChart(reliability, calibrationError, { temperature, calibratedError })]
      : [];
  }
  if (!(model instanceof SSRegIVAE) || evaluation?.on !== 'targets' || !test) return [];
  const truth = model.targets.of(test);
  const { predictions, targets } = evaluation;
  const column = (values: Float32Array, k: number) => values.filter((_, i) => i % targets.length === k);
  return targets.map(({ name, r2, meanSquaredError }, k): ReportChart => {
    const svg = scatterChart({
      x: column(truth, k),
      y: column(predictions, k),
      xTitle: `true ${name}`,
      yTitle: `predicted ${name}`,
      size: 320,
      sameScale: true,
    });
    const caption = `Validation images: R2 ${r2.toFixed(3)}, RMSE ${Math.sqrt(meanSquaredError).toPrecision(3)}.`;
    return { key: `predicted-${k + 1}`, title: `Predicted ${name}`, caption, svg };
  });
}

function reliabilityChart(
  table: NonNullable<RunSummary['reliability']>,
  error: number,
  { temperature, calibratedError }: Pick<RunSummary, 'temperature' | 'calibratedError'>,
): ReportChart {
  const svg = lineChart({
    title: 'accuracy',
    xTitle: 'probability of the most probable class',
    yFormat: 'percent',
    series: [
      { name: 'this model', points: table.map(({ confidence, accuracy }) => ({ x: confidence, y: accuracy })) },
      {
        name: 'perfect calibration',
        points: [table[0], table[table.length - 1]].map(({ confidence }) => ({ x: confidence, y: confidence })),
      },
    ],
  });
  const counts = table.map(({ low, high, count }) => `${low.toFixed(2)} to ${high.toFixed(2)}: ${count}`).join('; ');
  const after =
    temperature === undefined || calibratedError === undefined
      ? ''
      : ` After temperature scaling (T = ${temperature.toPrecision(3)}, applied by classify) it is ${calibratedError.toFixed(3)}, by two-fold cross-fitting.`;
  return {
    key: 'reliability',
    title: 'Calibration',
    caption: `Expected calibration error ${error.toFixed(3)}: the mean difference between accuracy and predicted probability.${after} Images per bin of probability: ${counts}.`,
    svg,
  };
}
