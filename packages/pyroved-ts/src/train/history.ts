/** The history of a trainer, and the running sums of the current epoch. */
import type { Batch } from '../data/index.js';

/** Evaluation metrics by name. */
export type Evaluation = Readonly<Record<string, number>>;

/** One finished epoch. */
export interface EpochRecord {
  /** Counted from 1. */
  readonly epoch: number;
  /** Gradient steps since the start of the run. */
  readonly step: number;
  /** Minus the ELBO of the unlabelled images, in nats per image. */
  readonly loss: number;
  /** The objective on labelled images, including the auxiliary term, in nats per image. */
  readonly labelledLoss?: number;
  /**
   * Minus the weighted log q(class, pose | image) of labelled images at random poses, in nats per image, over the steps
   * that train only recognition.
   */
  readonly recognitionLoss?: number;
  readonly klWeight: number;
  /** Learning rate. */
  readonly lr: number;
  /** Wall-clock time of its steps. */
  readonly seconds: number;
  /**
   * Result of `evaluate` after the epoch, if there are images to evaluate on: `accuracy`, `testLoss`,
   * `meanSquaredError` and `r2`, or `validationAccuracy`, which early stopping uses.
   */
  readonly evaluation?: Evaluation;
}

/** Sums over the steps of an epoch, as plain numbers that a checkpoint can hold. */
export interface EpochSums {
  readonly loss: Readonly<Partial<Record<Batch['kind'], number>>>;
  readonly images: Readonly<Partial<Record<Batch['kind'], number>>>;
  readonly seconds: number;
}

export const noSums: EpochSums = { loss: {}, images: {}, seconds: 0 };

/** The sums after one more step with the given loss (summed over its images) and duration. */
export function addStep(sums: EpochSums, { kind, indices }: Batch, loss: number, seconds: number): EpochSums {
  return {
    loss: { ...sums.loss, [kind]: (sums.loss[kind] ?? 0) + loss },
    images: { ...sums.images, [kind]: (sums.images[kind] ?? 0) + indices.length },
    seconds: sums.seconds + seconds,
  };
}

/** Mean loss per image; undefined if there was no image of the kind. */
export function meanLoss({ loss, images }: EpochSums, kind: Batch['kind']): number | undefined {
  const count = images[kind] ?? 0;
  return count > 0 ? (loss[kind] ?? 0) / count : undefined;
}
