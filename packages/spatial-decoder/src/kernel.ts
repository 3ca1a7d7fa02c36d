/** The interface of kernels on tensors. The reference implements it directly; the others wrap a kernel on the host's memory. */
import type * as tf from '@tensorflow/tfjs';
import type { ConvEncoderWeights } from './encoder/inputs.js';
import type { EncoderProblem } from './encoder/problem.js';
import type { Precision, Problem } from './hostKernel.js';
import type { SpatialDecoderInputs } from './inputs.js';
import type { TemplateCall } from './template/inputs.js';
import type { NormalEquations } from './template/reference.js';

/** From the fastest to the one that runs everywhere. */
export const kernelNames = ['native', 'wasm', 'reference'] as const;
export type KernelName = (typeof kernelNames)[number];

/**
 * Computes the operations, whose functions (`spatialDecoder`, `convEncoder`, ...) have checked the operands and handled empty ones. Each result
 * has a gradient.
 */
export interface Kernel {
  readonly name: KernelName;
  /** Number of threads, including the calling one. */
  readonly threads: number;
  /** Precision of the operands of its matrix products. */
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
  /** Ends its threads. The process can also exit without it. */
  dispose(): void;
}
