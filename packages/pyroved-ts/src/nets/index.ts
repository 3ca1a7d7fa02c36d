/** Networks. They do not own their weights: they define names and initial values, and compute outputs from weights. */
export type { ConvBodyOptions } from './conv/body.js';
export * from './conv/decoder.js';
export * from './conv/encoder.js';
export type { ConvOptions, Upsampling } from './conv/options.js';
export * from './decoders.js';
export {
  type FcClassifierOptions,
  type FcEncoderOptions,
  type FcRegressorOptions,
  fcClassifier,
  fcEncoder,
  fcRegressor,
} from './fcEncoder.js';
export {
  type ClassifierNeeds,
  type ClassifierSlot,
  type ConvNet,
  convNet,
  type DecoderNeeds,
  type DecoderSlot,
  type EncoderNeeds,
  type EncoderSlot,
} from './own.js';
export type { Body, Recognised, RecognitionNet, RecognitionNetOptions } from './recognition.js';
export type * from './slots.js';
export type { Views } from './views.js';
