/** The curves of one or several trainings: loss, accuracy, loss of labelled images and KL weight against the epoch. */
import { type LineChartOptions, lineChart } from './lines.js';

/** What one epoch left in the metrics. A null or a missing figure is a gap in its curve. */
export interface EpochFigures {
  readonly epoch: number;
  readonly loss?: number | null;
  readonly accuracy?: number | null;
  /** The objective on labelled images, the classifier's term included. */
  readonly labelledLoss?: number | null;
  readonly klWeight?: number | null;
}

/** One training and what the legend calls it. */
export interface TrainingCurve {
  readonly name: string;
  readonly epochs: readonly EpochFigures[];
}

/** One chart of `trainingCharts`; `key` makes a file name, such as `loss.svg`. */
export interface TrainingChart {
  readonly key: Exclude<keyof EpochFigures, 'epoch'>;
  readonly svg: string;
}

const CHARTS: readonly { key: TrainingChart['key']; title: string; share?: boolean }[] = [
  { key: 'loss', title: 'Loss: negative ELBO per image (nats)' },
  { key: 'accuracy', title: 'Accuracy on held-out images', share: true },
  { key: 'labelledLoss', title: 'Loss per labelled image, with the classifier’s (nats)' },
  { key: 'klWeight', title: 'Weight of the KL terms' },
];

/**
 * The charts for which any training has figures.
 * @param levels of the accuracy, such as chance or the baseline.
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
