/** Labelled training images with a suspicious label: a list, a table of the report and a CSV file. */
import {
  posedCopies,
  type SSIVAE,
  type SuspiciousLabel,
  subset,
  suspiciousLabels,
  type TrainingImages,
} from 'pyroved-ts';
import { csvText } from '../csv.js';
import { formatPercent, type ReportTable } from '../viz/index.js';
import { poseRangesOf } from './validation.js';

/** A suspicious label, with the names of file and classes. */
export interface DoubtfulLabel {
  readonly file: string;
  readonly label: string;
  /** Probability of the label. */
  readonly probability: number;
  readonly suggested: string;
  readonly suggestedProbability: number;
}

/** Random poses over which the probabilities of an image are averaged. */
const COPIES = 8;
/** Number of images classified at once. */
const CHUNK = 256;

/** The labels that contradict the model, whose probabilities are averaged over several random poses of each image. */
export function doubtfulLabels(
  model: SSIVAE,
  labelled: TrainingImages,
  classNames: readonly string[],
  seed: number,
): DoubtfulLabel[] {
  const { labels } = labelled;
  if (!labels) return [];
  const found: SuspiciousLabel[] = suspiciousLabels(meanProbabilities(model, labelled, seed), labels);
  return found.map(({ index, label, probability, suggested, suggestedProbability }) => ({
    file: labelled.names?.[index] ?? `image ${index + 1}`,
    label: classNames[label],
    probability,
    suggested: classNames[suggested],
    suggestedProbability,
  }));
}

function meanProbabilities(model: SSIVAE, labelled: TrainingImages, seed: number): Float32Array {
  const { numClasses } = model;
  const ranges = poseRangesOf(model.options);
  const copies = Object.keys(ranges).length === 0 ? 1 : COPIES;
  const mean = new Float32Array(labelled.count * numClasses);
  for (let from = 0; from < labelled.count; from += CHUNK) {
    const size = Math.min(CHUNK, labelled.count - from);
    const some = subset(
      labelled,
      Array.from({ length: size }, (_, i) => from + i),
    );
    const draw = { copies, seed: `${seed}/labels/${from}`, noise: 'lost', outside: 'border' } as const;
    const posed = posedCopies(some, ranges, draw);
    model.classify(posed).probabilities.forEach((p, at) => {
      const image = from + posed.originals[Math.floor(at / numClasses)];
      mean[image * numClasses + (at % numClasses)] += p / copies;
    });
  }
  return mean;
}

/** `file, label, probability, suggested, suggested_probability`. */
export const doubtfulCsv = (labels: readonly DoubtfulLabel[]): string =>
  csvText([
    ['file', 'label', 'probability', 'suggested', 'suggested_probability'],
    ...labels.map((one) => [
      one.file,
      one.label,
      one.probability.toFixed(4),
      one.suggested,
      one.suggestedProbability.toFixed(4),
    ]),
  ]);

/** Largest number of rows in the report; the CSV file has all. */
const ROWS = 30;

export const doubtfulTable = (labels: readonly DoubtfulLabel[]): ReportTable => ({
  title: 'Suspicious labels',
  intro:
    'Labelled training images that the model assigns to another class, averaged over several random poses. Check these labels: wrong labels impair the ' +
    `training. ${labels.length > ROWS ? `The first ${ROWS} of ${labels.length}; all` : 'All'} are in suspicious-labels.csv.`,
  header: ['file', 'label', 'its probability', 'suggested', 'its probability'],
  rows: labels
    .slice(0, ROWS)
    .map((one) => [
      one.file,
      one.label,
      formatPercent(one.probability),
      one.suggested,
      formatPercent(one.suggestedProbability),
    ]),
});
