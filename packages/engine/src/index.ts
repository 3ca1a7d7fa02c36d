/**
 * Chooses a TensorFlow.js backend and adds the few operations that TensorFlow.js lacks, gets wrong or does slowly. Programs use selectEngine, take,
 * logSumExp, the comparisons, the factorisations and the special functions; the rest is what packages with operations of their own are built with.
 */
export { EngineError, NotPositiveDefiniteError, OperandError, PyroError } from './errors.js';
export { correctGradients } from './gradients/index.js';
export * from './linalg/index.js';
export * from './messages.js';
export * from './ops/adam.js';
export * from './ops/affineSample.js';
export * from './ops/bernoulli.js';
export * from './ops/biasActivation.js';
export * from './ops/convolution.js';
export * from './ops/customGrad.js';
export * from './ops/dense.js';
export * from './ops/denseParts.js';
export * from './ops/freeTape.js';
export * from './ops/indexing.js';
export * from './ops/logSoftmax.js';
export * from './ops/logSumExp.js';
export * from './ops/maxPool.js';
export * from './ops/normal.js';
export * from './ops/resample.js';
export * from './ops/shapes.js';
export * from './ops/softmax.js';
export * from './ops/tape.js';
export * from './ops/upsample2x.js';
export * from './ops/weightedSum.js';
export * from './recording/hostCalls.js';
export { type EngineName, engineNames } from './select/load.js';
export { type EngineChoice, type EngineOptions, selectEngine } from './select/selectEngine.js';
export { assertSingleCopy } from './select/singleCopy.js';
export { engineState } from './select/state.js';
export * from './special/index.js';
export * from './wasm/compile.js';
export * from './wasm/memory.js';
