/** Convolutional networks, which train on every engine. */
export * from './body.js';
export * from './decoder.js';
export * from './encoder.js';
export { type ConvOptions, type Upsampling, upsamplings } from './options.js';
