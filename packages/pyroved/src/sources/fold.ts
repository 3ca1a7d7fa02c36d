/** Folds of the labelled images for cross-validation. */
import { OptionError, RandomStream } from 'pyro-ts';
import type { SplitBy } from 'pyroved-data';
import { groupFolds, groupsOf } from 'pyroved-data/internal';
import { PyrovedError, subset, type TrainingImages } from 'pyroved-ts';
import type { TrainingSets } from './sets.js';

/** A fold, and how the labelled images are split into folds. */
export interface Fold {
  /** Index of the fold, from 0. */
  readonly index: number;
  readonly of: number;
  readonly seed: number;
  /** Keeps all images of a group in one fold; see `PartitionOptions`. @default images are split individually */
  readonly splitBy?: SplitBy;
  /** The label table that contains the column `splitBy`. */
  readonly table?: string;
}

/** The fold of each image. The images of each class are assigned to folds in turn, in random order. */
export function foldsOf(
  labels: ArrayLike<number>,
  { of, seed }: Pick<Fold, 'of' | 'seed'>,
  sources?: readonly string[],
): Int32Array {
  if (sources) return groupFolds(labels, sources, of, seed);
  const members = new Map<number, number[]>();
  for (let i = 0; i < labels.length; i++) members.set(labels[i], [...(members.get(labels[i]) ?? []), i]);
  const folds = new Int32Array(labels.length);
  // Each class continues where the last one ended, so that the folds have similar sizes.
  let next = 0;
  for (const label of [...members.keys()].sort((a, b) => a - b)) {
    const list = members.get(label) as number[];
    for (const k of new RandomStream(seed).fork(`folds/${label}`).permutation(list.length))
      folds[list[k]] = next++ % of;
  }
  return folds;
}

/**
 * The sets with one fold for testing and the others for training. The validation images of `sets` are dropped. Images with factors but without
 * classes are split as if they were of one class.
 * @throws {OptionError} when the number of folds is below 2 or leaves a fold empty, and {PyrovedError} when there are no labelled images.
 */
export function foldOf(sets: TrainingSets, fold: Fold): TrainingSets {
  const { labelled } = sets;
  if (!labelled) throw new PyrovedError('Cross-validation requires labelled images.');
  if (!Number.isInteger(fold.of) || fold.of < 2 || fold.of > labelled.count) {
    throw new OptionError(
      `folds must be an integer between 2 and ${labelled.count}, the number of labelled images; got ${fold.of}.`,
    );
  }
  const { splitBy, table } = fold;
  const sourcesOf = (set: TrainingImages) => (splitBy === undefined ? undefined : groupsOf(set, splitBy, table));
  const sources = sourcesOf(labelled);
  const found = sources && new Set(sources).size;
  if (found !== undefined && found < fold.of) {
    throw new OptionError(
      `The labelled images come from ${found} group(s), fewer than the ${fold.of} folds. Use fewer folds, or label images of more groups.`,
    );
  }
  const folds = foldsOf(labelled.labels ?? new Int32Array(labelled.count), fold, sources);
  const part = (wanted: (k: number) => boolean): TrainingImages =>
    subset(
      labelled,
      Array.from(folds.keys()).filter((i) => wanted(folds[i])),
    );
  const kept = part((k) => k !== fold.index);
  const tested = new Set(sources?.filter((_, i) => folds[i] === fold.index));
  return {
    ...sets,
    labelled: kept,
    // If the labelled images also serve as unlabelled ones, exclude the tested fold from both.
    unlabelled: sets.unlabelled === labelled ? kept : withoutSources(sets.unlabelled, sourcesOf, tested),
    test: part((k) => k === fold.index),
  };
}

/** The images except those from tested sources; all images if none would remain. */
function withoutSources(
  set: TrainingImages,
  sourcesOf: (set: TrainingImages) => readonly string[] | undefined,
  tested: ReadonlySet<string>,
): TrainingImages {
  const sources = sourcesOf(set);
  const places = sources?.flatMap((source, i) => (tested.has(source) ? [] : [i])) ?? [];
  return places.length === 0 || places.length === set.count ? set : subset(set, places);
}
