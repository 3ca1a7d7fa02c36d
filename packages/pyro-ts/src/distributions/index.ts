/** Every distribution, with the constraints of their supports. */

export { biject, registerTransform, type TransformMaker, transformTo } from './biject.js';
export * from './bounded/continuousBernoulli.js';
export * from './bounded/projectedNormal.js';
export type { Constraint } from './constraints.js';
export * as constraints from './constraints.js';
export * from './delta.js';
export * from './discrete/bernoulli.js';
export * from './discrete/categorical.js';
export * from './distribution.js';
export { hasKl, kl, registerKl } from './kl/kl.js';
export * from './line/normal.js';
export type { ProbsOrLogits } from './probs.js';
export * from './transformed.js';
export * from './transforms/index.js';
export * from './unit.js';
