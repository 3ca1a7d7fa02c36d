/** Rotation-invariant and semi-supervised variational autoencoders for images. */
export * from './coordinates/index.js';
export * from './data/index.js';
export { DataError, type FileProblem, PyrovedError } from './errors.js';
export * from './export/index.js';
export * from './latentSpace/index.js';
export * from './models/index.js';
export * from './nets/index.js';
export * from './priors/index.js';
export * from './train/index.js';
