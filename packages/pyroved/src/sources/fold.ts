/** One fold of the labelled images: a part that a model is tested on, and the others, on which it is trained. */
import { OptionError, RandomStream } from 'pyro-ts';
import { groupFolds, groupsOf, type SplitBy } from 'pyroved-data';
import { PyrovedError, subset, type TrainingImages } from 'pyroved-ts';
import type { TrainingSets } from './sets.js';

/** Which fold, and how the labelled images are dealt out. */
export interface Fold {
  /** From 0. */
  readonly index: number;
  readonly of: number;
  readonly seed: number;
  /** Whole sources are in one fold: see `PartitionOptions`. Each image by itself where omitted. */
  readonly splitBy?: SplitBy;
  /** The label table that has the column. */
  readonly table?: string;
}

/** The fold of each image: the images of each class, in an order drawn from `seed`, are dealt out in turn. */
export function foldsOf(
  labels: ArrayLike<number>,
  { of, seed }: Pick<Fold, 'of' | 'seed'>,
  sources?: readonly string[],
): Int32Array {
  if (sources) return groupFolds(labels, sources, of, seed);
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
 * The images with one fold to test on, and the other folds to train on. Test images of `sets` are dropped. Images of which quantities are
 * known, but no classes, are dealt out as if they were of one class.
 * @throws {OptionError} for a number of folds that leaves one empty or is below 2, {PyrovedError} without labelled images.
 */
export function foldOf(sets: TrainingSets, fold: Fold): TrainingSets {
  const { labelled } = sets;
  if (!labelled) throw new PyrovedError('There are no labelled images to divide into folds. Give some.');
  if (!Number.isInteger(fold.of) || fold.of < 2 || fold.of > labelled.count) {
    throw new OptionError(`folds is a whole number from 2 to ${labelled.count}, the labelled images, not ${fold.of}.`);
  }
  const { splitBy, table } = fold;
  const sourcesOf = (set: TrainingImages) => (splitBy === undefined ? undefined : groupsOf(set, splitBy, table));
  const sources = sourcesOf(labelled);
  const found = sources && new Set(sources).size;
  if (found !== undefined && found < fold.of) {
    throw new OptionError(
      `The labelled images come from ${found} source(s), fewer than the ${fold.of} folds. Use fewer folds, or label images of more sources.`,
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
    // Where the labelled images serve as the unlabelled ones too, those to test on stay out of sight.
    unlabelled: sets.unlabelled === labelled ? kept : withoutSources(sets.unlabelled, sourcesOf, tested),
    test: part((k) => k === fold.index),
  };
}

/** The images but for those of the sources that are tested on; all of them where nothing would be left. */
function withoutSources(
  set: TrainingImages,
  sourcesOf: (set: TrainingImages) => readonly string[] | undefined,
  tested: ReadonlySet<string>,
): TrainingImages {
  const sources = sourcesOf(set);
  const places = sources?.flatMap((source, i) => (tested.has(source) ? [] : [i])) ?? [];
  return places.length === 0 || places.length === set.count ? set : subset(set, places);
}
