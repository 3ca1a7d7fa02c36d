/** Wraps a kernel on the host's memory as one that takes tensors. Operations that it lacks are computed by the reference. */
import type * as tf from '@tensorflow/tfjs';
import { decodeOnHost } from './decodeOnHost.js';
import type { ConvEncoderWeights } from './encoder/inputs.js';
import { encodeOnHost } from './encoder/onHost.js';
import type { EncoderProblem } from './encoder/problem.js';
import type { HostKernel, Problem } from './hostKernel.js';
import type { SpatialDecoderInputs } from './inputs.js';
import type { Kernel } from './kernel.js';
import { referenceKernel } from './referenceKernel.js';
import type { TemplateCall } from './template/inputs.js';
import { drawOnHost, normalEquationsOnHost, squaredErrorsOnHost } from './template/onHost.js';
import type { NormalEquations } from './template/reference.js';

class KernelOnHost implements Kernel {
  constructor(readonly host: HostKernel) {}

  get name() {
    return this.host.name;
  }
  get threads() {
    return this.host.threads;
  }
  get precision() {
    return this.host.precision ?? 'float32';
  }
  get isa() {
    return this.host.isa;
  }

  decode(inputs: SpatialDecoderInputs, problem: Problem): tf.Tensor3D {
    return decodeOnHost(this.host, inputs, problem);
  }

  encode(images: tf.Tensor, weights: ConvEncoderWeights, problem: EncoderProblem): tf.Tensor2D {
    const { encoder } = this.host;
    return encoder
      ? encodeOnHost(this.host, encoder, images, weights, problem)
      : referenceKernel.encode(images, weights, problem);
  }

  drawTemplates(call: TemplateCall): tf.Tensor2D {
    const { templates } = this.host;
    return templates ? drawOnHost(this.host, templates, call) : referenceKernel.drawTemplates(call);
  }

  squaredErrors(call: TemplateCall, images: tf.Tensor2D, image: Int32Array): tf.Tensor1D {
    const { templates } = this.host;
    return templates
      ? squaredErrorsOnHost(templates, call, images, image)
      : referenceKernel.squaredErrors(call, images, image);
  }

  normalEquations(call: TemplateCall, images: tf.Tensor2D, image: Int32Array): NormalEquations {
    const { templates } = this.host;
    return templates
      ? normalEquationsOnHost(templates, call, images, image)
      : referenceKernel.normalEquations(call, images, image);
  }

  dispose(): void {
    this.host.dispose();
  }
}

/** `host` as a kernel for the operations; disposing of it ends the threads of `host`. */
export const onHost = (host: HostKernel): Kernel => new KernelOnHost(host);

/** The kernel on the host's memory behind `kernel`; undefined for the reference. */
export function hostKernelOf(kernel: Kernel): HostKernel | undefined {
  return kernel instanceof KernelOnHost ? kernel.host : undefined;
}
