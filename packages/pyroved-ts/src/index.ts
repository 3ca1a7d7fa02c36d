/** Rotation-invariant and semi-supervised variational autoencoders for images. */
export * from './data/index.js';
export * from './errors.js';
export * from './run/index.js';
