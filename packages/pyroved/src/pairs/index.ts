/** Runs of an encoder-decoder (VED) on pairs of inputs and outputs. */

export { type PairsTrainSettings, pairsDefaults, type VEDSettings } from '../kinds/index.js';
export type { PairsSummary } from './finish.js';
export { inputsFor, loadVED, predictionNpz, predictOutputs, type TrainedVED } from './predict.js';
export { isPairsRun } from './sections.js';
export { type ArrayPairsSource, loadPairs, type PairedSets, type PairsSource, type RodsSource } from './source.js';
export { type PairsResult, resumePairs, type TrainPairsRequest, trainPairs } from './train.js';
