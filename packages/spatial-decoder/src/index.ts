/** A small network evaluated at every pixel of every image for every class, as one fused operation with a custom gradient. */
export * from './kernel.js';
