/** Networks, which own no weights: they name them, say how they begin, and compute from their values. */
export * from './conv/index.js';
export * from './decoders.js';
export * from './fcEncoder.js';
export * from './fromLayers.js';
export * from './own.js';
export * from './recognition.js';
export type * from './slots.js';
export * from './views.js';
