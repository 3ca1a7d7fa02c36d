/** Evaluation of a trained model on labelled images. */
import {
  type Classifier,
  type ClassifierReport,
  type Disentanglement,
  type MatchedReport,
  matchedAccuracyOf,
  type RegressionReport,
  type ReliabilityBin,
  type TargetReport,
  type TrainingImages,
} from 'pyroved-ts';

/** For models trained on class labels, models that found their classes, and models that predict quantities. */
export type ModelEvaluation =
  | ({ readonly on: 'classes' } & ClassifierReport)
  | ({ readonly on: 'found classes' } & MatchedReport)
  | ({ readonly on: 'targets' } & RegressionReport);

/** Evaluates a model that found its classes, with the best matching of found and true classes. */
export const evaluateFound = (model: Classifier, images: TrainingImages): ModelEvaluation | undefined =>
  images.labels ? { on: 'found classes', ...matchedAccuracyOf(model, images) } : undefined;

/** The figures of an evaluation in `summary.json`. */
export interface Figures {
  /** Fraction of correctly classified images. */
  readonly accuracy?: number;
  /** confusion[true][found], numbers of images. */
  readonly confusion?: readonly (readonly number[])[];
  /** Expected calibration error of the class probabilities, and its non-empty bins. */
  readonly calibrationError?: number;
  readonly reliability?: readonly ReliabilityBin[];
  /** For a model that found its classes: accuracy with the best matching of found and true classes. */
  readonly matchedAccuracy?: number;
  /** The true class matched with each found class; -1 for none. */
  readonly matched?: readonly number[];
  /** For a model that predicts quantities: errors in the data's units. `r2` is absent if all true values are equal. */
  readonly targets?: readonly (Omit<TargetReport, 'r2'> & { readonly r2?: number })[];
  /** Disentanglement of the factors of variation, if they are known. */
  readonly disentanglement?: Disentanglement;
}

export function figuresOf(evaluation: ModelEvaluation): Figures {
  switch (evaluation.on) {
    case 'classes': {
      const { accuracy, confusion, calibrationError, reliability } = evaluation;
      return { accuracy, confusion, calibrationError, reliability: reliability.filter(({ count }) => count > 0) };
    }
    case 'found classes':
      return {
        matchedAccuracy: evaluation.accuracy,
        matched: Array.from(evaluation.matched),
        confusion: evaluation.confusion,
      };
    case 'targets':
      return {
        targets: evaluation.targets.map(({ r2, ...target }) => ({ ...target, ...(Number.isFinite(r2) && { r2 }) })),
      };
  }
}
