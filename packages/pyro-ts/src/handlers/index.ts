/** Effect handlers: each wraps a program, or runs a body with `.with`. */

export type { Mask } from '../runtime/mask.js';
export { type BlockOptions, block } from './block.js';
export { broadcast } from './broadcast.js';
export type { ByNameOptions } from './byName.js';
export { condition, type SiteValues } from './condition.js';
export { type EnumerateOptions, enumerate } from './enumerate.js';
export { inferConfig } from './inferConfig.js';
export { intervene, uncondition } from './intervene.js';
export { lift, type Priors, substitute } from './lift.js';
export { mask } from './mask.js';
export { type QueueOptions, queue, TraceQueue } from './queue.js';
export { type Reparam, type ReparamConfig, type ReparamSite, reparam } from './reparam.js';
export { replay } from './replay.js';
export { scale } from './scale.js';
export { scope } from './scope.js';
export { seed } from './seed.js';
export { type TracedProgram, trace } from './trace.js';
