/** Images and signals in memory: normalised, preprocessed and cut into batches. */
export * from './batches.js';
export * from './contrast.js';
export * from './corruptions.js';
export * from './dataset.js';
export { mirroredFraction, uprightFraction } from './direction.js';
export * from './noise.js';
export * from './normalise.js';
export { encodeNpy, encodeNpz, type NpzOptions } from './npyEncoding.js';
export * from './posedCopies.js';
export * from './poseRanges.js';
export * from './preprocess/index.js';
export * from './truth.js';
export * from './units.js';
