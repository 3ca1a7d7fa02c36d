/** The models: ordinary pyro-ts programs, with the methods of a trained model. */

export type { EnumerateClasses } from './classes.js';
export type { ClassPrior } from './classPrior.js';
export * from './ivae.js';
export * from './jivae.js';
export * from './kinds.js';
export * from './likelihood.js';
export type { ModelOptions } from './options.js';
export type { Terms } from './programs.js';
export type { Condition, NetworkCondition } from './queries/condition.js';
export { type Factor, Factors, standardised } from './queries/factors.js';
export { circularMeans, type Encoding, type PoseRows } from './queries/host.js';
export { type InterpolateOptions, type LatentPoint, latentPoint } from './queries/interpolate.js';
export type { LogLikelihoodOptions } from './queries/logLikelihood.js';
export type { Manifold, ManifoldOptions } from './queries/manifold.js';
export type { Traversal, TraverseOptions } from './queries/traverse.js';
export { type Classified, classified, softmaxRows } from './queries/uncertainty.js';
export type {
  AngleMixture,
  ConsistentImages,
  KnownPose,
  RecognisedCentre,
  RecognisedPose,
  RecognitionTerms,
} from './recognisedPose.js';
export * from './recognition.js';
export * from './recognitionOptions.js';
export * from './ssivae.js';
export * from './ssRegIvae.js';
export * from './template.js';
export type { ClassExplanations } from './templateExplanations.js';
export type { TemplateOptions } from './templateOptions.js';
export type { CompleteRows, TaughtRows, Teaching } from './templatePrograms.js';
export * from './vae.js';
export * from './ved.js';
export type { VEDConfig, VEDOptions } from './vedOptions.js';
export { centreOf } from './views.js';
