/** Latents that belong to one datum: refinement and Laplace's approximation. */
export * from './localLaplace.js';
export type { ProgramRows, RowChoice } from './programRows.js';
export type { RefinedRows, RefineOptions } from './refineRows.js';
export type * from './rows.js';
