/** What the packages above and tests share, and nobody else should rely on. */
export { autoregressiveMasks, initAutoregressive } from './distributions/transforms/masks.js';
export { didYouMean, formatShape, rejectUnknownKeys } from './errors.js';
export { extendByDraw, extendByValues } from './handlers/queue.js';
export { programRows } from './infer/laplace/programRows.js';
export { drawRows, laplaceEvidence, refineRows, rowDeviations } from './infer/laplace/refineRows.js';
export { halfToFloat32, upperHalfToFloat32 } from './io/float16.js';
export { packStates, type SlotNames, unpackStates } from './optim/saved.js';
export { SeedHandler } from './runtime/seed.js';
export { isValidating } from './runtime/stack.js';
