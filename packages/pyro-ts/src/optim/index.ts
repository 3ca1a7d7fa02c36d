/** Optimisers with options and state for each parameter. */
export * from './adam.js';
export * from './optimizer.js';
