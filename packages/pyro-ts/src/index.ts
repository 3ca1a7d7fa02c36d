/** Probabilistic programming for TypeScript: primitives, effect handlers, distributions, SVI and exact enumeration. */
export * from './distributions/index.js';
export * from './errors.js';
export * from './io/index.js';
export * from './random.js';
