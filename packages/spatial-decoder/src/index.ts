/** A small network evaluated at every pixel of every image for every class, as one fused operation with a custom gradient. */
export { SpatialDecoderError } from './errors.js';
export type { Layer, SpatialDecoderInputs } from './inputs.js';
export * from './kernel.js';
export * from './reference.js';
export * from './select.js';
export * from './selection.js';
export * from './spatialDecoder.js';
