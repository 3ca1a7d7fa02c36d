/** Images and signals in memory: normalised, preprocessed and cut into batches. */
export { type Batch, epochSchedule, type ScheduleOptions, shuffledBatches } from './batches.js';
export * from './contrast.js';
export * from './corruptions.js';
export {
  classCounts,
  concatenated,
  gather,
  type ImageSet,
  imageAt,
  imageSet,
  imageSize,
  inMemory,
  oneHot,
  type StratifiedSplit,
  type StreamedSet,
  stratifiedSplit,
  subset,
  withoutLabels,
} from './dataset.js';
export * from './direction.js';
export { estimateNoise } from './noise.js';
export type { Normalisation, PairedNormalisation } from './normalise.js';
export { encodeNpy, encodeNpz, type NpzOptions } from './npyEncoding.js';
export { type PosedCopies, type PosedCopiesOptions, posedCopies } from './posedCopies.js';
export * from './poseRanges.js';
export { preprocessed } from './preprocess/apply.js';
export { type ChosenPreprocessing, choosePreprocessing } from './preprocess/choose.js';
export {
  type BackgroundRemoval,
  noPreprocessing,
  type Preprocessing,
  type Standardisation,
} from './preprocess/preprocessing.js';
export * from './truth.js';
export { parseAngle, parseFraction, parseRange, parseShear, type Quantity } from './units.js';
