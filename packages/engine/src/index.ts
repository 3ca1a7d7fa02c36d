/** Chooses a TensorFlow.js backend, and adds operations that TensorFlow.js lacks, gets wrong or does slowly. */
export { EngineError, NotPositiveDefiniteError, OperandError, PyroError } from './errors.js';
export { cholesky, triangularSolve } from './linalg/index.js';
export { convolution } from './ops/convolution.js';
export { customGrad, type ForwardResult } from './ops/customGrad.js';
export { dense, matMul } from './ops/dense.js';
export { take } from './ops/indexing.js';
export { logSoftmax } from './ops/logSoftmax.js';
export { logSumExp } from './ops/logSumExp.js';
export { maxPool } from './ops/maxPool.js';
export type { Shape } from './ops/shapes.js';
export { softmax } from './ops/softmax.js';
export { equal, greater, greaterEqual, less, lessEqual, notEqual, select, stopGradient } from './ops/tape.js';
export { type EngineName, engineNames } from './select/load.js';
export { type EngineChoice, type EngineOptions, selectEngine } from './select/selectEngine.js';
export * from './special/functions.js';
