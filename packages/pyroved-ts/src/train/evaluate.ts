/** How good a classifier is on images whose classes are known. */
import type { Classified, SSIVAE } from '../models/index.js';
import { checkLabels, type TrainingImages } from './data.js';

export interface ClassifierReport extends Classified {
  /** The share of images whose likeliest class is the true one. */
  readonly accuracy: number;
  /** confusion[true][found]: numbers of images. */
  readonly confusion: readonly (readonly number[])[];
}

/** Classifies labelled images and counts. Nothing is learned. */
export function accuracyOf(model: SSIVAE, test: TrainingImages): ClassifierReport {
  checkLabels(test, model.numClasses, 'the test images');
  const labels = test.labels as Int32Array;
  const found = model.classify(test);
  const confusion = Array.from({ length: model.numClasses }, () => new Array<number>(model.numClasses).fill(0));
  labels.forEach((label, i) => {
    confusion[label][found.classes[i]]++;
  });
  const right = confusion.reduce((n, row, i) => n + row[i], 0);
  return { ...found, accuracy: right / test.count, confusion };
}
