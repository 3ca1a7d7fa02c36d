/** How good a model is on images of which the truth is known: classes told, classes found, quantities predicted. */
import type { Classified, JIVAE, SSIVAE, SSRegIVAE } from '../models/index.js';
import { expectedCalibrationError, type ReliabilityBin, reliabilityTable } from './calibration.js';
import { checkLabels, type TrainingImages } from './data.js';
import { bestAssignment } from './matching.js';

export interface ClassifierReport extends Classified {
  /** The share of images whose likeliest class is the true one. */
  readonly accuracy: number;
  /** confusion[true][found]: numbers of images. */
  readonly confusion: readonly (readonly number[])[];
  /** See `expectedCalibrationError`; in 15 bins. */
  readonly calibrationError: number;
  readonly reliability: readonly ReliabilityBin[];
}

/** Classifies labelled images and counts. Nothing is learned. */
export function accuracyOf(model: SSIVAE, test: TrainingImages): ClassifierReport {
  checkLabels(test, model.numClasses, 'the test images');
  const labels = test.labels as Int32Array;
  const found = model.classify(test);
  const confusion = counts(labels, found.classes, model.numClasses, model.numClasses);
  const right = confusion.reduce((n, row, i) => n + row[i], 0);
  return {
    ...found,
    accuracy: right / test.count,
    confusion,
    calibrationError: expectedCalibrationError(found.probabilities, labels),
    reliability: reliabilityTable(found.probabilities, labels),
  };
}

export interface MatchedReport extends Classified {
  /** The share of images whose class is the one that their true class is matched with. */
  readonly accuracy: number;
  /** The true class that each found class is matched with, one to one; -1 where there are more found than true ones. */
  readonly matched: Int32Array;
  /** confusion[true][found]: numbers of images, found classes as the model counts them. */
  readonly confusion: readonly (readonly number[])[];
}

/** Holds the classes that a model found against true ones, in the matching that makes most images right. Nothing is learned. */
export function matchedAccuracyOf(model: JIVAE | SSIVAE, test: TrainingImages): MatchedReport {
  const trueClasses = test.classNames?.length ?? Math.max(0, ...(test.labels ?? [])) + 1;
  checkLabels(test, trueClasses, 'the test images');
  const found = model.classify(test);
  const confusion = counts(test.labels as Int32Array, found.classes, trueClasses, model.numClasses);
  const gain = Array.from({ length: model.numClasses }, (_, k) => confusion.map((row) => row[k]));
  const matched = bestAssignment(gain);
  const right = matched.reduce((n, y, k) => (y < 0 ? n : n + confusion[y][k]), 0);
  return { ...found, accuracy: right / test.count, matched, confusion };
}

function counts(labels: Int32Array, found: Int32Array, rows: number, columns: number): number[][] {
  const table = Array.from({ length: rows }, () => new Array<number>(columns).fill(0));
  labels.forEach((label, i) => {
    table[label][found[i]]++;
  });
  return table;
}

/** How well one quantity is predicted. */
export interface TargetReport {
  readonly name: string;
  /** In the square of the data's unit. */
  readonly meanSquaredError: number;
  /** In the data's unit. */
  readonly meanAbsoluteError: number;
  /** 1 - mean squared error / variance: 1 for perfect predictions, 0 for none better than the mean. NaN where all true values are the same. */
  readonly r2: number;
}

export interface RegressionReport {
  /** [count, regDim] in the data's units. */
  readonly predictions: Float32Array;
  readonly targets: readonly TargetReport[];
  /** Means over the targets. */
  readonly meanSquaredError: number;
  readonly r2: number;
}

/** Predicts quantities that are known and compares. Nothing is learned. */
export function regressionOf(model: SSRegIVAE, test: TrainingImages): RegressionReport {
  model.targets.check(test, 'the test images');
  const truth = model.targets.of(test);
  const predictions = model.predict(test);
  const { dim, names } = model.targets;
  const targets = names.map((name, k): TargetReport => {
    const rows = Array.from({ length: test.count }, (_, i) => i * dim + k);
    const mean = rows.reduce((sum, i) => sum + truth[i], 0) / test.count;
    const meanOf = (figure: (i: number) => number) => rows.reduce((sum, i) => sum + figure(i), 0) / test.count;
    const meanSquaredError = meanOf((i) => (predictions[i] - truth[i]) ** 2);
    const meanAbsoluteError = meanOf((i) => Math.abs(predictions[i] - truth[i]));
    const variance = meanOf((i) => (truth[i] - mean) ** 2);
    const r2 = variance > 0 ? 1 - meanSquaredError / variance : Number.NaN;
    return { name, meanSquaredError, meanAbsoluteError, r2 };
  });
  const average = (figure: 'meanSquaredError' | 'r2') => targets.reduce((sum, t) => sum + t[figure], 0) / dim;
  return { predictions, targets, meanSquaredError: average('meanSquaredError'), r2: average('r2') };
}
