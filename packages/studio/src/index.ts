/** The studio: a local web app that shows runs, trains, explores latent spaces, and labels images. */
export type * from './api.js';
export { StudioError } from './server/errors.js';
export { type Studio, type StudioOptions, startStudio } from './server/start.js';
