/** Inference: objectives, SVI, and what checks and reports on them. */
export * from './elbo/elbo.js';
export * from './elbo/renyiElbo.js';
export * from './elbo/traceElbo.js';
export * from './gradients.js';
export * from './importance.js';
export * from './predictive.js';
export * from './svi.js';
export { onWarning } from './warn.js';
