/** What programs are written with. */
export { type AutoregressiveFlowOptions, autoregressiveFlow } from './autoregressiveFlow.js';
export { deterministic, type FactorOptions, factor } from './deterministic.js';
export * from './markov.js';
export * from './module.js';
export * from './param.js';
export { type Plate, type PlateOptions, plate, plateStack, plates, sequentialPlate, subsample } from './plate.js';
export { type SampleOptions, sample } from './sample.js';
export { type ScanOptions, scan } from './scan.js';
