/** Other ways to draw the same latent variables, for `reparam`. */
export * from './locScale.js';
export * from './projectedNormal.js';
export * from './transform.js';
