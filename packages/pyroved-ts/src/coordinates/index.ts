/** Coordinates: the grid, poses as transforms of it, drawn poses, and pictures rotated by a pose. */
export * from './drawnPoses.js';
export * from './grid.js';
export * from './pixelMap.js';
export * from './posedImages.js';
export * from './resample.js';
export * from './transform.js';
export * from './turns.js';
export * from './viewMap.js';
