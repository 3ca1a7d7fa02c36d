/** For the other packages, benchmarks and tests of kernels; not part of the public API. */
export type {
  EncoderBlock,
  EncoderGradients,
  EncoderKernel,
  EncoderOperands,
  EncoderProblem,
} from './encoder/problem.js';
export {
  activations,
  type Gradients,
  type HostKernel,
  type KernelOptions,
  type Loaded,
  type Operands,
  type Problem,
  precisions,
  type Saved,
} from './hostKernel.js';
export { kernelNames } from './kernel.js';
export { hostKernelOf, onHost } from './onHost.js';
export { activationFunctions } from './reference.js';
export { wrongSelection } from './selection.js';
export type {
  NormalEquationArrays,
  TemplateGradients,
  TemplateKernel,
  TemplateOperands,
  TemplateProblem,
  TemplateTargets,
} from './template/problem.js';
