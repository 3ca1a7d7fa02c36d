/** Training curves: loss, accuracy, loss of labelled images and KL weight against the epoch. */
import { type LineChartOptions, lineChart } from './lines.js';

/** The metrics of one epoch; a missing or null value is a gap in the curve. */
export interface EpochFigures {
  readonly epoch: number;
  readonly loss?: number | null;
  readonly accuracy?: number | null;
  /** The loss on labelled images, including the classifier's term. */
  readonly labelledLoss?: number | null;
  readonly klWeight?: number | null;
}

/** A training and its name in the legend. */
export interface TrainingCurve {
  readonly name: string;
  readonly epochs: readonly EpochFigures[];
}

/** A chart of `trainingCharts`; `key` is used for the file name, e.g. `loss.svg`. */
export interface TrainingChart {
  readonly key: Exclude<keyof EpochFigures, 'epoch'>;
  readonly svg: string;
}

const CHARTS: readonly { key: TrainingChart['key']; title: string; share?: boolean }[] = [
  { key: 'loss', title: 'Loss: negative ELBO per image (nats)' },
  { key: 'accuracy', title: 'Accuracy on validation images', share: true },
  { key: 'labelledLoss', title: 'Loss per labelled image, including the classifier (nats)' },
  { key: 'klWeight', title: 'KL weight' },
];

/**
 * The charts for which any training has values.
 * @param levels reference lines of the accuracy chart, such as the chance level
 */
export function trainingCharts(
  trainings: readonly TrainingCurve[],
  levels: LineChartOptions['levels'] = [],
): TrainingChart[] {
  const charts: TrainingChart[] = [];
  for (const { key, title, share } of CHARTS) {
    const series = trainings
      .map(({ name, epochs }) => ({
        name,
        points: epochs.map((figures) => ({ x: figures.epoch, y: figures[key] ?? null })),
      }))
      .filter(({ points }) => points.some(({ y }) => y !== null));
    if (series.length === 0) continue;
    const svg = lineChart({
      series,
      title,
      xTitle: 'epoch',
      ...(share && { yFormat: 'percent', levels }),
    });
    charts.push({ key, svg });
  }
  return charts;
}
