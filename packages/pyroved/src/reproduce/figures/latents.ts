/** Shared by the figures of latent spaces: manifolds by class, the latents of images, and scatter plots. */
import { inMemory, type TrainingImages } from 'pyroved-ts';
import { isClassifier } from 'pyroved-ts/internal';
import type { TrainedModel } from '../../runs/loadModel.js';
import { latentName, manifoldsOf } from '../../runs/show.js';
import { uprightOf } from '../../runs/upright.js';
import { manifoldPicture, type ReportChart, scatterChart } from '../../viz/index.js';
import type { Points } from '../probes.js';

/** One picture per class, or a single one, over the latents of the images. */
export function manifoldCharts(
  trained: TrainedModel,
  { key, title, images }: { readonly key: string; readonly title: string; readonly images: TrainingImages },
): ReportChart[] {
  const { model, classNames, classAngles } = trained;
  const shown = inMemory(images);
  const over = { images: shown, ...(isClassifier(model) && { found: model.classify(shown).classes }) };
  const angle = Array.from({ length: Math.max(1, classNames.length) }, (_, k) => uprightOf(classAngles, k));
  return manifoldsOf(model, classNames, { angle, over }).map(({ title: name, ...options }, i) => ({
    key: `${key}-${i + 1}`,
    title: name === undefined ? title : `${title}: ${name}`,
    svg: manifoldPicture(options).svg,
  }));
}

/** The posterior means of the content latents of each image. */
export function latentsOf({ model }: TrainedModel, images: TrainingImages): Points {
  const { content } = model.encode(inMemory(images));
  const { latentDim } = model.options;
  return Array.from({ length: images.count }, (_, i) =>
    Array.from(content.subarray(i * latentDim, (i + 1) * latentDim)),
  );
}

export interface LabelledPoints {
  readonly points: Points;
  readonly labels: readonly number[];
  readonly classNames: readonly string[];
}

export function scatterOf(key: string, title: string, { points, labels, classNames }: LabelledPoints): ReportChart {
  const svg = scatterChart({
    ...{ x: points.map((point) => point[0]), y: points.map((point) => point[1]) },
    ...{ classes: labels, classNames, xTitle: latentName(0), yTitle: latentName(1) },
  });
  return { key, title, svg };
}
