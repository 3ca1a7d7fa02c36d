/** Figures 4a to 4f: accuracy of a trained model under shear and rotation, noise and contamination, beside the paper's numbers. */
import { axisOf, type Condition, type DisorderAxis, noiseLevels } from '../../robustness/disorders.js';
import { disturbedImages } from '../../robustness/disturbedImages.js';
import { type Example, examplesChart, gridChart, seriesOf, someOfEach, xAxisOf } from '../../robustness/report.js';
import {
  type AccuracyCurve,
  type AccuracyGrid,
  accuracyCurve,
  accuracyGrid,
  inOrder,
  type Measure,
  measured,
} from '../../robustness/robustness.js';
import {
  confusionChart,
  formatPercent,
  heatmapChart,
  type LineSeries,
  lineChart,
  type ReportChart,
} from '../../viz/index.js';
import { type ComparisonRow, type Figure, type FigureContext, number3, progressOf, rowOf } from '../figure.js';
import { type PaperRun, paperRuns } from '../paperFigures.js';
import { type Column, columns, type Plan, type RunSpec, TRAINING_NOISE } from '../plan.js';

const title: Readonly<Record<Column, string>> = { ours: 'Default recipe', paper: "Paper's recipe" };

/** The four models of these figures. */
const models = (plan: Plan): { name: string; column: Column; isNoisy: boolean; spec: RunSpec }[] =>
  columns.flatMap((column) => [
    { name: title[column], column, isNoisy: false, spec: plan.main(column) },
    {
      ...{ name: `${title[column]}, trained with noise ${TRAINING_NOISE[column]}`, column, isNoisy: true },
      spec: plan.noisy(column),
    },
  ]);

/** Measures with a model. Models trained on noisy images are tested on clean ones, unless the figure is about noise. */
async function measuredWith<T extends object>(
  context: FigureContext,
  spec: RunSpec,
  name: string,
  body: (measure: Measure) => Promise<T>,
): Promise<T | undefined> {
  const { perClass } = context.plan.scale.grid;
  return context.measured(spec, `${name}, ${perClass} images per class`, async (trained) =>
    body(
      measured(
        trained,
        await disturbedImages(trained, { perClass }),
        { noise: 0 },
        {
          ...(context.signal && { signal: context.signal }),
        },
      ),
    ),
  );
}

/** Every k-th entry, if `count` entries can be picked evenly. */
function thinned<T>(values: readonly T[], count: number): readonly T[] | undefined {
  const step = (values.length - 1) / (count - 1);
  return Number.isInteger(step) ? values.filter((_, i) => i % step === 0) : undefined;
}

/** The mean and the range of the paper's two runs. */
const ofBoth = (a: number, b: number) => ({ mean: (a + b) / 2, low: Math.min(a, b), high: Math.max(a, b) });

const gridAxes = ({ scale: { grid } }: Plan): [DisorderAxis, DisorderAxis] => [
  axisOf('shear', grid.steps),
  axisOf('angle', grid.steps),
];

/** The paper's grid with rows along the angle, as ours. */
function paperGrid({ scale: { grid } }: Plan, run: PaperRun): number[][] | undefined {
  const shears = thinned(run.shearAngle, grid.steps);
  const columnsOf = shears?.map((row) => thinned(row, grid.steps) ?? []);
  return columnsOf?.[0].map((_, r) => columnsOf.map((column) => column[r]));
}

export const figure4a: Figure = {
  id: '4a',
  title: 'Accuracy under shear and rotation',
  runs: (plan) => models(plan).map(({ spec }) => spec),
  make: async (context) => {
    const { plan } = context;
    const [x, y] = gridAxes(plan);
    const charts: ReportChart[] = [];
    const rows: ComparisonRow[] = [];
    const [a, b] = [paperGrid(plan, paperRuns.A), paperGrid(plan, paperRuns.B)];
    const paper = a && b && a.map((row, r) => row.map((value, c) => ofBoth(value, b[r][c])));
    if (paper) {
      const accuracy = paper.map((row) => row.map(({ mean }) => mean));
      charts.push(gridChart('figure-4a-paper', { x, y, accuracy }, 'Paper, mean of its runs A and B'));
    }
    const grids: { column: Column; isNoisy: boolean; grid: AccuracyGrid }[] = [];
    for (const { name, column, isNoisy, spec } of models(plan)) {
      const grid = await measuredWith(context, spec, 'grid of shear and angle', (measure) =>
        accuracyGrid(measure, x, y),
      );
      if (!grid) continue;
      grids.push({ column, isNoisy, grid });
      const key = `figure-4a-${column}${isNoisy ? '-noisy' : ''}`;
      charts.push(gridChart(key, grid, `${name}${progressOf(context.status(spec))}`));
      if (paper && !isNoisy) charts.push(differenceChart(`${key}-difference`, grid, paper, name));
    }
    if (paper) rows.push(...gridRows(context, grids, paper));
    return {
      section: {
        title: 'Figure 4a: accuracy under shear and rotation',
        text: [
          `One trained model of each recipe on test images with shears and angles within each range; ${4 * plan.scale.grid.perClass} images each. Training images have shears of up to 15° and angles of up to 60°.`,
        ],
        charts,
      },
      rows,
    };
  },
};

type PaperCells = readonly (readonly ReturnType<typeof ofBoth>[])[];

function differenceChart(key: string, { x, y, accuracy }: AccuracyGrid, paper: PaperCells, name: string): ReportChart {
  const values = accuracy.map((row, r) => row.map((value, c) => value - paper[r][c].mean));
  const most = Math.max(0.05, ...values.flat().map(Math.abs));
  const svg = heatmapChart({
    ...{ values, columns: x.values, rows: y.values, xTitle: 'shear range (± deg)', yTitle: 'angle range (± deg)' },
    ...{ valueTitle: 'difference', domain: [-most, most], format: 'percent' },
  });
  return { key, svg, title: `${name} minus paper` };
}

function gridRows(
  { plan }: FigureContext,
  grids: readonly { column: Column; isNoisy: boolean; grid: AccuracyGrid }[],
  paper: PaperCells,
): ComparisonRow[] {
  const [x, y] = gridAxes(plan);
  const at = (column: Column, r: number, c: number): string | undefined => {
    const grid = grids.find((one) => one.column === column && !one.isNoisy)?.grid;
    return grid && number3(grid.accuracy[r][c]);
  };
  const cell = (shear: number, angle: number): ComparisonRow[] => {
    const [r, c] = [y.values.findIndex((v) => near(v, angle)), x.values.findIndex((v) => near(v, shear))];
    if (r < 0 || c < 0) return [];
    const { low, high } = paper[r][c];
    return [
      rowOf('4a', `shear ±${shear}°, angle ±${angle}°`, {
        ...{ paper: low === high ? number3(low) : `${number3(low)}, ${number3(high)}` },
        ...{ recipe: at('paper', r, c), ours: at('ours', r, c) },
      }),
    ];
  };
  const perCell = 4 * plan.scale.grid.perClass;
  return [
    ...[0, 60, 84, 180].flatMap((angle) => cell(0, angle)),
    ...[60, 180].flatMap((angle) => cell(14, angle)),
    ...cell(30, 180),
    rowOf('4a', `cells of ${x.values.length} x ${y.values.length} within the spread of A and B widened by 0.03`, {
      recipe: countText(grids, 'paper', paper, (value, { low, high }) => value >= low - 0.03 && value <= high + 0.03),
    }),
    rowOf('4a', 'cells not below the paper by more than the standard error', {
      recipe: countText(grids, 'paper', paper, (value, { mean }) => value >= mean - standardError(mean, perCell)),
      ours: countText(grids, 'ours', paper, (value, { mean }) => value >= mean - standardError(mean, perCell)),
    }),
  ];
}

const near = (a: number, b: number): boolean => Math.abs(a - b) < 1e-9;
const standardError = (share: number, images: number): number => Math.sqrt((share * (1 - share)) / images);

function countText(
  grids: readonly { column: Column; isNoisy: boolean; grid: AccuracyGrid }[],
  column: Column,
  paper: PaperCells,
  isGood: (value: number, cell: ReturnType<typeof ofBoth>) => boolean,
): string | undefined {
  const grid = grids.find((one) => one.column === column && !one.isNoisy)?.grid;
  if (!grid) return undefined;
  const good = grid.accuracy.flatMap((row, r) => row.filter((value, c) => isGood(value, paper[r][c])));
  return `${good.length} of ${grid.accuracy.flat().length}`;
}

/** Figures 4b and 4c: the confusion matrix under one condition. */
const confusionFigure = (id: string, condition: Condition, percent: string): Figure => ({
  id,
  title: `Confusion matrix at shear ${percent} and angle ${condition.angle}°`,
  runs: (plan) => columns.map((column) => plan.main(column)),
  make: async (context) => {
    const charts: ReportChart[] = [];
    const accuracies: Partial<Record<Column, string>> = {};
    for (const column of columns) {
      const spec = context.plan.main(column);
      const found = await measuredWith(
        context,
        spec,
        `confusion at shear ${condition.shear}, angle ${condition.angle}`,
        (measure) => measure(condition),
      );
      const classNames = await context.withModel(spec, async (trained) => trained.classNames);
      if (!found || !classNames) continue;
      accuracies[column] =
        `${number3(found.accuracy)}; ${found.confusion.map((row, t) => number3(row[t] / row.reduce((s, n) => s + n, 0))).join(', ')}`;
      charts.push({
        ...{ key: `figure-${id}-${column}`, title: `${title[column]}${progressOf(context.status(spec))}` },
        ...{
          svg: confusionChart({ classNames, counts: found.confusion }),
          caption: `Accuracy ${formatPercent(found.accuracy)}.`,
        },
      });
    }
    return {
      section: {
        title: `Figure ${id}: confusion matrix at shear ±${condition.shear}° and angle ±${condition.angle}°`,
        text: [`The paper calls this shear ${percent}: degrees in hundredths of the 64 pixels of its templates.`],
        charts,
      },
      rows: [
        rowOf(id, `shear ±${condition.shear}°, angle ±${condition.angle}°: accuracy; each class`, {
          recipe: accuracies.paper,
          ours: accuracies.ours,
        }),
      ],
    };
  },
});

export const figure4b = confusionFigure('4b', { shear: 14.7, angle: 60 }, '23%');
export const figure4c = confusionFigure('4c', { shear: 19.2, angle: 100 }, '30%');

export const figure4d: Figure = {
  id: '4d',
  title: 'Examples of noise and contamination',
  runs: (plan) => [plan.main('ours')],
  make: async (context) => {
    const conditions: Condition[] = [
      {},
      ...[0.1, 0.32, 0.45, 0.89, 1.78].map((noise) => ({ noise })),
      ...[0.1, 0.25, 0.5].map((contamination) => ({ contamination, intensity: 1 })),
      { contamination: 0.25, intensity: 0.5 },
    ];
    const examples = await context.withModel(context.plan.main('ours'), async (trained): Promise<Example[]> => {
      const images = await disturbedImages(trained, { perClass: 2 });
      return inOrder(conditions, async (condition) => ({
        condition,
        images: someOfEach(await images.at(condition), 2),
      }));
    });
    return {
      section: {
        title: 'Figure 4d: examples of noise and contamination',
        text: ['Noise is normal and not clipped in the test; the pictures show the range of the clean images.'],
        charts: examples ? [examplesChart(examples, 'figure-4d')] : [],
      },
      rows: [],
    };
  },
};

export const figure4e: Figure = {
  id: '4e',
  title: 'Accuracy under noise',
  runs: (plan) => models(plan).map(({ spec }) => spec),
  make: async (context) => {
    const { plan } = context;
    const axis: DisorderAxis = { disorder: 'noise', values: noiseLevels(plan.scale.grid.noise) };
    const curves: { name: string; column: Column; isNoisy: boolean; curve: AccuracyCurve }[] = [];
    for (const { name, column, isNoisy, spec } of models(plan)) {
      const curve = await measuredWith(context, spec, 'curve over noise', (measure) => accuracyCurve(measure, axis));
      if (curve) curves.push({ name: `${name}${progressOf(context.status(spec))}`, column, isNoisy, curve });
    }
    const paper = (['A', 'B'] as const).map((run): LineSeries | undefined => {
      const values = thinned(paperRuns[run].noise, axis.values.length);
      return values && { name: `paper, run ${run}`, points: axis.values.map((x, i) => ({ x, y: values[i] })) };
    });
    const series = [
      ...curves.map(({ name, curve }) => seriesOf(name, curve)),
      ...paper.filter((one) => one !== undefined),
    ];
    const svg = lineChart({
      ...{ title: 'accuracy', yFormat: 'percent', series, width: 620, height: 380 },
      ...xAxisOf({ axis, accuracy: [] }),
      levels: [{ value: 0.25, label: 'chance' }],
    });
    return {
      section: {
        title: 'Figure 4e: accuracy under noise',
        text: [
          'Normal noise is added to the test images and not clipped; white is 1. Trained on clean images, and on noisy ones as the paper suggests.',
        ],
        charts: [{ key: 'figure-4e', svg }],
      },
      rows: axis.values.flatMap((sigma, i) => {
        if (sigma < 0.25 || (i % 2 === 1 && sigma > 1)) return [];
        const at = (column: Column): string | undefined => {
          const [clean, noisy] = [false, true].map(
            (isNoisy) => curves.find((one) => one.column === column && one.isNoisy === isNoisy)?.curve.accuracy[i],
          );
          if (clean === undefined) return undefined;
          return noisy === undefined ? number3(clean) : `${number3(clean)}; ${number3(noisy)} trained with noise`;
        };
        const known = paper.flatMap((one) => one?.points[i].y ?? []);
        return [
          rowOf('4e', `noise ${Number(sigma.toPrecision(2))}`, {
            paper: known.length > 0 ? known.map(number3).join(', ') : undefined,
            ...{ recipe: at('paper'), ours: at('ours') },
          }),
        ];
      }),
    };
  },
};

export const figure4f: Figure = {
  id: '4f',
  title: 'Accuracy under contamination',
  runs: (plan) => models(plan).map(({ spec }) => spec),
  make: async (context) => {
    const { plan } = context;
    const count = plan.scale.grid.contamination;
    const [x, y] = [axisOf('contamination', count), axisOf('intensity', count)];
    const thin = (run: PaperRun) => thinned(run.contamination, count)?.map((row) => thinned(row, count) ?? []);
    const papers = { A: thin(paperRuns.A), B: thin(paperRuns.B) };
    const charts = (['A', 'B'] as const).flatMap((run) => {
      const accuracy = papers[run];
      return accuracy ? [gridChart(`figure-4f-paper-${run}`, { x, y, accuracy }, `Paper, run ${run}`)] : [];
    });
    const grids = new Map<string, AccuracyGrid>();
    for (const { name, column, isNoisy, spec } of models(plan)) {
      const grid = await measuredWith(context, spec, 'grid of contamination', (measure) => accuracyGrid(measure, x, y));
      if (!grid) continue;
      grids.set(`${column}${isNoisy ? '-noisy' : ''}`, grid);
      charts.push(
        gridChart(`figure-4f-${column}${isNoisy ? '-noisy' : ''}`, grid, `${name}${progressOf(context.status(spec))}`),
      );
    }
    const lowest = (grid: readonly (readonly number[])[] | undefined): string | undefined =>
      grid &&
      number3(Math.min(...grid.flatMap((row, r) => row.filter((_, c) => y.values[r] <= 0.5 && x.values[c] <= 0.1))));
    const corner = (grid: readonly (readonly number[])[] | undefined): string | undefined => {
      const c = x.values.findIndex((v) => near(v, 0.25));
      return grid && c >= 0 ? number3(grid[grid.length - 1][c]) : undefined;
    };
    const row = (what: string, of: typeof lowest): ComparisonRow => {
      const both = (column: Column): string | undefined => {
        const [clean, noisy] = [of(grids.get(column)?.accuracy), of(grids.get(`${column}-noisy`)?.accuracy)];
        return clean === undefined || noisy === undefined ? clean : `${clean}; ${noisy} trained with noise`;
      };
      const known = [of(papers.A), of(papers.B)].filter((value) => value !== undefined);
      return rowOf('4f', what, { paper: known.join(', ') || undefined, recipe: both('paper'), ours: both('ours') });
    };
    return {
      section: {
        title: 'Figure 4f: accuracy under contamination',
        text: ['Random pixels, a fraction of all, are set to one intensity.'],
        charts,
      },
      rows: [
        row('lowest accuracy with at most 10% of the pixels at intensities of at most 0.5', lowest),
        row('25% of the pixels at intensity 1', corner),
      ],
    };
  },
};
