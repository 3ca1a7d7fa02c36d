/** Special functions of one number, in float64. */
export * from './bessel.js';
export * from './beta.js';
export * from './erf.js';
export * from './gamma.js';
export * from './vonMises.js';
