/**
 * A set in which some images have labels, taken apart into what training sees with labels, without them, and what it
 * must not see.
 */
import { OptionError } from 'pyro-ts';
import { rejectUnknownKeys } from 'pyro-ts/internal';
import {
  classCounts,
  DataError,
  type FileProblem,
  type ImageSet,
  listProblems,
  type StreamedSet,
  stratifiedSplit,
  subset,
  withoutLabels,
} from 'pyroved-ts';
import { groupSplit, groupsOf, type SplitBy } from './groups.js';

export interface PartitionOptions {
  /** Share of each class's labelled images that is held out to measure accuracy; 0 for none. @default 0.2 */
  readonly validationFraction?: number;
  /** Decides which images are held out. */
  readonly seed?: string | number;
  /**
   * Sets whole sources aside, so that near-duplicates (of one micrograph, of one folder) are never on both sides: "folder", "file", or a column of the label
   * table. Unlabelled images of these sources are not trained on either. Each image by itself where omitted.
   */
  readonly splitBy?: SplitBy;
  /** The label table that has the column. */
  readonly table?: string;
}

export interface Partition<S> {
  /** Labelled images to train on. */
  readonly labelled?: S;
  /** Labelled images that training must not see. */
  readonly validation?: S;
  readonly unlabelled?: S;
  /** What a person should know before trusting the result, a sentence each. */
  readonly notes: readonly string[];
}

/**
 * Splits a set by whether images have labels, and holds out a stratified part of those that do. A set without any
 * labels is unlabelled as a whole.
 * @param problems files that could not be read, named where a class is left without images
 * @throws {DataError} when there are labels but of one class only, or a class has no image.
 */
export function partition<S extends ImageSet | StreamedSet>(
  set: S,
  options: PartitionOptions = {},
  problems: readonly FileProblem[] = [],
): Partition<S> {
  rejectUnknownKeys('partition', options, ['validationFraction', 'seed', 'splitBy', 'table']);
  const { validationFraction = 0.2, seed = 1, splitBy, table } = options;
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
    (y) => `Class "${classNames?.[y] ?? y}" has a single labelled image: it is used for training and none is held out.`,
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
