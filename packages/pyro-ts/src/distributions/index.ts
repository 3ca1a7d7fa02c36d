/** Every distribution, with the constraints of their supports. */

export * from './bernoulli.js';
export { biject, registerTransform, type TransformMaker, transformTo } from './biject.js';
export * from './categorical.js';
export type { Constraint } from './constraints.js';
export * as constraints from './constraints.js';
export * from './continuousBernoulli.js';
export * from './delta.js';
export * from './distribution.js';
export { hasKl, kl, registerKl } from './kl/kl.js';
export * from './normal.js';
export type { ProbsOrLogits } from './probs.js';
export { ProjectedNormal, projectedNormal } from './projectedNormal.js';
export * from './transformed.js';
export * from './transforms/index.js';
export * from './unit.js';
