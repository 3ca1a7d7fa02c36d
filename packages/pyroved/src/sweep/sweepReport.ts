/** The report of a sweep: configurations by rank, the metric against each varied number, and all trials. */
import { kernelLabel, type MachineRecord } from '../runs/machine.js';
import {
  type LinePoint,
  lineChart,
  type Report,
  type ReportChart,
  type ReportTable,
  renderReport,
} from '../viz/index.js';
import { type SweepMetric, sweepMetrics } from './metric.js';
import type { ConfigurationResult, SweepResult } from './result.js';
import type { Configuration } from './trial.js';

interface Shown {
  readonly result: SweepResult;
  readonly configurations: readonly Configuration[];
  readonly machine: MachineRecord;
  readonly path: string;
}

export function sweepReport({ result, configurations, machine, path }: Shown): Report {
  const names = Object.keys(configurations[0].values);
  const { trials } = result;
  const best = trials.find(
    ({ state, configuration }) =>
      state === 'finished' && configurations[configuration].values === bestOf(result)?.values,
  );
  return renderReport({
    title: 'Sweep',
    subtitle: `${path}: ${names.join(', ')}`,
    facts: [
      {
        title: 'Trials',
        rows: [
          ['configurations', configurations.length],
          ['seeds', [...new Set(trials.map(({ seed }) => seed))].join(', ')],
          ['finished', trials.filter(({ state }) => state === 'finished').length],
          ['failed', trials.filter(({ state }) => state === 'failed').length],
        ],
      },
      {
        title: 'Training',
        rows: [
          ['images', configurations[0].settings.source.kind],
          ['engine', machine.engine],
          ['kernel', kernelLabel(machine)],
        ],
      },
    ],
    tables: [rankTable(result, names), trialTable(result, configurations, names)],
    charts: names.flatMap((name) => chartOf(result, name)),
    notes: [
      {
        text: `Configurations are compared on the validation images, so the ${result.metric} of the best one is optimistic: the more configurations, the more. Measure it on other images.`,
      },
    ],
    ...(best && {
      commands: [
        { command: `npx pyroved evaluate ${path}/trials/${best.id}`, what: 'Evaluate the best configuration.' },
        { command: `npx pyroved train --resume ${path}/trials/${best.id}`, what: 'Write its report.' },
      ],
    }),
  });
}

const bestOf = ({ configurations }: SweepResult): ConfigurationResult | undefined =>
  configurations.find(({ state }) => state === 'finished');

const written = (value: number | undefined): string =>
  value === undefined || !Number.isFinite(value) ? '–' : value.toPrecision(4);

/** Configurations from the best to the worst; also printed at the end. */
export function rankTable({ metric, configurations }: SweepResult, names: readonly string[]): ReportTable {
  const several = configurations.some(({ seeds }) => seeds > 1);
  return {
    title: 'Configurations',
    intro: `By ${metric}: ${sweepMetrics[metric]} is better${several ? '. Mean, worst seed and standard deviation over the seeds' : ''}.`,
    header: [...names, several ? `${metric}, mean` : metric, ...(several ? ['worst', 'sd', 'seeds'] : []), ''],
    rows: configurations.map(({ values, mean, worst, sd, seeds, state, epoch }) => [
      ...names.map((name) => values[name]),
      written(mean),
      ...(several ? [written(worst), written(sd), seeds] : []),
      state === 'dropped' ? `dropped after epoch ${epoch}` : state === 'failed' ? 'failed' : '',
    ]),
  };
}

function trialTable(
  { trials, metric }: SweepResult,
  configurations: readonly Configuration[],
  names: readonly string[],
) {
  return {
    title: 'Trials',
    header: [...names, 'seed', metric, 'state', 'run'],
    rows: trials.map(({ id, configuration, seed, state, figures, message }) => [
      ...names.map((name) => configurations[configuration].values[name]),
      seed,
      written(figures[metric]),
      message === undefined ? state : `failed: ${message}`,
      `trials/${id}`,
    ]),
  };
}

/** The metric against an option whose values are numbers: the mean over the other options, with the range. */
function chartOf({ metric, configurations }: SweepResult, name: string): ReportChart[] {
  const finished = configurations.filter(({ state, mean }) => state === 'finished' && Number.isFinite(mean));
  const places = new Map<number, number[]>();
  for (const { values, mean } of finished) {
    const x = Number(values[name]);
    places.set(x, [...(places.get(x) ?? []), mean]);
  }
  const points = [...places].sort(([a], [b]) => a - b).map(([x, means]): LinePoint => pointOf(x, means));
  if (points.length < 2 || points.some(({ x }) => !Number.isFinite(x))) return [];
  const svg = lineChart({ series: [{ name: metric, points }], title: metric, xTitle: name, ...formatOf(metric) });
  return [
    { key: `${metric}-by-${name}`, caption: `${metric} against ${name}: mean and range over the other options.`, svg },
  ];
}

const pointOf = (x: number, means: readonly number[]): LinePoint => ({
  x,
  y: means.reduce((sum, value) => sum + value, 0) / means.length,
  low: Math.min(...means),
  high: Math.max(...means),
});

const formatOf = (metric: SweepMetric) =>
  metric === 'accuracy' || metric === 'matchedAccuracy' ? { yFormat: 'percent' as const } : {};
