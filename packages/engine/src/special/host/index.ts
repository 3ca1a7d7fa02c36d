/** Special functions of one number, in float64. */
export * from './erf.js';
