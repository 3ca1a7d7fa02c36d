/** Factorisations and solutions of linear systems, which TensorFlow.js lacks. */
export * from './cholesky.js';
export * from './triangularSolve.js';
