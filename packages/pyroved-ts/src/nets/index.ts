/** Networks, which own no weights: they name them, say how they begin, and compute from their values. */
export * from './decoders.js';
export * from './fcEncoder.js';
export type * from './slots.js';
