/** Comparison of angle priors for a trained template model, without retraining. */
import type { AnglePrior, ImageSet, StreamedSet, TemplateSSIVAE } from 'pyroved-ts';
import { anglePriorNames } from 'pyroved-ts/internal';
import type { ReportTable } from '../viz/index.js';

/** The figures of one prior in `summary.json`. */
export interface AnglePriorFigures {
  readonly prior: AnglePrior;
  /** Mean log p(image) under it, nats per image. */
  readonly evidence: number;
  /** Difference of the evidence from that of the model's own prior, nats per image, and its standard error over the images. */
  readonly difference: number;
  readonly standardError: number;
}

const nameOf = (prior: AnglePrior): string => (typeof prior === 'object' ? prior.name : prior);

/** Figures of the model's own prior, followed by the other priors with their default parameters. */
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
    title: 'Angle priors',
    intro:
      'Mean evidence of the images under each prior, with the templates unchanged, and its difference from the evidence under the prior used in training. ' +
      'Differences of less than two standard errors are not significant.',
    header: ['prior', 'evidence (nats per image)', 'difference', 'standard error'],
    rows: figures.map(({ prior, evidence, difference, standardError }, i) => [
      i === 0 ? `${priorText(prior)}(used in training)` : priorText(prior),
      evidence.toFixed(2),
      i === 0 ? '' : difference.toFixed(3),
      i === 0 ? '' : standardError.toFixed(3),
    ]),
  };
}
