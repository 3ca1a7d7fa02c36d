/** Runs from data to report: trained, continued, compared, evaluated and put to use. */
export * from './runs/index.js';
export * from './storage/index.js';
export * from './viz/index.js';
