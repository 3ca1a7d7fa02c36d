/** Results of a comparison of priors: figures of each run, means and standard deviations, paired tests, and a CSV table. */
import { glyphSymmetry } from 'pyroved-data/internal';
import { csvText } from '../csv.js';
import type { TrainingSets } from '../sources/sets.js';
import type { Source } from '../sources/source.js';
import type { AngleReport, Symmetry } from './angleError.js';
import { type PairedTest, pairedTest, type Spread, spreadOf } from './statistics.js';

/** The figures that are compared. */
export const measures = ['accuracy', 'elbo', 'meanEvidence', 'angleError', 'calibrationError', 'seconds'] as const;
export type Measure = (typeof measures)[number];

/** The figures of one prior with one seed, on validation images; absent if the true values are unknown. */
export interface PriorRun {
  readonly prior: string;
  readonly seed: number;
  /** Fraction of correctly classified images. */
  readonly accuracy?: number;
  /** ELBO in nats per image, with a KL weight of 1; on unlabelled images if there are no validation images. */
  readonly elbo?: number;
  /** Mean evidence of template models, instead of the ELBO; see `PriorFigures`. */
  readonly meanEvidence?: number;
  /** Mean absolute error of the angle in degrees, up to the symmetry of the class. */
  readonly angleError?: number;
  readonly angles?: AngleReport;
  /** Expected calibration error of the class probabilities. */
  readonly calibrationError?: number;
  /** Wall-clock time of the training steps. */
  readonly seconds: number;
  readonly epochs: number;
  /** Training loss of the last epoch in nats per image, with the KL weight of that epoch. */
  readonly loss: number;
}

/** Mean and standard deviation of each measure over the seeds. */
export interface PriorSummary extends Partial<Readonly<Record<Measure, Spread>>> {
  readonly prior: string;
}

/** Paired test of one prior against the first, over the seeds. */
export interface PriorTest extends PairedTest {
  readonly prior: string;
  readonly reference: string;
  readonly measure: Measure;
}

export interface Comparison {
  readonly priors: readonly string[];
  readonly seeds: readonly number[];
  readonly classNames: readonly string[];
  readonly symmetry: Symmetry;
  readonly runs: readonly PriorRun[];
  readonly summary: readonly PriorSummary[];
  /** The p-values are not corrected for multiple testing. */
  readonly tests: readonly PriorTest[];
}

/** Computes means, standard deviations and tests of the runs. */
export function comparisonOf(known: Omit<Comparison, 'summary' | 'tests'>): Comparison {
  const { priors, seeds, runs } = known;
  const values = (prior: string, measure: Measure): number[] =>
    seeds.flatMap((seed) => runs.find((run) => run.prior === prior && run.seed === seed)?.[measure] ?? []);
  const measured = measures.filter((measure) => values(priors[0], measure).length === seeds.length);
  const summary = priors.map((prior) => ({
    prior,
    ...Object.fromEntries(measured.map((measure) => [measure, spreadOf(values(prior, measure))])),
  }));
  const [reference, ...others] = priors;
  const tests = measured.flatMap((measure) =>
    others.map((prior) => ({
      prior,
      reference,
      measure,
      ...pairedTest(values(prior, measure), values(reference, measure)),
    })),
  );
  return { ...known, summary, tests };
}

/** A CSV table with one row per run. */
export function comparisonCsv({ runs, classNames }: Comparison): string {
  const header = [
    ...[
      'prior',
      'seed',
      'accuracy',
      'elbo',
      'evidence',
      'angle_error_deg',
      'angle_error_median_deg',
      'angle_concentration',
    ],
    ...classNames.map((name) => `angle_error_deg(${name})`),
    ...['calibration_error', 'seconds', 'epochs', 'loss'],
  ];
  const digits = (value: number | undefined, decimals: number) => value?.toFixed(decimals) ?? '';
  const rows = runs.map((run) => [
    run.prior,
    run.seed,
    digits(run.accuracy, 5),
    digits(run.elbo, 4),
    digits(run.meanEvidence, 4),
    digits(run.angleError, 3),
    digits(run.angles?.medianDegrees, 3),
    digits(run.angles?.concentration, 5),
    ...classNames.map((_, k) => digits(run.angles?.classes[k]?.meanDegrees, 3)),
    digits(run.calibrationError, 5),
    digits(run.seconds, 2),
    run.epochs,
    digits(run.loss, 4),
  ]);
  return csvText([header, ...rows]);
}

/** The symmetries of generated classes: a diamond has order 2, a single particle has no angle. */
export function symmetryOf(
  source: Source,
  { classNames }: Pick<TrainingSets, 'classNames'>,
  requested?: Symmetry,
): Symmetry {
  if (requested) return requested;
  if (source.kind === 'cards' && source.templates === undefined) return { diamonds: 2 };
  if (source.kind === 'glyphs') return pickOf(glyphSymmetry, classNames);
  if (source.kind === 'particles') return { [classNames[0]]: 0 };
  return {};
}

const pickOf = (orders: Symmetry, names: readonly string[]): Symmetry =>
  Object.fromEntries(names.filter((name) => Object.hasOwn(orders, name)).map((name) => [name, orders[name]]));
