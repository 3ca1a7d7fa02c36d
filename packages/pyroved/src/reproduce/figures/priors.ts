/** The paper's claim that a normal and a projected normal prior of the angle do not differ, with confidence intervals. */
import { pairedInterval, pairedTest } from '../../studies/statistics.js';
import type { ReportTable } from '../../viz/index.js';
import { type ComparisonRow, type Figure, type FigureContext, number3, rowOf } from '../figure.js';
import { type Column, columns, type Plan } from '../plan.js';

const cases = ({ scale: { priorAlphas, priorSeeds } }: Plan) =>
  columns.flatMap((column) => priorAlphas.map((alpha) => ({ column, alpha, seeds: priorSeeds })));

interface Pairs {
  readonly normal: readonly number[];
  readonly projected: readonly number[];
  /** Seeds of which both runs exist. */
  readonly seeds: readonly number[];
}

/** The accuracies of seeds that have been trained with both priors. */
function pairsOf({ plan, status }: FigureContext, column: Column, alpha: number): Pairs {
  const found = plan.scale.priorSeeds.flatMap((seed) => {
    const [normal, projected] = (['normal', 'projected-normal'] as const).map((prior) => {
      const run = status(plan.withPrior(column, prior, alpha, seed));
      return run?.isFinished ? run.curve[run.curve.length - 1].accuracy : undefined;
    });
    return normal === undefined || projected === undefined ? [] : [{ seed, normal, projected }];
  });
  return {
    normal: found.map(({ normal }) => normal),
    projected: found.map(({ projected }) => projected),
    seeds: found.map(({ seed }) => seed),
  };
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;

const intervalText = ({ normal, projected }: Pairs): string => {
  const [low, high] = pairedInterval(projected, normal);
  return `${number3(low)} to ${number3(high)}`;
};

export const figurePriors: Figure = {
  id: 'priors',
  title: 'Normal against projected normal prior of the angle',
  runs: (plan) =>
    plan.scale.priorSeeds.flatMap((seed) =>
      cases(plan).flatMap(({ column, alpha }) =>
        (['normal', 'projected-normal'] as const).map((prior) => plan.withPrior(column, prior, alpha, seed)),
      ),
    ),
  make: async (context) => {
    const rows: ComparisonRow[] = [];
    const lines: (readonly (string | number)[])[] = [];
    for (const { column, alpha, seeds } of cases(context.plan)) {
      const pairs = pairsOf(context, column, alpha);
      if (pairs.seeds.length < 2) continue;
      const { difference, tTest, wilcoxon } = pairedTest(pairs.projected, pairs.normal);
      lines.push([
        ...[
          `${column === 'ours' ? 'default recipe' : "paper's recipe"}, ±${alpha}°`,
          `${pairs.seeds.length} of ${seeds.length}`,
        ],
        ...[number3(meanOf(pairs.normal)), number3(meanOf(pairs.projected)), number3(difference), intervalText(pairs)],
        ...[tTest, wilcoxon].map((p) => (Number.isFinite(p) ? number3(p) : '–')),
      ]);
      rows.push(
        rowOf('priors', `projected minus normal at ±${alpha}°, 95% interval of ${pairs.seeds.length} seeds`, {
          paper: 'no significant difference',
          [column === 'ours' ? 'ours' : 'recipe']: `${number3(difference)} (${intervalText(pairs)})`,
        }),
      );
    }
    const table: ReportTable = {
      title: 'Accuracy of both priors on the same images with the same seeds',
      header: ['', 'seeds', 'normal', 'projected normal', 'difference', '95% interval', 'p (t-test)', 'p (Wilcoxon)'],
      rows: lines,
    };
    return {
      section: {
        title: 'Priors of the angle: normal against projected normal',
        text: [
          'The interval is that of the paired t-test over the seeds. An interval that is wide says that there are too few seeds, not that there is no difference.',
        ],
        tables: lines.length > 0 ? [table] : [],
      },
      rows,
    };
  },
};
