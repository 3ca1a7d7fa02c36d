/** Deformable templates on a kernel of the host's memory. */
import { customGrad } from '@pyro-ts/engine';
import { peek, tensorFrom } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import type { TemplateCall } from './inputs.js';
import type { TemplateKernel, TemplateOperands } from './problem.js';
import type { NormalEquations } from './reference.js';

export function drawOnHost(templates: TemplateKernel, call: TemplateCall): tf.Tensor2D {
  const { pictures, field, theta, problem } = call;
  const { rows, channels, pixels } = problem;
  return customGrad([pictures, field, theta], (...inputs) => ({
    value: tensorFrom([rows, channels * pixels], (output) => {
      templates.draw(problem, operandsOf(call), output);
    }),
    saved: inputs,
    grad: (upstream, saved) => {
      const [a, b, c] = saved as [tf.Tensor, tf.Tensor, tf.Tensor2D];
      const operands = operandsOf({ ...call, pictures: a, field: b, theta: c });
      const grads = templates.drawBackward(problem, operands, peek(upstream));
      return [grads.pictures, grads.field, grads.theta].map((values, i) => tf.tensor(values, inputs[i].shape));
    },
  })) as tf.Tensor2D;
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

/** The engine's own memory where it can be had, so for one call of a kernel only. */
const operandsOf = ({ pictures, field, theta, picture, pixels }: TemplateCall): TemplateOperands => ({
  ...{ pictures: peek(pictures), field: peek(field), theta: peek(theta) },
  ...{ picture, pixels },
});
