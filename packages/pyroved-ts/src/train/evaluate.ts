/** Evaluation metrics on labelled images: classification, matched classes, regression. */
import type { Classified, JIVAE, SSIVAE, SSRegIVAE } from '../models/index.js';
import { expectedCalibrationError, type ReliabilityBin, reliabilityTable } from './calibration.js';
import { checkLabels, type TrainingImages } from './data.js';
import { bestAssignment } from './matching.js';

/** The result of `accuracyOf`. */
export interface ClassifierReport extends Classified {
  /** Fraction of images whose likeliest class is the true one. */
  readonly accuracy: number;
  /** confusion[true][predicted]: number of images. */
  readonly confusion: readonly (readonly number[])[];
  /** See `expectedCalibrationError`, with 15 bins. */
  readonly calibrationError: number;
  readonly reliability: readonly ReliabilityBin[];
}

/**
 * Classifies labelled images and computes the metrics.
 * @throws {DataError} when labels are missing or not among the classes.
 * @example const { accuracy, confusion } = accuracyOf(model, test);
 */
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

/** The result of `matchedAccuracyOf`. */
export interface MatchedReport extends Classified {
  /** Fraction of images whose inferred class is matched with their true class. */
  readonly accuracy: number;
  /** The true class matched with each inferred class, one to one; -1 for surplus inferred classes. */
  readonly matched: Int32Array;
  /** confusion[true][inferred]: number of images, with inferred classes numbered as in the model. */
  readonly confusion: readonly (readonly number[])[];
}

/**
 * Compares the classes inferred by a model with the true ones, under the matching with the highest accuracy.
 * @throws {DataError} when labels are missing.
 * @example matchedAccuracyOf(jointModel, test).accuracy
 */
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

/** Metrics of one target. */
export interface TargetReport {
  readonly name: string;
  /** In the squared unit of the data. */
  readonly meanSquaredError: number;
  /** In the unit of the data. */
  readonly meanAbsoluteError: number;
  /**
   * 1 - mean squared error / variance: 1 for perfect predictions, 0 for predicting the mean. NaN if all true values are
   * equal.
   */
  readonly r2: number;
}

/** The result of `regressionOf`. */
export interface RegressionReport {
  /** [count, regDim] in the units of the data. */
  readonly predictions: Float32Array;
  readonly targets: readonly TargetReport[];
  /** Means over the targets. */
  readonly meanSquaredError: number;
  readonly r2: number;
}

/**
 * Predicts the targets of labelled images and computes the metrics.
 * @throws {DataError} when a target is missing or not finite.
 * @example const { r2, targets } = regressionOf(vae, test);
 */
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
