/** What one trained model of a comparison is worth on images that it was not trained on. */
import type * as tf from '@tensorflow/tfjs';
import { Adam, SVI } from 'pyro-ts';
import type { Model } from '../../models/index.js';
import { imageTensor, meanOver } from '../../train/data.js';
import type { TrainingImages } from '../../train/index.js';
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

const BATCH = 64;

/** The ELBO in nats an image, one draw an image, with a KL weight of 1. Nothing is learned. */
function elboOf(model: Model, images: TrainingImages, seed: number): number {
  const { params } = model;
  const svi = new SVI<[tf.Tensor]>(model.model, model.guide, new Adam(), model.elbo(), { params, seed });
  return -meanOver(images.count, BATCH, (indices, i) => {
    // Where the decoder is asked about some pixels only, each batch has its own.
    svi.steps = i;
    return svi.evaluateLoss(imageTensor(images, indices));
  });
}
