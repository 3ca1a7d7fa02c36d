/** Figures 3b and 3c: what the content latents of each class encode, without and with the invariance. */
import { inMemory } from 'pyroved-ts';
import { validationImages } from '../../runs/evaluate.js';
import type { TrainedModel } from '../../runs/loadModel.js';
import type { ReportChart, ReportTable } from '../../viz/index.js';
import { type Figure, type FigureContext, number3, progressOf, rowOf } from '../figure.js';
import type { RunSpec } from '../plan.js';
import { type FactorProbe, probeFactor } from '../probes.js';
import { latentsOf, manifoldCharts } from './latents.js';

/** The factors that are read off the latents; the mean of both shears is the part that no rotation makes. */
const factors = ['scale', 'shear x', 'shear y', 'mean of both shears'] as const;
type Probes = Readonly<Record<(typeof factors)[number], FactorProbe>>;

/** Images that are encoded. */
const PROBED = 2000;

async function probesOf(trained: TrainedModel): Promise<Probes> {
  const images = inMemory((await validationImages(trained)).images);
  const every = Math.max(1, Math.ceil(images.count / PROBED));
  const places = Array.from({ length: images.count }, (_, i) => i).filter((i) => i % every === 0);
  const all = latentsOf(trained, images);
  const points = places.map((i) => all[i]);
  const groups = places.map((i) => images.labels?.[i] ?? 0);
  const known = (name: string): number[] => places.map((i) => images.factors?.[name]?.[i] ?? Number.NaN);
  const [x, y] = [known('shearX'), known('shearY')];
  const probe = (values: readonly number[]): FactorProbe => probeFactor(points, values, groups);
  return {
    scale: probe(known('scale')),
    'shear x': probe(x),
    'shear y': probe(y),
    'mean of both shears': probe(x.map((value, i) => (value + y[i]) / 2)),
  };
}

const traversal = (id: string, isInvariant: boolean): Figure => {
  const specs = ({ plan }: Pick<FigureContext, 'plan'>): { name: string; spec: RunSpec }[] =>
    isInvariant
      ? [
          { name: 'Default recipe', spec: plan.main('ours') },
          { name: "Paper's recipe", spec: plan.main('paper') },
        ]
      : [{ name: "Paper's recipe", spec: plan.plainAtAngle(60, 1) }];
  const what = isInvariant ? 'with the invariance to rotation and shift' : 'without invariance';
  return {
    id,
    title: `Class-conditioned traversals ${what}`,
    runs: (plan) => specs({ plan }).map(({ spec }) => spec),
    make: async (context) => {
      const charts: ReportChart[] = [];
      const tables: ReportTable[] = [];
      const found = new Map<string, Probes>();
      for (const { name, spec } of specs(context)) {
        const title = `${name}${progressOf(context.status(spec))}`;
        const pictures = await context.withModel(spec, async (trained) => {
          const { images } = await validationImages(trained);
          return manifoldCharts(trained, { key: `figure-${id}-${spec.column}`, title, images });
        });
        charts.push(...(pictures ?? []));
        const probes = await context.measured(spec, 'probes of scale and shear', probesOf);
        if (!probes) continue;
        found.set(spec.column, probes);
        tables.push(probeTable(title, probes));
      }
      const text = (column: string): string | undefined => {
        const probes = found.get(column);
        return (
          probes &&
          factors
            .filter((f) => f !== 'shear x' && f !== 'shear y')
            .map((f) => `${f} ${number3(probes[f].cubic)}`)
            .join('; ')
        );
      };
      return {
        section: {
          title: `Figure ${id}: class-conditioned traversals ${what}`,
          text: [
            'Images decoded over the two content latents of each class. The tables say how much of the variance of each factor a probe predicts from the latents, within each class.',
          ],
          ...{ charts, tables },
        },
        rows: [
          rowOf(id, `R2 of the factors from both latents (cubic), ${what}`, {
            paper: isInvariant ? 'z1 carries scale, z2 shear' : 'angle dominates',
            ...{ recipe: text('paper'), ours: text('ours') },
          }),
        ],
      };
    },
  };
};

function probeTable(title: string, probes: Probes): ReportTable {
  return {
    title,
    intro: 'Leave-one-out R2, within each class.',
    header: ['factor', ...probes.scale.alone.map((_, k) => `z${k + 1} (linear)`), 'both (linear)', 'both (cubic)'],
    rows: factors.map((factor) => {
      const { alone, linear, cubic } = probes[factor];
      return [factor, ...[...alone, linear, cubic].map(number3)];
    }),
  };
}

export const figure3b = traversal('3b', false);
export const figure3c = traversal('3c', true);
