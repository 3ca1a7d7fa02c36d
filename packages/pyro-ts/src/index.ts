/** Probabilistic programming for TypeScript: primitives, effect handlers, distributions, SVI and exact enumeration. */
export { softmax, take } from '@pyro-ts/engine';
export * from './distributions/index.js';
export {
  ContextError,
  DisposedTensorError,
  DrawError,
  EnumerationError,
  FormatError,
  ModelGuideError,
  NonFiniteError,
  OperationError,
  OptionError,
  PlateError,
  PyroError,
  ShapeError,
  SiteError,
  SupportError,
} from './errors.js';
export * from './handlers/index.js';
export * from './infer/index.js';
export * from './io/index.js';
export * from './optim/index.js';
export { type ParamData, ParamStore } from './paramStore.js';
export * from './primitives/index.js';
export { RandomStream } from './random.js';
export * from './render/index.js';
export type * from './runtime/messages.js';
export type { HandlerFactory, Program } from './runtime/program.js';
export { Handler, withValidation } from './runtime/stack.js';
export { type ParamSite, type SampleSite, type Site, Trace } from './runtime/trace.js';
export { onWarning } from './runtime/warn.js';
export { type VindexEntry, vindex } from './vindex.js';
