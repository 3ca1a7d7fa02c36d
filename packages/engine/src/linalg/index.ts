/** Factorisations and solutions of linear systems, which TensorFlow.js lacks. */
export * from './cholesky.js';
export { type Matrix, solveLower } from './host.js';
export * from './triangularSolve.js';
