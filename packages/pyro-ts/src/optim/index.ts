/** Optimisers with options and state for each parameter, and learning-rate schedules. */
export * from './adam.js';
export * from './adaptive.js';
export * from './optimizer.js';
export * from './scheduler.js';
export * from './sgd.js';
