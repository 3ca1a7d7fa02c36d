/** A small network evaluated at every pixel of every image for every class, as one fused operation with a custom gradient. */
export { type ConvEncoderOptions, convEncoder } from './encoder/convEncoder.js';
export type { ConvBlock, ConvEncoderWeights } from './encoder/inputs.js';
export { type ConvEncoderShapes, type ConvEncoderSize, convEncoderShapes } from './encoder/shapes.js';
export { SpatialDecoderError } from './errors.js';
export type { Activation, Precision } from './hostKernel.js';
export type { Layer, SpatialDecoderInputs } from './inputs.js';
export type { Kernel, KernelName } from './kernel.js';
export { type KernelSelection, type SelectedKernel, selectKernel } from './select.js';
export { type SpatialDecoderOptions, spatialDecoder } from './spatialDecoder.js';
export type { TemplateComparison, TemplateInputs, TemplateOptions } from './template/inputs.js';
export type { NormalEquations } from './template/reference.js';
export { drawTemplates, templateNormalEquations, templateSquaredErrors } from './template/templates.js';
