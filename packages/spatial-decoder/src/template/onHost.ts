/** Deformable templates on a kernel of the host's memory. */
import { peek } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import type { HostKernel } from '../hostKernel.js';
import { passOnHost } from '../passOnHost.js';
import type { TemplateCall } from './inputs.js';
import type { TemplateKernel, TemplateOperands } from './problem.js';
import type { NormalEquations } from './reference.js';

export function drawOnHost(kernel: HostKernel, templates: TemplateKernel, call: TemplateCall): tf.Tensor2D {
  const { pictures, field, theta, picture, pixels, problem } = call;
  const operands = ([a, b, c]: readonly Float32Array[]) => ({ pictures: a, field: b, theta: c, picture, pixels });
  return passOnHost(kernel, {
    name: 'templates',
    data: [],
    inputs: [pictures, field, theta],
    shape: [problem.rows, problem.channels * problem.pixels],
    forward: (numbers, _, output) => {
      templates.draw(problem, operands(numbers), output);
      return undefined;
    },
    backward: (numbers, upstream) => {
      const gradients = templates.drawBackward(problem, operands(numbers), upstream);
      return [gradients.pictures, gradients.field, gradients.theta];
    },
  }) as tf.Tensor2D;
}

export function squaredErrorsOnHost(
  templates: TemplateKernel,
  call: TemplateCall,
  images: tf.Tensor2D,
  image: Int32Array,
): tf.Tensor1D {
  return tf.tensor1d(templates.squaredErrors(call.problem, operandsOf(call), { images: peek(images), image }));
}

export function normalEquationsOnHost(
  templates: TemplateKernel,
  call: TemplateCall,
  images: tf.Tensor2D,
  image: Int32Array,
): NormalEquations {
  const { rows, contents } = call.problem;
  const size = 3 + contents;
  const targets = { images: peek(images), image };
  const { squaredError, gradient, hessian } = templates.normalEquations(call.problem, operandsOf(call), targets);
  return {
    squaredError: tf.tensor1d(squaredError),
    gradient: tf.tensor2d(gradient, [rows, size]),
    hessian: tf.tensor3d(hessian, [rows, size, size]),
  };
}

/** The engine's own memory if accessible, valid for one call of a kernel only. */
const operandsOf = ({ pictures, field, theta, picture, pixels }: TemplateCall): TemplateOperands => ({
  ...{ pictures: peek(pictures), field: peek(field), theta: peek(theta) },
  ...{ picture, pixels },
});
