/** Priors of the pose: each is a small object that says how it is drawn and scored and what a draw means. */
export * from './angle.js';
export * from './invariances.js';
export * from './latents.js';
export * from './posePart.js';
export * from './shiftAndScale.js';
