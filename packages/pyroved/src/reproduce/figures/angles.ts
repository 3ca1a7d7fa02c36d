/** Figure 3a and S2: accuracy against the range of the unlabelled angles, of the model with and without invariance, and their confusion matrices. */

import { figuresOf } from '../../kinds/evaluation.js';
import { evaluateModel, validationImages } from '../../runs/evaluate.js';
import type { TrainedModel } from '../../runs/loadModel.js';
import {
  confusionChart,
  formatPercent,
  type LineSeries,
  lineChart,
  type ReportChart,
  type ReportTable,
} from '../../viz/index.js';
import { type Figure, type FigureContext, number3, progressOf, rowOf } from '../figure.js';
import { paperConfusion, paperStatements } from '../paperFigures.js';
import type { Plan, RunSpec } from '../plan.js';

interface Curve {
  readonly name: string;
  readonly spec: (plan: Plan, alpha: number, seed: number) => RunSpec;
}

const curves: readonly Curve[] = [
  { name: 'default recipe', spec: (plan, alpha, seed) => plan.atAngle('ours', alpha, seed) },
  { name: "ss-rVAE, paper's recipe", spec: (plan, alpha, seed) => plan.atAngle('paper', alpha, seed) },
  { name: "ss-VAE, paper's recipe", spec: (plan, alpha, seed) => plan.plainAtAngle(alpha, seed) },
];

/** The accuracy of each seed at each angle range. */
interface AngleResult {
  readonly alpha: number;
  readonly accuracies: readonly number[];
  /** Whether all runs are finished. */
  readonly isWhole: boolean;
}

export const figure3a: Figure = {
  id: '3a',
  title: 'Accuracy against the range of the angles',
  runs: (plan) => bySeed(plan).flatMap(({ alpha, seed }) => curves.map(({ spec }) => spec(plan, alpha, seed))),
  make: async (context) => {
    const results = curves.map(({ name, spec }) => ({ name, points: resultsOf(context, spec) }));
    const [ours, invariant, plain] = results.map(({ points }) => points);
    const { alphas, seeds } = context.plan.scale;
    const between = (points: readonly AngleResult[]) =>
      rangeText(points.filter(({ alpha }) => alpha > 4 && alpha < 90).flatMap(({ accuracies }) => accuracies));
    const above = (points: readonly AngleResult[]) =>
      rangeText(points.filter(({ alpha }) => alpha > 4).flatMap(({ accuracies }) => accuracies));
    return {
      section: {
        title: 'Figure 3a: accuracy against the range of the unlabelled angles',
        text: [
          `Labelled images within 4° of upright. ${seeds.length} seeds; bands are from the worst to the best. The paper's recipe has the savings here: 288 of 2,304 pixels, and the likeliest class and one other per step.`,
        ],
        charts: [chartOf(results)],
        tables: [tableOf(results)],
      },
      rows: [
        rowOf('3a', `ss-rVAE, angles ${alphas.filter((alpha) => alpha > 4 && alpha < 90).join('° and ')}°`, {
          paper: `above ${paperStatements.ssrvaeAtLeast}`,
          recipe: between(invariant),
          ours: between(ours),
        }),
        rowOf('3a', 'angles above 4°, without invariance', {
          paper: `little above ${paperStatements.chance}`,
          recipe: above(plain),
        }),
        rowOf('3a', 'angles of 180°', {
          recipe: rangeText(invariant.filter(({ alpha }) => alpha === 180).flatMap(({ accuracies }) => accuracies)),
          ours: rangeText(ours.filter(({ alpha }) => alpha === 180).flatMap(({ accuracies }) => accuracies)),
        }),
      ],
    };
  },
};

/** All angles with the first seed, then with the next: what is most telling comes first. */
const bySeed = ({ scale: { alphas, seeds } }: Plan) =>
  seeds.flatMap((seed) => alphas.map((alpha) => ({ alpha, seed })));

function resultsOf({ plan, status }: FigureContext, spec: Curve['spec']): AngleResult[] {
  return plan.scale.alphas.map((alpha) => {
    const runs = plan.scale.seeds.map((seed) => status(spec(plan, alpha, seed)));
    const accuracies = runs.flatMap((run) => (run ? (run.curve[run.curve.length - 1].accuracy ?? []) : []));
    return { alpha, accuracies, isWhole: runs.every((run) => run?.isFinished === true) };
  });
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;

function rangeText(values: readonly number[]): string | undefined {
  if (values.length === 0) return undefined;
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return low === high ? number3(low) : `${number3(low)} to ${number3(high)}`;
}

function chartOf(results: readonly { name: string; points: readonly AngleResult[] }[]): ReportChart {
  const series = results.flatMap(({ name, points }): LineSeries[] => {
    const known = points.filter(({ accuracies }) => accuracies.length > 0);
    if (known.length === 0) return [];
    return [
      {
        name,
        points: known.map(({ alpha, accuracies }) => ({
          ...{ x: alpha, y: meanOf(accuracies) },
          ...{ low: Math.min(...accuracies), high: Math.max(...accuracies) },
        })),
      },
    ];
  });
  const levels = [
    { value: paperStatements.chance, label: 'chance' },
    { value: paperStatements.ssrvaeAtLeast, label: "the paper's ss-rVAE is above, up to 90°" },
  ];
  const svg = lineChart({
    title: 'accuracy',
    xTitle: 'angle range (± deg)',
    yFormat: 'percent',
    series,
    levels,
    width: 560,
  });
  return { key: 'figure-3a', svg };
}

function tableOf(results: readonly { name: string; points: readonly AngleResult[] }[]): ReportTable {
  const text = ({ accuracies, isWhole }: AngleResult): string => {
    const range = rangeText(accuracies);
    if (range === undefined) return '–';
    return isWhole ? range : `${range} (so far)`;
  };
  return {
    title: 'Accuracy on the validation images, from the worst to the best seed',
    header: ['angle range', ...results.map(({ name }) => name)],
    rows: results[0].points.map(({ alpha }, i) => [`±${alpha}°`, ...results.map(({ points }) => text(points[i]))]),
  };
}

/** Accuracy and confusion matrix on the validation images of the run. */
export const onValidation = async (trained: TrainedModel) => {
  const { accuracy = Number.NaN, confusion = [] } = figuresOf(
    evaluateModel(trained, (await validationImages(trained)).images),
  );
  return { accuracy, confusion, classNames: trained.classNames };
};

export const figureS2: Figure = {
  id: 'S2',
  title: 'Confusion matrices with and without invariance',
  runs: (plan) => [plan.main('ours'), plan.main('paper'), plan.plainAtAngle(60, 1)],
  make: async (context) => {
    const { plan } = context;
    const shown = [
      { name: 'Default recipe', spec: plan.main('ours') },
      { name: "ss-rVAE, paper's recipe", spec: plan.main('paper') },
      { name: "ss-VAE, paper's recipe", spec: plan.plainAtAngle(60, 1) },
    ];
    const charts: ReportChart[] = [];
    const diagonals: (string | undefined)[] = [];
    for (const [i, { name, spec }] of shown.entries()) {
      const found = await context.measured(spec, 'confusion', onValidation);
      diagonals.push(found?.confusion.map((row, t) => number3(row[t] / row.reduce((a, b) => a + b, 0))).join(', '));
      if (!found) continue;
      charts.push({
        ...{ key: `figure-s2-${i + 1}`, title: `${name}${progressOf(context.status(spec))}` },
        svg: confusionChart({ classNames: found.classNames, counts: found.confusion }),
        caption: `Accuracy ${formatPercent(found.accuracy)}.`,
      });
    }
    return {
      section: { title: 'Figure S2: confusion matrices', text: ['Validation images at angles of up to 60°.'], charts },
      rows: [
        rowOf('S2', 'ss-rVAE, correct of clubs, spades, hearts, diamonds', {
          paper: paperConfusion.diagonal.map(number3).join(', '),
          recipe: diagonals[1],
          ours: diagonals[0],
        }),
        rowOf('S2', 'ss-VAE, correct of clubs, spades, hearts, diamonds', { recipe: diagonals[2] }),
      ],
    };
  },
};
