/** The models: ordinary pyro-ts programs, with what one asks of a trained model beside them. */
export { circularMeans, type Encoding, type PoseRows } from './asked/host.js';
export type { Manifold, ManifoldOptions } from './asked/manifold.js';
export * from './ivae.js';
export * from './likelihood.js';
export type { ModelOptions } from './options.js';
export * from './presets.js';
export type { Terms } from './programs.js';
export * from './ssivae.js';
export * from './vae.js';
