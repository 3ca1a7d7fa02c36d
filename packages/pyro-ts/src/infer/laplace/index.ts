/** Latents that belong to one datum: refinement and Laplace's approximation. */
export * from './localLaplace.js';
export { type ProgramRows, programRows, type RowChoice } from './programRows.js';
export * from './refineRows.js';
export type * from './rows.js';
