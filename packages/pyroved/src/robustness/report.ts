/** The report of `pyroved robustness`: heat map, curves, confusion matrices and examples of the test images. */
import { inMemory, subset, type TrainingImages } from 'pyroved-ts';
import { stackOf } from '../runs/show.js';
import {
  confusionChart,
  displayRange,
  formatCount,
  formatPercent,
  heatmapChart,
  imageRowsPicture,
  type LineSeries,
  lineChart,
  type Report,
  type ReportChart,
  renderReport,
} from '../viz/index.js';
import { type Condition, conditionText } from './disorders.js';
import {
  type AccuracyCurve,
  type AccuracyGrid,
  axisTitle,
  type ConditionResult,
  type Robustness,
} from './robustness.js';

/** Some test images under a condition. */
export interface Example {
  readonly condition: Condition;
  readonly images: TrainingImages;
}

/** @param examples a few images each, e.g. one of every class */
export function robustnessReport(measured: Robustness, path: string, examples: readonly Example[]): Report {
  const { images, accuracy, fixed, classNames, conditions } = measured;
  return renderReport({
    title: 'Robustness',
    subtitle: path,
    facts: [
      {
        title: 'Test images',
        rows: [
          ['images under each condition', images],
          ['classes', classNames.join(', ')],
          ['condition of all', conditionText(fixed)],
          ['accuracy without further disorder', formatPercent(accuracy)],
        ],
      },
    ],
    sections: [
      {
        title: 'Accuracy under disorder',
        text: [
          `Each value is the accuracy on ${formatCount(images)} images. Poses are uniform within the range; what is not varied is as in the run's validation images.`,
        ],
        charts: [
          gridChart('grid', measured.grid),
          ...measured.curves.map((curve) => curveChart(curve, classNames.length)),
        ],
      },
      ...(conditions.length > 0
        ? [{ title: 'Confusion matrices', charts: conditions.map((one, i) => conditionChart(one, i, classNames)) }]
        : []),
      { title: 'Examples', charts: examples.length > 0 ? [examplesChart(examples)] : [] },
    ],
  });
}

/** The heat map of a grid. */
export function gridChart(key: string, { x, y, accuracy }: AccuracyGrid, title?: string): ReportChart {
  const svg = heatmapChart({
    ...{ values: accuracy, columns: x.values, rows: y.values, xTitle: axisTitle(x), yTitle: axisTitle(y) },
    ...{ valueTitle: 'accuracy', format: 'percent', domain: [0, 1] },
  });
  return { key, svg, ...(title !== undefined && { title }) };
}

/** A curve as a series of a chart. */
export const seriesOf = (name: string, { axis, accuracy }: AccuracyCurve): LineSeries => ({
  name,
  points: axis.values.map((x, i) => ({ x, y: accuracy[i] })),
});

/** The axis of a chart over a disorder; noise levels that span powers of ten are on a logarithmic axis. */
export const xAxisOf = ({ axis }: AccuracyCurve): { xTitle: string; xScale: 'linear' | 'log' } => {
  const [low, high] = [Math.min(...axis.values), Math.max(...axis.values)];
  return { xTitle: axisTitle(axis), xScale: low > 0 && high / low > 50 ? 'log' : 'linear' };
};

function curveChart(curve: AccuracyCurve, numClasses: number): ReportChart {
  const { disorder } = curve.axis;
  const svg = lineChart({
    ...{ title: 'accuracy', series: [seriesOf(disorder, curve)], yFormat: 'percent', ...xAxisOf(curve) },
    levels: [{ value: 1 / numClasses, label: 'chance' }],
  });
  return { key: `curve-${disorder}`, svg };
}

function conditionChart(
  { condition, accuracy, confusion }: ConditionResult,
  i: number,
  classNames: readonly string[],
): ReportChart {
  return {
    key: `confusion-${i + 1}`,
    title: conditionText(condition),
    caption: `Accuracy ${formatPercent(accuracy)}.`,
    svg: confusionChart({ classNames, counts: confusion }),
  };
}

/** A row of images for each condition, all on the range of grey values of the first one. */
export function examplesChart(examples: readonly Example[], key = 'examples'): ReportChart {
  const rows = examples.map(({ condition, images }) => ({
    label: conditionText(condition),
    images: stackOf(inMemory(images)),
  }));
  const range = displayRange(inMemory(examples[0].images).images);
  return { key, svg: imageRowsPicture({ rows, range }).svg };
}

/** The first `perClass` images of each class. */
export function someOfEach(images: TrainingImages, perClass: number): TrainingImages {
  const taken = new Map<number, number>();
  const places = Array.from(images.labels ?? []).flatMap((label, i) => {
    const count = (taken.get(label) ?? 0) + 1;
    taken.set(label, count);
    return count <= perClass ? [i] : [];
  });
  return subset(images, places);
}

/** Conditions to show as examples: for each disorder measured, a middle and a larger value. */
export function shownConditions({ grid, curves }: Robustness): Condition[] {
  const axes = [grid.x, grid.y, ...curves.map(({ axis }) => axis)];
  const distinct = axes.filter(({ disorder }, i) => axes.findIndex((other) => other.disorder === disorder) === i);
  return [
    {},
    ...distinct.flatMap(({ disorder, values }) =>
      [0.5, 0.7].map((share) => ({ [disorder]: values[Math.round(share * (values.length - 1))] })),
    ),
  ];
}
