/** What computes the operations of this package on tensors. The reference is one; the others wrap a kernel on the host's memory. */
import type * as tf from '@tensorflow/tfjs';
import type { ConvEncoderWeights } from './encoder/inputs.js';
import type { EncoderProblem } from './encoder/problem.js';
import type { Precision, Problem } from './hostKernel.js';
import type { SpatialDecoderInputs } from './inputs.js';
import type { TemplateCall } from './template/inputs.js';
import type { NormalEquations } from './template/reference.js';

/** From the fastest to the one that always runs. */
export const kernelNames = ['native', 'wasm', 'reference'] as const;
export type KernelName = (typeof kernelNames)[number];

/**
 * Computes the operations, whose functions (`spatialDecoder`, `convEncoder`, ...) have checked the operands and left nothing empty. Each result
 * carries its gradient.
 */
export interface Kernel {
  readonly name: KernelName;
  /** Threads at work, this one included. */
  readonly threads: number;
  /** Of the operands of its matrix products. */
  readonly precision: Precision;
  /** Instruction set; absent for kernels without several. */
  readonly isa?: string;
  /** [R, P, C] */
  decode(inputs: SpatialDecoderInputs, problem: Problem): tf.Tensor3D;
  /** [n, F] */
  encode(images: tf.Tensor, weights: ConvEncoderWeights, problem: EncoderProblem): tf.Tensor2D;
  /** [R, K * P] */
  drawTemplates(call: TemplateCall): tf.Tensor2D;
  /** [R], of each row and its image; without a gradient. */
  squaredErrors(call: TemplateCall, images: tf.Tensor2D, image: Int32Array): tf.Tensor1D;
  /** Without a gradient. */
  normalEquations(call: TemplateCall, images: tf.Tensor2D, image: Int32Array): NormalEquations;
  /** Ends its threads. The process can also end without. */
  dispose(): void;
}
