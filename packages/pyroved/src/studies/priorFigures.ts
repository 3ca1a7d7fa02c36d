/** Accuracy and angle error of one trained model of a comparison on validation images. */
import type { Model } from 'pyroved-ts';
import { elboOf } from '../runs/bound.js';
import type { TrainingSets } from '../sources/sets.js';
import { type AngleReport, angleReport, anglesOf } from './angleError.js';

export interface PriorFigures {
  readonly elbo: number;
  readonly angles?: AngleReport;
}

/** The ELBO, and the error of the angles where they are known; `orders` are the classes' symmetries. */
export function priorFigures(model: Model, sets: TrainingSets, orders: readonly number[], seed: number): PriorFigures {
  const { labelled, test, unlabelled } = sets;
  const upright = model.kind === 'ssiVAE' && labelled ? anglesOf(model, labelled) : undefined;
  const turned = model.kind === 'ssiVAE' && test ? anglesOf(model, test) : undefined;
  const angles = upright && turned && angleReport(turned, upright, orders);
  return { elbo: elboOf(model, test ?? unlabelled, seed), ...(angles && { angles }) };
}
