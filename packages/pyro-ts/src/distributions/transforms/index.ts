/** Differentiable maps of values, for parameters with constraints and for transformed distributions. */
export * from './compose.js';
export * from './elementwise.js';
export * from './matrices.js';
export * from './simplex.js';
export * from './transform.js';
export * from './vectors.js';
