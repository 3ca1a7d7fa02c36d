/** Effect handlers: each wraps a program, or runs a body with `.with`. */
export * from './block.js';
export * from './broadcast.js';
export * from './condition.js';
export * from './enumerate.js';
export * from './inferConfig.js';
export * from './intervene.js';
export * from './lift.js';
export * from './mask.js';
export * from './queue.js';
export * from './reparam.js';
export * from './replay.js';
export * from './scale.js';
export * from './scope.js';
export * from './seed.js';
export * from './trace.js';
