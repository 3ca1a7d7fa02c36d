/** A trained model held against what is known of images. */
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

/** Of a model that was told classes, of one that found them, of one that predicts quantities. */
export type ModelEvaluation =
  | ({ readonly on: 'classes' } & ClassifierReport)
  | ({ readonly on: 'found classes' } & MatchedReport)
  | ({ readonly on: 'targets' } & RegressionReport);

/** A model whose classes were found among images, after the best matching of found and true classes. */
export const evaluateFound = (model: Classifier, images: TrainingImages): ModelEvaluation | undefined =>
  images.labels ? { on: 'found classes', ...matchedAccuracyOf(model, images) } : undefined;

/** The figures of an evaluation, as a summary keeps them. */
export interface Figures {
  /** Share of images that are classified rightly. */
  readonly accuracy?: number;
  /** confusion[true][found], numbers of images. */
  readonly confusion?: readonly (readonly number[])[];
  /** Expected calibration error of the class probabilities, and the bins that it is the mean of; without empty ones. */
  readonly calibrationError?: number;
  readonly reliability?: readonly ReliabilityBin[];
  /** Of a model that finds classes: the share of images that are right once each found class has the name of a true one. */
  readonly matchedAccuracy?: number;
  /** The true class that each found class has the name of; -1 for none. */
  readonly matched?: readonly number[];
  /** Of a model that predicts quantities: each in the data's units. `r2` is absent where the true values are all the same. */
  readonly targets?: readonly (Omit<TargetReport, 'r2'> & { readonly r2?: number })[];
  /** Where factors of variation are known: how much of each every latent variable tells. */
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
