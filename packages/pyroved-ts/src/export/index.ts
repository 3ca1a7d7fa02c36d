/** Trained models for other programs: ONNX, TensorFlow.js, NumPy and safetensors. */
export type { Graph } from '@pyro-ts/compile';
export * from './errors.js';
export {
  type ExportedFile,
  type ExportedModel,
  type ExportFormat,
  exportedFiles,
  modelGraphs,
  parametersNpz,
  parametersSafetensors,
} from './exportModel.js';
export { latentsNpz } from './latents.js';
export { encodeOnnx } from './onnx/write.js';
export { graphModelArtifacts } from './tfjs/write.js';
