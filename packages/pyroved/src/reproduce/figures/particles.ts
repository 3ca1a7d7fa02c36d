/** Figures 5 and 6: the particles, without labels and with fifteen labels per class. */
import { inMemory } from 'pyroved-ts';
import { validationImages } from '../../runs/evaluate.js';
import type { TrainedModel } from '../../runs/loadModel.js';
import { loadSets } from '../../sources/source.js';
import { confusionChart, formatPercent, type ReportChart } from '../../viz/index.js';
import { type Figure, type FigureContext, number3, progressOf, rowOf } from '../figure.js';
import { paperStatements } from '../paperFigures.js';
import { columns, type Plan } from '../plan.js';
import { linearProbe, type Points, silhouette } from '../probes.js';
import { onValidation } from './angles.js';
import { type LabelledPoints, latentsOf, manifoldCharts, scatterOf } from './latents.js';

const unsupervised = (plan: Plan) => [
  { name: 'VAE', figures: '5a, 5b', spec: plan.unsupervised(false) },
  { name: 'rVAE', figures: '5c, 5d', spec: plan.unsupervised(true) },
];

/** The latents of the images of a run that was trained on them without labels; the true classes come from the generator. */
async function trainedPoints(trained: TrainedModel, { plan }: FigureContext): Promise<LabelledPoints> {
  const { unlabelled, classNames } = await loadSets(plan.particles);
  const { factors } = inMemory(unlabelled);
  return { points: latentsOf(trained, unlabelled), labels: Array.from(factors?.class ?? []), classNames };
}

export const figure5: Figure = {
  id: '5',
  title: 'Particles without labels',
  runs: (plan) => unsupervised(plan).map(({ spec }) => spec),
  make: async (context) => {
    const charts: ReportChart[] = [];
    const found: string[] = [];
    for (const { name, figures, spec } of unsupervised(context.plan)) {
      const title = `${figures}: ${name}${progressOf(context.status(spec))}`;
      const key = `figure-5-${name.toLowerCase()}`;
      const points = await context.measured(spec, 'latents of the particles', (trained) =>
        trainedPoints(trained, context),
      );
      if (!points) continue;
      const { unlabelled: images } = await loadSets(context.plan.particles);
      const pictures = await context.withModel(spec, async (trained) =>
        manifoldCharts(trained, { key, title, images }),
      );
      charts.push(...(pictures ?? []), {
        ...scatterOf(`${key}-latents`, title, points),
        caption: separationText(points),
      });
      found.push(`${name}: ${separationText(points)}`);
    }
    return {
      section: {
        title: 'Figures 5a to 5d: particles without labels',
        text: [
          'Latent manifold and latents by true class, of models trained without labels. These models have no recipes: both columns are the same.',
        ],
        charts,
      },
      rows: [
        rowOf('5', 'separation of the classes in the latent plane', {
          paper: 'classes separate better with the rotation invariance',
          recipe: found.join(' ') || undefined,
        }),
      ],
    };
  },
};

const separationText = ({ points, labels, classNames }: LabelledPoints): string =>
  `silhouette ${number3(silhouette(points, labels))}, mean recall of a linear probe ${number3(linearProbe(points, labels, classNames.length))}.`;

/** The latents of some validation images, by true class. */
async function validationPoints(trained: TrainedModel): Promise<LabelledPoints> {
  const images = inMemory((await validationImages(trained)).images);
  const every = Math.max(1, Math.ceil(images.count / 1200));
  const kept = (_: unknown, i: number): boolean => i % every === 0;
  const points: Points = latentsOf(trained, images).filter(kept);
  return { points, labels: Array.from(images.labels ?? []).filter(kept), classNames: trained.classNames };
}

const names = { ours: 'Default recipe', paper: "Paper's recipe" } as const;

export const figure6: Figure = {
  id: '6',
  title: 'Particles with fifteen labels per class',
  runs: (plan) => columns.map((column) => plan.onParticles(column)),
  make: async (context) => {
    const charts: ReportChart[] = [];
    const recalls: Partial<Record<(typeof columns)[number], string>> = {};
    for (const column of columns) {
      const spec = context.plan.onParticles(column);
      const title = `${names[column]}${progressOf(context.status(spec))}`;
      const found = await context.measured(spec, 'confusion', onValidation);
      const points = await context.measured(spec, 'latents', validationPoints);
      if (!found || !points) continue;
      const { accuracy, confusion, classNames } = found;
      recalls[column] = confusion.map((row, t) => number3(row[t] / row.reduce((a, b) => a + b, 0))).join(', ');
      const pictures = await context.withModel(spec, async (trained) => {
        const { images } = await validationImages(trained);
        return manifoldCharts(trained, { key: `figure-6-${column}`, title, images });
      });
      charts.push(
        {
          ...{ key: `figure-6-${column}-confusion`, title, caption: `Accuracy ${formatPercent(accuracy)}.` },
          svg: confusionChart({ classNames, counts: confusion }),
        },
        scatterOf(`figure-6-${column}-latents`, title, points),
        ...(pictures ?? []),
      );
    }
    const { validationPerClass } = context.plan.scale.particles;
    return {
      section: {
        title: 'Figures 6a to 6f: particles with fifteen labels per class',
        text: [
          `Confusion matrix on ${validationPerClass} new images per class, latents by true class, and the manifold of each class. Images of 1, 2, 3 and 4 particles: ${context.plan.scale.particles.counts.join(', ')}.`,
        ],
        charts,
      },
      rows: [
        rowOf('6', 'correct of 1, 2, 3 and 4 particles', {
          paper: `each above ${paperStatements.particlesAtLeast}`,
          ...{ recipe: recalls.paper, ours: recalls.ours },
        }),
      ],
    };
  },
};
