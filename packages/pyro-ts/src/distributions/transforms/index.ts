/** Differentiable maps of values, for parameters with constraints and for transformed distributions. */
export * from './autoregressive.js';
export * from './compose.js';
export * from './elementwise.js';
export { type DenseLayer, initAutoregressive } from './masks.js';
export * from './matrices.js';
export * from './simplex.js';
export * from './transform.js';
export * from './vectors.js';
