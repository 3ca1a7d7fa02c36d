/** The parts of a report that tell how good a model is, by kind: headline, confusion, calibration, predictions against the truth. */
import { type Model, SSRegIVAE } from 'pyroved-ts';
import type { ModelEvaluation } from '../kinds/evaluation.js';
import type { TrainingSets } from '../sources/sets.js';
import { lineChart, type ReportChart, type ReportData, scatterChart } from '../viz/index.js';
import type { RunSummary } from './finish.js';

/** Found classes in the order, and by the names, of the true ones that they are matched with; told classes as they are. */
export function confusionOf(
  { confusion, matched, classNames }: RunSummary,
  trueNames: readonly string[],
): Pick<ReportData, 'confusion'> {
  if (!confusion) return {};
  if (!matched) return { confusion: { classNames, counts: confusion } };
  const columns = trueNames.map((_, y) => matched.indexOf(y));
  // More or fewer classes found than there are make no square table.
  if (columns.includes(-1) || matched.length !== trueNames.length) return {};
  return { confusion: { classNames: trueNames, counts: confusion.map((row) => columns.map((k) => row[k])) } };
}

/** Calibration of a classifier; each quantity against its true value. */
export function chartsOf(
  model: Model,
  { test }: TrainingSets,
  summary: RunSummary,
  evaluation: ModelEvaluation | undefined,
): ReportChart[] {
  const { reliability, calibrationError, temperature, calibratedError } = summary;
  if (reliability && calibrationError !== undefined) {
    // Where all images are in one bin there is nothing to draw.
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
    });
    const caption = `Images that training did not see: R2 ${r2.toFixed(3)}, root mean squared error ${Math.sqrt(meanSquaredError).toPrecision(3)}.`;
    return { key: `predicted-${k + 1}`, title: `Predicted ${name}`, caption, svg };
  });
}

function reliabilityChart(
  table: NonNullable<RunSummary['reliability']>,
  error: number,
  { temperature, calibratedError }: Pick<RunSummary, 'temperature' | 'calibratedError'>,
): ReportChart {
  const svg = lineChart({
    title: 'share that is right',
    xTitle: 'probability of the likeliest class',
    yFormat: 'percent',
    series: [
      { name: 'this model', points: table.map(({ confidence, accuracy }) => ({ x: confidence, y: accuracy })) },
      {
        name: 'as it says',
        points: [table[0], table[table.length - 1]].map(({ confidence }) => ({ x: confidence, y: confidence })),
      },
    ],
  });
  const counts = table.map(({ low, high, count }) => `${low.toFixed(2)} to ${high.toFixed(2)}: ${count}`).join('; ');
  const after =
    temperature === undefined || calibratedError === undefined
      ? ''
      : ` With the temperature ${temperature.toPrecision(3)}, which classify applies, it is ${calibratedError.toFixed(3)} (each half of the images at the temperature fitted on the other half).`;
  return {
    key: 'reliability',
    title: 'What its probabilities mean',
    caption: `Expected calibration error ${error.toFixed(3)}: how far, on average, the share of right classes lies from the probability that the model gives.${after} Images in each bin of probability: ${counts}.`,
    svg,
  };
}
