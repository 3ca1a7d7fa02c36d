/** Images and signals: generated, read from a user's files, normalised, split and cut into batches. */
export * from './batches.js';
export { drawPose, type Pose, type PoseRanges, warp } from './cards/affine.js';
export * from './cards/cards.js';
export { suitTemplates, type Templates } from './cards/suits.js';
export { loadTemplates } from './cards/templates.js';
export * from './corruptions.js';
export * from './dataset.js';
export { type LoadedImages, type LoadOptions, loadImages, readFolder } from './images/load.js';
export type { SourceOptions } from './images/plan.js';
export type { ReadOptions } from './images/read.js';
export * from './normalise.js';
export * from './simulated/digits.js';
export * from './simulated/particles.js';
export * from './simulated/peaks.js';
export * from './simulated/rods.js';
export type { GeneratedSets } from './simulated/simulate.js';
export * from './units.js';
