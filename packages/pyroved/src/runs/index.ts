/** Runs and studies: train, resume, load, evaluate and apply models. */

export { type Figures, figuresOf, type ModelEvaluation } from '../kinds/evaluation.js';
export { type ModelSettings, modelKinds, type TrainSettings, trainDefaults } from '../kinds/index.js';
export {
  type ClassifiedMicrographs,
  type ClassifyMicrographsRequest,
  classifyMicrographs,
} from '../micrographs/classify.js';
export type { ClassCount, Interval } from '../micrographs/counts.js';
export { type FindRequest, type FindResult, findInMicrographs } from '../micrographs/find.js';
export type { MicrographCounts } from '../micrographs/micrographCounts.js';
export * from '../pairs/index.js';
export type { Condition, Disorder, DisorderAxis } from '../robustness/disorders.js';
export {
  type AccuracyCurve,
  type AccuracyGrid,
  type ConditionResult,
  measureRobustness,
  type Robustness,
  type RobustnessHooks,
  type RobustnessRequest,
} from '../robustness/robustness.js';
export type { ArraySource, ImagesSource, MicrographSource } from '../sources/files.js';
export type { CardsSource, Changes, GeneratedSource } from '../sources/generated.js';
export * from '../sources/newImages.js';
export type { TrainingSets } from '../sources/sets.js';
export { loadSets, type Source } from '../sources/source.js';
export { type AngleError, type AngleReport, type Angles, angleReport, type Symmetry } from '../studies/angleError.js';
export { type CompareRequest, type CompareResult, comparePriors, resumeComparison } from '../studies/comparePriors.js';
export type { Comparison, Measure, PriorRun, PriorSummary, PriorTest } from '../studies/comparison.js';
export {
  type CrossValidateRequest,
  type CrossValidateResult,
  crossValidate,
  resumeCrossValidation,
} from '../studies/crossValidate.js';
export type {
  ClassFold,
  ClassValidation,
  CrossValidation,
  FoldResult,
  QuantityErrors,
  QuantityFold,
  QuantityValidation,
  ValidatedQuantity,
} from '../studies/folds.js';
export type { StudyRequest } from '../studies/plan.js';
export { resumeSeeds, type SeedRecord, type SeedsRequest, type SeedsResult, trainSeeds } from '../studies/seeds.js';
export { type PairedTest, pairedInterval, pairedTest, type Spread, spreadOf } from '../studies/statistics.js';
export { type SweepMetric, sweepMetrics } from '../sweep/metric.js';
export type { ConfigurationResult, SweepResult, TrialResult, TrialState } from '../sweep/result.js';
export {
  resumeSweep,
  runSweep,
  type SweepMachine,
  type SweepOutcome,
  type SweepQueue,
  type SweepRequest,
} from '../sweep/sweep.js';
export type { Configuration, TrialSettings } from '../sweep/trial.js';
export { type BoundsOptions, type LikelihoodBounds, likelihoodBounds } from './bound.js';
export * from './demo.js';
export { disentangledBy, disentanglementTable } from './disentangled.js';
export { averagedClassifications, type RunClassification } from './ensemble.js';
export * from './estimate.js';
export * from './evaluate.js';
export { type ExportOptions, exportModel } from './exportModel.js';
export type { RunSummary } from './finish.js';
export * from './gallery.js';
export type { HeadlineFigures } from './headline.js';
export type { RunHooks, RunProgress } from './hooks.js';
export { type ImportRunOptions, importRun } from './importRun.js';
export * from './learningProblems.js';
export * from './loadModel.js';
export type { Machine } from './machine.js';
export type { PreprocessSetting } from './preprocess.js';
export { type RecipeName, recipeNames } from './recipe.js';
export * from './rows.js';
export { type RunImages, type RunImagesOptions, runImages } from './runImages.js';
export type { RunResult } from './runToEnd.js';
export { type DoubtfulLabel, doubtfulLabels } from './suspicious.js';
export { type AnyTrained, encodingCsv, type ManifoldRequest, manifoldPictures } from './tables.js';
export { type ResumeOptions, resumeRun, type TrainRequest, trainRun } from './train.js';
export { poseRangesOf, type Validation, type ValidationSummary, validationFor } from './validation.js';
