/** Figures of one trained model of a comparison: ELBO or evidence of validation images, and angle error. */
import { type Model, SSIVAE, subset, TemplateSSIVAE } from 'pyroved-ts';
import { elboOf } from '../runs/bound.js';
import { evenPlaces } from '../runs/show.js';
import type { TrainingSets } from '../sources/sets.js';
import { type AngleReport, angleReport, anglesOf } from './angleError.js';

export interface PriorFigures {
  /** Absent for a template model, whose guide does not refine the pose. */
  readonly elbo?: number;
  /** For a template model: mean log p(image) by Laplace's approximation, nats per image. */
  readonly meanEvidence?: number;
  readonly angles?: AngleReport;
}

/** Number of images whose evidence is computed. */
const EXPLAINED = 500;

const mean = (values: Float64Array): number => values.reduce((sum, v) => sum + v, 0) / values.length;

/** The ELBO or the evidence, and the angle error if true angles are known; `orders` are the symmetries of the classes. */
export function priorFigures(model: Model, sets: TrainingSets, orders: readonly number[], seed: number): PriorFigures {
  const { labelled, test, unlabelled } = sets;
  const upright = model instanceof SSIVAE && labelled ? anglesOf(model, labelled) : undefined;
  const turned = model instanceof SSIVAE && test ? anglesOf(model, test) : undefined;
  const angles = upright && turned && angleReport(turned, upright, orders);
  const images = test ?? unlabelled;
  const fit =
    model instanceof TemplateSSIVAE
      ? { meanEvidence: mean(model.evidenceOf(subset(images, evenPlaces(images.count, EXPLAINED)))) }
      : { elbo: elboOf(model, images, seed) };
  return { ...fit, ...(angles && { angles }) };
}
