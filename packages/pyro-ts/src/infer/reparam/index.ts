/** Other ways to draw the same latent variables, for `reparam`. */
export * from './locScale.js';
export * from './projectedNormal.js';
export type { Reparam, ReparamSite } from './reparam.js';
export * from './transform.js';
