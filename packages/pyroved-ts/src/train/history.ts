/** What a trainer remembers of its epochs, and the running sums of the epoch that it is in. */
import type { Batch } from '../data/index.js';

/** What is known of a model on images that it was not trained on. */
export type Evaluation = Readonly<Record<string, number>>;

/** One finished epoch. */
export interface EpochRecord {
  /** Counted from 1. */
  readonly epoch: number;
  /** Gradient steps since the beginning of the run. */
  readonly step: number;
  /** Minus the ELBO of the unlabelled images, in nats an image. */
  readonly loss: number;
  /** The objective on labelled images, the auxiliary term included, in nats an image. */
  readonly labelledLoss?: number;
  /** Minus the weighted log q(class, pose | image) of labelled images at drawn poses, in nats an image, over the steps that learn nothing else. */
  readonly recognitionLoss?: number;
  readonly klWeight: number;
  /** Learning rate. */
  readonly lr: number;
  /** Wall-clock time that its steps took. */
  readonly seconds: number;
  /** What `evaluate` found after it, where there are images to evaluate on: `accuracy`, `testLoss`, `meanSquaredError` and `r2`, or `validationAccuracy`, which early stopping looks at. */
  readonly evaluation?: Evaluation;
}

/** Sums over the steps of an epoch; plain numbers, so that a checkpoint can hold them. */
export interface EpochSums {
  readonly loss: Readonly<Partial<Record<Batch['kind'], number>>>;
  readonly images: Readonly<Partial<Record<Batch['kind'], number>>>;
  readonly seconds: number;
}

export const noSums: EpochSums = { loss: {}, images: {}, seconds: 0 };

/** The sums after one more step: its loss (a sum over its images), how many images, how long it took. */
export function addStep(sums: EpochSums, { kind, indices }: Batch, loss: number, seconds: number): EpochSums {
  return {
    loss: { ...sums.loss, [kind]: (sums.loss[kind] ?? 0) + loss },
    images: { ...sums.images, [kind]: (sums.images[kind] ?? 0) + indices.length },
    seconds: sums.seconds + seconds,
  };
}

/** Loss an image; undefined where there was no image of the kind. */
export function meanLoss({ loss, images }: EpochSums, kind: Batch['kind']): number | undefined {
  const count = images[kind] ?? 0;
  return count > 0 ? (loss[kind] ?? 0) / count : undefined;
}
