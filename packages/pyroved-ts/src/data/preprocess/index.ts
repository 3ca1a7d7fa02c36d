/** Background removal and standardisation of images, and their choice from the images. */
export * from './apply.js';
export { borderMeter, quantile } from './border.js';
export * from './choose.js';
export * from './preprocessing.js';
