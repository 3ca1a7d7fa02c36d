/** Programs of tensor operations as graphs. */
export * from './errors.js';
export * from './graph.js';
export * from './record.js';
export { simplify } from './simplify.js';
export * from './trace.js';
