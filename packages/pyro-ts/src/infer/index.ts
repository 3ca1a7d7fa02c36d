/** Inference: objectives, SVI, and what checks and reports on them. */

export * from './autoguide/index.js';
export { CompileError } from './compiled/errors.js';
export * from './configEnumerate.js';
export * from './criticism.js';
export type { BaselineState, Baselines } from './elbo/baselines.js';
export { ELBO, type ElboEstimate, type ElboOptions, type InferenceProgram } from './elbo/elbo.js';
export * from './elbo/renyiElbo.js';
export * from './elbo/reweightedWakeSleep.js';
export * from './elbo/traceElbo.js';
export * from './elbo/traceEnumElbo.js';
export * from './elbo/traceMeanFieldElbo.js';
export * from './gradients.js';
export * from './importance.js';
export * from './inferDiscrete.js';
export * from './laplace/index.js';
export { type DensitySite, type LogDensity, logDensity } from './logDensity.js';
export { paretoShape } from './pareto.js';
export * from './predictive.js';
export * from './reparam/index.js';
export * from './svi.js';
