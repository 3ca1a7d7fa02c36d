/** Every distribution, with the constraints of their supports. */

export type { Constraint } from './constraints.js';
export * as constraints from './constraints.js';
export * from './distribution.js';
export * from './normal.js';
