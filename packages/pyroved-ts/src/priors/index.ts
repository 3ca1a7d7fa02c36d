/** Priors of the pose. Each is an object with its prior, its guide and the meaning of its samples. */
export * from './angle.js';
export { type AngleDensity, binnedAngle } from './binned.js';
export { circularAngle, projectedNormalAngle } from './circular.js';
export * from './invariances.js';
export * from './latents.js';
export * from './namedAngles.js';
export * from './posePart.js';
export { type RefinedPart, refinedParts } from './refined.js';
export * from './shiftAndScale.js';
