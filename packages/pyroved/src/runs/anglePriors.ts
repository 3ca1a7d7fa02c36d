/** How well priors of the angle explain images, as a template model tells it without being trained anew. */
import { type AnglePrior, anglePriorNames, type ImageSet, type StreamedSet, type TemplateSSIVAE } from 'pyroved-ts';
import type { ReportTable } from '../viz/index.js';

/** One prior, as `summary.json` keeps it. */
export interface AnglePriorFigures {
  readonly prior: AnglePrior;
  /** Mean log p(image) under it, nats per image. */
  readonly evidence: number;
  /** This evidence less that of the model's own prior, nats per image, with the standard error over the images. */
  readonly difference: number;
  readonly standardError: number;
}

const nameOf = (prior: AnglePrior): string => (typeof prior === 'object' ? prior.name : prior);

/** The model's own prior first, then the other named ones as they are by default. */
export function anglePriorFigures(model: TemplateSSIVAE, images: ImageSet | StreamedSet): AnglePriorFigures[] {
  const { anglePrior: own = 'uniform' } = model.options;
  const others = anglePriorNames.filter((name) => name !== nameOf(own));
  return model
    .compareAnglePriors(images, [own, ...others])
    .map(({ prior, evidence, difference, standardError }) => ({ prior, evidence, difference, standardError }));
}

/** "normal (scale 0.5)" */
function priorText(prior: AnglePrior): string {
  if (typeof prior !== 'object') return prior;
  const { name, ...parameters } = prior as { readonly name: string };
  const list = Object.entries(parameters).map(([key, value]) => `${key} ${String(value)}`);
  return list.length > 0 ? `${name} (${list.join(', ')})` : name;
}

export function anglePriorTable(figures: readonly AnglePriorFigures[]): ReportTable {
  return {
    title: 'Priors of the angle',
    intro:
      'How well each prior explains the images, pictures and all else unchanged: mean evidence, and its difference from that of the prior that the model was trained with. ' +
      'Differences of less than two standard errors say nothing.',
    header: ['prior', 'evidence (nats per image)', 'difference', 'standard error'],
    rows: figures.map(({ prior, evidence, difference, standardError }, i) => [
      i === 0 ? `${priorText(prior)}, as trained` : priorText(prior),
      evidence.toFixed(2),
      i === 0 ? '' : difference.toFixed(3),
      i === 0 ? '' : standardError.toFixed(3),
    ]),
  };
}
