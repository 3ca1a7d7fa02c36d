/** Out to other programs (ONNX, TensorFlow.js, NumPy, safetensors), and in from the original's weights. */
export * from './errors.js';
export * from './exportModel.js';
export type { Graph } from './graph/graph.js';
export { latentsNpz } from './latents.js';
export { encodeOnnx, ONNX_OPSET } from './onnx/write.js';
export { graphModelArtifacts } from './tfjs/write.js';
export { type ImportedKind, importedKinds, type LayoutOptions } from './torch/layout.js';
export { type ImportedModel, importPyroved, type PyrovedOptions } from './torch/pyroved.js';
export { type LoadedTensor, readStateDict } from './torch/stateDict.js';
export { type ImportedVED, importPyrovedVED, type PyrovedVEDOptions } from './torch/ved.js';
