/** The figure by which the configurations of a sweep are compared. */
import { OptionError } from 'pyro-ts';
import type { RunFolder } from '../storage/index.js';

/** The figures that configurations can be compared by, and which values are better. */
export const sweepMetrics = {
  accuracy: 'higher',
  matchedAccuracy: 'higher',
  loss: 'lower',
  calibrationError: 'lower',
} as const;

export type SweepMetric = keyof typeof sweepMetrics;

/** The figures of a run: of its end, or of an epoch. Absent figures are undefined. */
export type TrialFigures = Readonly<Partial<Record<SweepMetric, number>>>;

/** The figures of a finished run, or of an epoch, counted from 1; of a run that ended before that epoch, of its last one. */
export function figuresAt(run: RunFolder, epoch?: number): TrialFigures {
  const source = epoch === undefined ? run.readSummary() : run.metrics.read().slice(0, epoch).at(-1);
  const names = Object.keys(sweepMetrics) as SweepMetric[];
  const known = names.flatMap((name) => (typeof source?.[name] === 'number' ? [[name, source[name]]] : []));
  return Object.fromEntries(known);
}

/** The metric to compare by: the first that the runs have figures for. @throws {OptionError} if `asked` is not among them */
export function metricOf(asked: SweepMetric | undefined, figures: readonly TrialFigures[]): SweepMetric {
  const names = Object.keys(sweepMetrics) as SweepMetric[];
  const known = names.filter((name) => figures.some((one) => one[name] !== undefined));
  if (asked === undefined) return known[0] ?? 'loss';
  if (known.includes(asked) || figures.length === 0) return asked;
  throw new OptionError(`The runs have no ${asked}. They have: ${known.join(', ')}.`);
}

/** Sorts the better value first; what has none comes last. */
export const compareBy =
  (metric: SweepMetric) =>
  (a: number, b: number): number => {
    if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
    return sweepMetrics[metric] === 'higher' ? b - a : a - b;
  };
