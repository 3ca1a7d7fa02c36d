/** Splits a set in which some images have labels into labelled, validation and unlabelled images. */
import { OptionError } from 'pyro-ts';
import {
  classCounts,
  DataError,
  type FileProblem,
  type ImageSet,
  type StreamedSet,
  stratifiedSplit,
  subset,
  withoutLabels,
} from 'pyroved-ts';
import { listProblems } from 'pyroved-ts/internal';
import { groupSplit, groupsOf, type SplitBy } from './groups.js';
import { type Defaults, withDefaults } from './options.js';

/** How `partition` chooses the validation set. */
export interface PartitionOptions {
  /** Fraction of each class's labelled images used for validation; 0 for none. @default 0.2 */
  readonly validationFraction?: number;
  /** Decides which images form the validation set. @default 1 */
  readonly seed?: string | number;
  /**
   * Splits by whole sources, so that near-duplicates (of one micrograph, of one folder) are never on both sides: "folder", "file", or a column of the label
   * table. Unlabelled images of the validation sources are not trained on either.
   * @default each image is a source
   */
  readonly splitBy?: SplitBy;
  /** The label table with the column `splitBy`. */
  readonly table?: string;
}

export const PARTITION_DEFAULTS = {
  validationFraction: 0.2,
  seed: 1,
  splitBy: undefined,
  table: undefined,
} as const satisfies Defaults<PartitionOptions>;

/** The parts of a set. */
export interface Partition<S> {
  /** Labelled images to train on. */
  readonly labelled?: S;
  /** Labelled images to measure accuracy with; not trained on. */
  readonly validation?: S;
  readonly unlabelled?: S;
  /** Warnings about the split, a sentence each. */
  readonly notes: readonly string[];
}

/**
 * Splits a set into labelled and unlabelled images, and sets aside a stratified part of the labelled ones for validation. A set
 * without labels is unlabelled as a whole.
 * @param problems unreadable files, listed when a class has no images
 * @throws {DataError} when the labels are all of one class, or a class has no image.
 * @throws {OptionError} for an unknown option or a fraction outside [0, 1).
 * @example
 * const { set } = await loadArray('scan.npy', { labels: 'labels.npy' });
 * const { labelled, validation, unlabelled } = partition(set, { validationFraction: 0.25, seed: 2 });
 */
export function partition<S extends ImageSet | StreamedSet>(
  set: S,
  options: PartitionOptions = {},
  problems: readonly FileProblem[] = [],
): Partition<S> {
  const { validationFraction, seed, splitBy, table } = withDefaults('partition', options, PARTITION_DEFAULTS);
  if (!(validationFraction >= 0 && validationFraction < 1)) {
    throw new OptionError(`validationFraction must be at least 0 and less than 1; got ${validationFraction}.`);
  }
  const { labels, classNames } = set;
  if (!labels) return { unlabelled: set, notes: [] };
  rejectPoorClasses(set, problems);
  const pick = (wanted: Iterable<number>) => {
    const indices = Array.from(wanted);
    return indices.length > 0 ? subset(set, indices) : undefined;
  };
  const all = Array.from(labels.keys());
  if (splitBy !== undefined && validationFraction > 0)
    return bySource(set, labels, { validationFraction, seed, splitBy, table });
  const unlabelled = pick(all.filter((i) => labels[i] < 0));
  const rest = { ...(unlabelled && { unlabelled: withoutLabels(unlabelled) }) };
  if (validationFraction === 0) return { labelled: pick(all.filter((i) => labels[i] >= 0)), ...rest, notes: [] };
  const split = stratifiedSplit(labels, validationFraction, seed);
  const notes = split.singletons.map(
    (y) =>
      `Class "${classNames?.[y] ?? y}" has a single labelled image: it is used for training, and none for validation.`,
  );
  return {
    labelled: pick(split.kept.filter((i) => labels[i] >= 0)),
    validation: pick(split.validation),
    ...rest,
    notes,
  };
}

function bySource<S extends ImageSet | StreamedSet>(
  set: S,
  labels: Int32Array,
  {
    validationFraction,
    seed,
    splitBy,
    table,
  }: Required<Pick<PartitionOptions, 'validationFraction' | 'seed' | 'splitBy'>> & PartitionOptions,
): Partition<S> {
  const sources = groupsOf(set, splitBy, table);
  const split = groupSplit(labels, sources, validationFraction, seed);
  const unlabelled = Array.from(labels.keys()).filter((i) => labels[i] < 0);
  const rest = unlabelled.filter((i) => !split.groups.has(sources[i]));
  const left = unlabelled.length - rest.length;
  const all = new Set(sources.filter((_, i) => labels[i] >= 0)).size;
  const notes = [
    `Validation images are those of ${split.groups.size} of ${all} sources (split by ${splitBy}).` +
      (left > 0 ? ` ${left} unlabelled image(s) of these are not trained on.` : ''),
  ];
  const missing = (set.classNames ?? []).filter((_, y) => !split.validation.some((i) => labels[i] === y));
  if (missing.length > 0) notes.push(`No validation image shows ${missing.map((name) => `"${name}"`).join(', ')}.`);
  return {
    labelled: subset(set, split.kept),
    validation: subset(set, split.validation),
    ...(rest.length > 0 && { unlabelled: withoutLabels(subset(set, rest)) }),
    notes,
  };
}

function rejectPoorClasses(set: ImageSet | StreamedSet, problems: readonly FileProblem[]): void {
  const counts = classCounts(set);
  const names = counts.map((_, y) => `"${set.classNames?.[y] ?? y}"`);
  const empty = names.filter((_, y) => counts[y] === 0);
  if (empty.length > 0) {
    const because = problems.length > 0 ? ` Files that cannot be used:\n${listProblems(problems)}` : '';
    throw new DataError(
      `No readable labelled image of ${empty.join(', ')}. Each class needs at least one.${because}`,
      problems,
    );
  }
  if (counts.length < 2) {
    throw new DataError(
      `All labelled images are of one class (${names.join()}): a classifier needs at least two. ` +
        'To look at what varies within one class, give the images as unlabelled ones.',
    );
  }
}
