/** A small network evaluated at every pixel of every image for every class, as one fused operation with a custom gradient. */
export { type ConvEncoderOptions, convEncoder } from './encoder/convEncoder.js';
export type { ConvBlock, ConvEncoderWeights } from './encoder/inputs.js';
export type {
  EncoderBlock,
  EncoderGradients,
  EncoderKernel,
  EncoderOperands,
  EncoderProblem,
} from './encoder/problem.js';
export { type ConvEncoderShapes, type ConvEncoderSize, convEncoderShapes } from './encoder/shapes.js';
export { SpatialDecoderError } from './errors.js';
export type { Layer, SpatialDecoderInputs } from './inputs.js';
export * from './kernel.js';
export * from './reference.js';
export * from './select.js';
export * from './selection.js';
export * from './spatialDecoder.js';
export type { TemplateComparison, TemplateInputs, TemplateOptions } from './template/inputs.js';
export type {
  NormalEquationArrays,
  TemplateGradients,
  TemplateKernel,
  TemplateOperands,
  TemplateProblem,
  TemplateTargets,
} from './template/problem.js';
export type { NormalEquations } from './template/reference.js';
export * from './template/templates.js';
