/** Priors of the pose: each is a small object that says how it is drawn and scored and what a draw means. */
export * from './angle.js';
export { type AngleDensity, binnedAngle } from './binned.js';
export { circularAngle, projectedNormalAngle, type VonMisesAngleOptions } from './circular.js';
export * from './invariances.js';
export * from './latents.js';
export * from './posePart.js';
export { type RefinedPart, refinedParts } from './refined.js';
export * from './shiftAndScale.js';
