/** What the packages above share, and nobody else should rely on. */
export { NPY_MAGIC, npyHeader } from './data/npyEncoding.js';
export { defined } from './defined.js';
export { disposeOnError } from './disposeOnError.js';
export { lookUp } from './lookup.js';
export { imageTensor, meanOver } from './train/data.js';
export { trainerOptionKeys } from './train/options.js';
