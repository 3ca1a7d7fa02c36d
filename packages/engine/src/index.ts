/** Chooses a TensorFlow.js backend and adds the few operations that TensorFlow.js lacks, gets wrong or does slowly. */
export * from './ops/customGrad.js';
export * from './ops/indexing.js';
export * from './ops/logSumExp.js';
export * from './ops/shapes.js';
export * from './ops/tape.js';
