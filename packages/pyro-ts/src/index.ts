/** Probabilistic programming for TypeScript: primitives, effect handlers, distributions, SVI and exact enumeration. */
export * from './distributions/index.js';
export * from './errors.js';
export * from './handlers/index.js';
export * from './infer/index.js';
export * from './io/index.js';
export * from './optim/index.js';
export * from './paramStore.js';
export * from './primitives/index.js';
export * from './random.js';
export * from './render/index.js';
export type * from './runtime/messages.js';
export * from './runtime/stack.js';
export * from './runtime/trace.js';
