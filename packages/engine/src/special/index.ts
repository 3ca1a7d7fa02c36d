/** Special functions: `host` holds them for one number, the rest are elementwise on tensors with gradients. */
export * from './elementwise.js';
export * from './functions.js';
export * as host from './host/index.js';
export * from './radial.js';
export * from './rowwise.js';
