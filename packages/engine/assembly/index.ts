/** Loops over TensorFlow.js's own memory. Addresses are in bytes; nothing is allocated, and the module has no data of its own in that memory. */
export { addRow, biasLeakyRelu, biasTanh, biasTanhSlope, leakyReluSlope, sumRows } from './activation';
export { adam } from './adam';
export { logMass, logMassSlope } from './bernoulli';
export { firstOutside } from './checks';
export { convolve, filterGradient, packFilter, padImages } from './convolution';
export { maxPool, maxPoolSlope } from './maxPool';
export { multiply } from './multiply';
export { resample } from './resample';
export { upsample2x, upsample2xSlope } from './upsample2x';
