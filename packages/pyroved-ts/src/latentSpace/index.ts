/** Properties of images over the latent space of a trained model. */
export * from './gaussianProcess.js';
export * from './latentMap.js';
