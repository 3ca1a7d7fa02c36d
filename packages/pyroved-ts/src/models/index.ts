/** The models: ordinary pyro-ts programs, with the methods of a trained model. */

export type { AnglePriorEvidence } from './anglePriorEvidence.js';
export type { EnumerateClasses } from './classes.js';
export type { ClassPrior } from './classPrior.js';
export * from './ivae.js';
export * from './jivae.js';
export {
  type Classifier,
  iVAE,
  jiVAE,
  type Model,
  type ModelConfig,
  modelFromConfig,
  rVAE,
  ssiVAE,
  ssRegIVAE,
  ssrVAE,
} from './kinds.js';
export type { Likelihood, LikelihoodName, LikelihoodOptions } from './likelihood.js';
export type { ModelOptions } from './options.js';
export type { KlWeight, Terms } from './programs.js';
export type { Condition, NetworkCondition } from './queries/condition.js';
export * from './queries/factors.js';
export type { Encoding, PoseRows } from './queries/host.js';
export { type InterpolateOptions, type LatentPoint, latentPoint } from './queries/interpolate.js';
export type { LogLikelihoodOptions } from './queries/logLikelihood.js';
export type { Manifold, ManifoldOptions } from './queries/manifold.js';
export type { Traversal, TraverseOptions } from './queries/traverse.js';
export type { Classified } from './queries/uncertainty.js';
export type {
  AngleMixture,
  ConsistentImages,
  KnownPose,
  RecognisedCentre,
  RecognisedPose,
  RecognitionTerms,
} from './recognisedPose.js';
export * from './recognition.js';
export {
  type BodyName,
  defaultRanges,
  type LabelledPoses,
  type RecognitionOptions,
  type ResolvedRecognition,
} from './recognitionOptions.js';
export * from './ssivae.js';
export * from './ssRegIvae.js';
export {
  type ClassAnswer,
  type EvidenceGate,
  type ImageAnswers,
  type TemplateChoice,
  type TemplateEncoding,
  TemplateSSIVAE,
} from './template.js';
export type { ClassExplanations } from './templateExplanations.js';
export type { TemplateOptions } from './templateOptions.js';
export type { CompleteRows, TaughtRows, Teaching } from './templatePrograms.js';
export * from './vae.js';
export * from './ved.js';
export type { VEDConfig, VEDOptions } from './vedOptions.js';
