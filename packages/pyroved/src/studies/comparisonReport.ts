/** The report of a comparison of priors: figures, tests and training curves. */
import type { EpochRecord } from 'pyroved-ts';
import { lookUp } from 'pyroved-ts/internal';
import { kernelLabel } from '../runs/machine.js';
import type { TrainingSets } from '../sources/sets.js';
import {
  formatCount,
  formatDuration,
  formatPercent,
  type LinePoint,
  lineChart,
  type Report,
  type ReportChart,
  type ReportTable,
  renderReport,
} from '../viz/index.js';
import { type Comparison, type Measure, measures, type PriorRun, type PriorTest } from './comparison.js';
import type { StudyPlan } from './plan.js';
import type { Spread } from './statistics.js';

/** The title and the format of each measure. */
const measureWords: Readonly<Record<Measure, { title: string; write: (value: number) => string }>> = {
  accuracy: { title: 'accuracy', write: (v) => formatPercent(v) },
  elbo: { title: 'ELBO (nats per image)', write: (v) => v.toFixed(2) },
  meanEvidence: { title: 'evidence (nats per image)', write: (v) => v.toFixed(2) },
  angleError: { title: 'angle error (deg)', write: (v) => v.toFixed(2) },
  calibrationError: { title: 'calibration error', write: (v) => v.toFixed(4) },
  seconds: { title: 'training time (s)', write: (v) => v.toFixed(1) },
};

/** "91.2% ± 1.0%" */
const spreadText = (measure: Measure, { mean, sd, n }: Spread): string => {
  const { write } = measureWords[measure];
  return n > 1 ? `${write(mean)} ± ${write(sd)}` : write(mean);
};

/** "0.031", "< 0.001" */
const pText = (p: number): string => (Number.isNaN(p) ? '–' : p < 0.001 ? '< 0.001' : p.toFixed(3));

interface Shown {
  readonly comparison: Comparison;
  readonly histories: readonly { readonly prior: string; readonly history: readonly EpochRecord[] }[];
  readonly plan: StudyPlan;
  readonly sets: TrainingSets;
  readonly path: string;
}

export function comparisonReport({ comparison, histories, plan, sets, path }: Shown): Report {
  const { priors, seeds } = comparison;
  const { unlabelled, labelled, test, classNames } = sets;
  return renderReport({
    title: 'Comparison of angle priors',
    subtitle: `${path}: ${priors.join(', ')}; ${seeds.length} seeds each`,
    facts: [
      {
        title: 'Data',
        rows: [
          ['images', plan.source.kind],
          ['unlabelled', unlabelled.count],
          ...(labelled ? ([['labelled', labelled.count]] as const) : []),
          ...(test ? ([['validation', test.count]] as const) : []),
          ['classes', classNames.join(', ')],
        ],
      },
      {
        title: 'Training',
        rows: [
          ['epochs', String(plan.train.epochs)],
          ['seeds', seeds.join(', ')],
          ['engine', plan.engine],
          ['kernel', kernelLabel(plan)],
        ],
      },
    ],
    tables: [summaryTable(comparison), testTable(comparison), ...angleTable(comparison), runTable(comparison)],
    charts: [...trainingCurves(priors, histories), ...bySeed(comparison)],
    notes: notesOf(comparison),
    commands: [
      {
        command: `npx pyroved evaluate ${path}/${priors[0]}/seed-${seeds[0]}`,
        what: 'Evaluate one of the trained models; each has a run folder.',
      },
      {
        command: `npx pyroved train --resume ${path}/${priors[0]}/seed-${seeds[0]}`,
        what: 'Write the report of one of the runs.',
      },
    ],
  });
}

/** The measures that a comparison has figures for. */
const measuredIn = ({ summary }: Comparison): Measure[] =>
  measures.filter((measure) => summary[0][measure] !== undefined);

export function summaryTable(comparison: Comparison): ReportTable {
  const measured = measuredIn(comparison);
  return {
    title: 'Summary',
    intro: 'Mean and standard deviation over the seeds. All priors use the same images, seeds, networks and training.',
    header: ['prior', ...measured.map((measure) => measureWords[measure].title)],
    rows: comparison.summary.map((row) => [
      row.prior,
      ...measured.map((measure) => spreadText(measure, row[measure] as Spread)),
    ]),
  };
}

export function testTable({ tests, priors, seeds }: Comparison): ReportTable {
  const least = 2 / 2 ** seeds.length;
  return {
    title: `Paired tests against ${priors[0]}`,
    intro:
      `Mean difference over the seeds and two-sided p-values of the paired t-test and the exact Wilcoxon signed-rank test, whose smallest p-value with ` +
      `${seeds.length} seeds is ${pText(least)}. The p-values are not corrected for multiple testing.`,
    header: ['prior', 'measure', 'difference', 't-test p', 'Wilcoxon p'],
    rows: tests.map((test) => [
      test.prior,
      measureWords[test.measure].title,
      differenceText(test),
      pText(test.tTest),
      pText(test.wilcoxon),
    ]),
  };
}

/** "+1.2 points", "-0.31" */
function differenceText({ measure, difference }: PriorTest): string {
  const sign = difference > 0 ? '+' : '';
  if (measure === 'accuracy') return `${sign}${(100 * difference).toFixed(1)} points`;
  return `${sign}${measureWords[measure].write(difference)}`;
}

function angleTable({ priors, runs, classNames, symmetry }: Comparison): ReportTable[] {
  if (!runs.some(({ angles }) => angles)) return [];
  const mean = (prior: string, pick: (run: PriorRun) => number | undefined): string => {
    const values = runs.filter((run) => run.prior === prior).flatMap((run) => pick(run) ?? []);
    return values.length > 0 ? (values.reduce((sum, v) => sum + v, 0) / values.length).toFixed(1) : '–';
  };
  const orders = classNames.map((name) => lookUp(symmetry, name) ?? 1);
  return [
    {
      title: 'Angles',
      intro:
        'Mean absolute error of the angle in degrees, by class, over all seeds, given the true class, relative to the upright pose of the labelled images, and up to the ' +
        'symmetry of the class (order in parentheses). The median is robust to a few objects inferred upside down.',
      header: [
        'prior',
        ...classNames.map((name, k) => `${name}${orders[k] === 1 ? '' : ` (${orders[k]})`}`),
        'median, all',
      ],
      rows: priors.map((prior) => [
        prior,
        ...classNames.map((_, k) => mean(prior, (run) => run.angles?.classes[k]?.meanDegrees)),
        mean(prior, (run) => run.angles?.medianDegrees),
      ]),
    },
  ];
}

function runTable(comparison: Comparison): ReportTable {
  const measured = measuredIn(comparison);
  return {
    title: 'Runs',
    header: ['prior', 'seed', ...measured.map((measure) => measureWords[measure].title)],
    rows: comparison.runs.map((run) => [
      run.prior,
      String(run.seed),
      ...measured.map((measure) => measureWords[measure].write(run[measure] as number)),
    ]),
  };
}

/** Loss and accuracy by epoch: mean over the seeds, with a band from minimum to maximum. */
function trainingCurves(priors: readonly string[], histories: Shown['histories']): ReportChart[] {
  const charts: ReportChart[] = [];
  const figures = {
    accuracy: { title: 'Accuracy on validation images', of: ({ evaluation }: EpochRecord) => evaluation?.accuracy },
    loss: { title: 'Loss: negative ELBO per image (nats)', of: ({ loss }: EpochRecord): number | undefined => loss },
  };
  for (const [key, { title, of }] of Object.entries(figures)) {
    const series = priors.map((prior) => ({
      name: prior,
      points: bandOf(histories.filter((entry) => entry.prior === prior).map(({ history }) => history.map(of))),
    }));
    if (series.every(({ points }) => points.length === 0)) continue;
    const share = key === 'accuracy' ? ({ yFormat: 'percent' } as const) : {};
    const caption = 'Mean over the seeds; the band spans minimum to maximum.';
    charts.push({ key, caption, svg: lineChart({ series, title, xTitle: 'epoch', ...share }) });
  }
  return charts;
}

function bandOf(histories: readonly (readonly (number | undefined)[])[]): LinePoint[] {
  const epochs = Math.max(...histories.map(({ length }) => length));
  return Array.from({ length: epochs }, (_, i) => histories.flatMap((figures) => figures[i] ?? []))
    .map((values, i) => ({ x: i + 1, values }))
    .filter(({ values }) => values.length > 0)
    .map(({ x, values }) => ({
      x,
      y: values.reduce((sum, v) => sum + v, 0) / values.length,
      low: Math.min(...values),
      high: Math.max(...values),
    }));
}

/** The final figures of each run, by seed. */
function bySeed(comparison: Comparison): ReportChart[] {
  const { priors, seeds, runs } = comparison;
  const charts: ReportChart[] = [];
  for (const measure of measuredIn(comparison)) {
    if (measure === 'seconds') continue;
    const series = priors.map((name) => ({
      name,
      points: seeds.map((_, i) => ({
        x: i + 1,
        y: runs.find(({ prior, seed }) => prior === name && seed === seeds[i])?.[measure] ?? null,
      })),
    }));
    const { title } = measureWords[measure];
    const share = measure === 'accuracy' ? ({ yFormat: 'percent' } as const) : {};
    const svg = lineChart({
      series,
      title: `${title} by seed`,
      xTitle: 'number of the seed',
      ...share,
    });
    charts.push({ key: `${measure}-by-seed`, svg });
  }
  return charts;
}

function notesOf({ runs, seeds }: Comparison) {
  const seconds = runs.reduce((sum, run) => sum + run.seconds, 0);
  return [
    { text: `${formatCount(runs.length)} trainings took ${formatDuration(seconds)} in total.` },
    {
      text:
        'ELBO: on validation images, with a KL weight of 1 and one sample per image. Calibration error: expected calibration error of the class probabilities. ' +
        'Time: wall-clock time, which includes the load of other processes.',
    },
    ...(seeds.length < 5 ? [{ text: 'With fewer than five seeds, the tests have little power.' }] : []),
  ];
}
