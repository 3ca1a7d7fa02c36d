/** One fold of the labelled images: a part that a model is tested on, and the others, on which it is trained. */
import { OptionError, RandomStream } from 'pyro-ts';
import { subset } from '../../data/index.js';
import { PyrovedError } from '../../errors.js';
import type { TrainingImages } from '../../train/index.js';
import type { TrainingSets } from './sets.js';

/** Which fold, and how the labelled images are dealt out. */
export interface Fold {
  /** From 0. */
  readonly index: number;
  readonly of: number;
  readonly seed: number;
}

/** The fold of each image: the images of each class, in an order drawn from `seed`, are dealt out in turn. */
export function foldsOf(labels: ArrayLike<number>, { of, seed }: Omit<Fold, 'index'>): Int32Array {
  const members = new Map<number, number[]>();
  for (let i = 0; i < labels.length; i++) members.set(labels[i], [...(members.get(labels[i]) ?? []), i]);
  const folds = new Int32Array(labels.length);
  // The next class goes on where the last one ended, so that the folds are alike in size.
  let next = 0;
  for (const label of [...members.keys()].sort((a, b) => a - b)) {
    const list = members.get(label) as number[];
    for (const k of new RandomStream(seed).fork(`folds/${label}`).permutation(list.length))
      folds[list[k]] = next++ % of;
  }
  return folds;
}

/**
 * The images with one fold to test on, and the other folds to train on. Images to test on that `sets` has are left out. Images of which quantities are
 * known, but no classes, are dealt out as if they were of one class.
 * @throws {OptionError} for a number of folds that leaves one empty or is below 2, {PyrovedError} without labelled images.
 */
export function foldOf(sets: TrainingSets, fold: Fold): TrainingSets {
  const { labelled } = sets;
  if (!labelled) throw new PyrovedError('There are no labelled images to divide into folds. Give some.');
  if (!Number.isInteger(fold.of) || fold.of < 2 || fold.of > labelled.count) {
    throw new OptionError(`folds is a whole number from 2 to ${labelled.count}, the labelled images, not ${fold.of}.`);
  }
  const folds = foldsOf(labelled.labels ?? new Int32Array(labelled.count), fold);
  const part = (wanted: (k: number) => boolean): TrainingImages =>
    subset(
      labelled,
      Array.from(folds.keys()).filter((i) => wanted(folds[i])),
    );
  const kept = part((k) => k !== fold.index);
  return {
    ...sets,
    labelled: kept,
    // Where the labelled images serve as the unlabelled ones too, those to test on stay out of sight.
    unlabelled: sets.unlabelled === labelled ? kept : sets.unlabelled,
    test: part((k) => k === fold.index),
  };
}
