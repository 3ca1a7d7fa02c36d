/** Networks. They do not own their weights: they define names and initial values, and compute outputs from weights. */
export * from './conv/index.js';
export * from './decoders.js';
export * from './fcEncoder.js';
export * from './fromLayers.js';
export * from './own.js';
export * from './recognition.js';
export type * from './slots.js';
export * from './views.js';
