/** Coordinates: the grid, poses as transforms of it, and pictures turned by a pose. */
export * from './grid.js';
export * from './resample.js';
export * from './transform.js';
export * from './turns.js';
