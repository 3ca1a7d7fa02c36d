/** Differentiable maps of values, for parameters with constraints and for transformed distributions. Their classes are in ../classes.ts. */
export { type AutoregressiveOptions, affineAutoregressive } from './autoregressive.js';
export { compose } from './compose.js';
export type { DenseLayer } from './masks.js';
export { Transform } from './transform.js';
export { normalize } from './vectors.js';
