/** Effect handlers: each wraps a program, or runs a body with `.with`. */
export * from './block.js';
export * from './condition.js';
export * from './mask.js';
export * from './replay.js';
export * from './scale.js';
export * from './seed.js';
export * from './trace.js';
