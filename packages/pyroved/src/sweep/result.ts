/** The result of a sweep: figures of each trial and of each configuration over its seeds, the best first. */
import { csvText } from '../csv.js';
import type { Pin } from '../queue/pin.js';
import { spreadOf } from '../studies/statistics.js';
import { compareBy, type SweepMetric, sweepMetrics, type TrialFigures } from './metric.js';
import type { Configuration } from './trial.js';

/** How far a trial came. `dropped`: other configurations were better at that epoch. */
export type TrialState = 'finished' | 'dropped' | 'failed';

export interface TrialResult {
  readonly id: string;
  readonly configuration: number;
  readonly seed: number;
  readonly state: TrialState;
  /** The epoch of the figures, counted from 1. @default the last one */
  readonly epoch?: number;
  readonly figures: TrialFigures;
  /** Why it failed. */
  readonly message?: string;
  /** What it was trained with, if that may differ from trial to trial. */
  readonly pin?: Pin;
}

export interface ConfigurationResult {
  readonly values: Readonly<Record<string, string>>;
  /** Mean, worst value and sample standard deviation of the metric over the seeds that have it. */
  readonly mean: number;
  readonly worst: number;
  readonly sd: number;
  readonly seeds: number;
  /** `failed` if one of its trials did. */
  readonly state: TrialState;
  readonly epoch?: number;
}

export interface SweepResult {
  readonly metric: SweepMetric;
  /** Finished configurations first, then those dropped the latest; each group by the mean of the metric. */
  readonly configurations: readonly ConfigurationResult[];
  readonly trials: readonly TrialResult[];
}

export function resultOf(
  metric: SweepMetric,
  configurations: readonly Configuration[],
  trials: readonly TrialResult[],
): SweepResult {
  const summaries = configurations.map(({ values }, k) => {
    const own = trials.filter(({ configuration }) => configuration === k);
    const measured = own.flatMap(({ figures }) => figures[metric] ?? []);
    const { mean, sd, n } = spreadOf(measured);
    const worst = sweepMetrics[metric] === 'higher' ? Math.min(...measured) : Math.max(...measured);
    const state = own.find((trial) => trial.state === 'failed')?.state ?? own[0].state;
    const { epoch } = own[0];
    return { values, mean, worst, sd, seeds: n, state, ...(epoch !== undefined && { epoch }) };
  });
  const better = compareBy(metric);
  const rank = ({ state, epoch = 0 }: ConfigurationResult) => (state === 'finished' ? Infinity : epoch);
  // Infinity - Infinity is NaN, which is falsy, as 0 is.
  summaries.sort((a, b) => rank(b) - rank(a) || better(a.mean, b.mean));
  return { metric, configurations: summaries, trials };
}

/** A row per trial: its options, seed, state and figures. */
export function sweepCsv({ metric, trials }: SweepResult, configurations: readonly Configuration[]): string {
  const names = Object.keys(configurations[0].values);
  const figures = (Object.keys(sweepMetrics) as SweepMetric[]).filter(
    (name) => name === metric || trials.some((trial) => trial.figures[name] !== undefined),
  );
  const header = [...names, 'seed', 'state', 'epoch', ...figures, 'trial'];
  const rows = trials.map(({ id, configuration, seed, state, epoch, figures: own }) => [
    ...names.map((name) => configurations[configuration].values[name]),
    seed,
    state,
    epoch ?? '',
    ...figures.map((name) => own[name] ?? ''),
    id,
  ]);
  return csvText([header, ...rows]);
}
