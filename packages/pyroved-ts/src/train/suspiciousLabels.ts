/** Labels that a model considers improbable: candidates for labelling errors. */
import { OptionError } from 'pyro-ts';
import { type OptionTable, resolveOptions } from '../options.js';

/** A label that is probably wrong. */
export interface SuspiciousLabel {
  /** Index of the image. */
  readonly index: number;
  /** Class that the image is labelled with, and its probability. */
  readonly label: number;
  readonly probability: number;
  /** Class that the model suggests, and its probability. */
  readonly suggested: number;
  readonly suggestedProbability: number;
}

/** Options of `suspiciousLabels`. */
export interface SuspiciousOptions {
  /** The probability of the label must be below this. @default 0.5 */
  readonly below?: number;
  /**
   * If more than this fraction of the labels is suspicious, the model rather than the labels is likely wrong, and none
   * is reported.
   * @default 0.4
   */
  readonly mostShare?: number;
}

const table = { below: { default: 0.5 }, mostShare: { default: 0.4 } } satisfies OptionTable<SuspiciousOptions>;

/**
 * Confident learning: a label is suspicious if another class is more probable than it, and at least as probable as that
 * class is on average for the images labelled with it. The least probable labels come first.
 * @param probabilities [count, numClasses], row major; for images that were trained on, the mean over several poses
 * @param labels the label of each image; -1 for none
 * @see Northcutt, Jiang & Chuang 2021, "Confident learning: estimating uncertainty in dataset labels", section 3.
 * @throws {OptionError} when the numbers of labels and probabilities do not match.
 * @example suspiciousLabels(model.classify(labelled).probabilities, labelled.labels).map(({ index }) => labelled.names[index])
 */
export function suspiciousLabels(
  probabilities: ArrayLike<number>,
  labels: ArrayLike<number>,
  options: SuspiciousOptions = {},
): SuspiciousLabel[] {
  const { below, mostShare } = resolveOptions('suspiciousLabels', options, table);
  const numClasses = probabilities.length / labels.length;
  if (!Number.isInteger(numClasses) || numClasses < 2) {
    throw new OptionError(
      `${probabilities.length} probabilities are not rows of two classes or more for ${labels.length} labels.`,
    );
  }
  const own = Array.from({ length: numClasses }, () => ({ sum: 0, count: 0 }));
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] < 0) continue;
    own[labels[i]].sum += probabilities[i * numClasses + labels[i]];
    own[labels[i]].count++;
  }
  const typical = own.map(({ sum, count }) => (count > 0 ? sum / count : Number.POSITIVE_INFINITY));
  const found: SuspiciousLabel[] = [];
  let labelled = 0;
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i];
    if (label < 0) continue;
    labelled++;
    const at = (k: number) => probabilities[i * numClasses + k];
    let suggested = 0;
    for (let k = 1; k < numClasses; k++) if (at(k) > at(suggested)) suggested = k;
    if (suggested === label || at(label) >= below || at(suggested) < typical[suggested]) continue;
    found.push({ index: i, label, probability: at(label), suggested, suggestedProbability: at(suggested) });
  }
  if (found.length > mostShare * labelled) return [];
  return found.sort((a, b) => a.probability - b.probability || a.index - b.index);
}
