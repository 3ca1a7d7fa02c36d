/** Gradients that TensorFlow.js has, corrected: of operands that broadcast, and of a cast to whole numbers. */
import * as tf from '@tensorflow/tfjs';
import { EngineError } from '../errors.js';
import { sumTo } from '../ops/shapes.js';
import { registerGradientOf } from '../wasm/kernels.js';

export function registerArithmetic(): void {
  for (const name of ['Maximum', 'Minimum', 'SquaredDifference', 'BatchMatMul']) registerSummed(name);
  const own = ownGradient('Cast');
  registerGradientOf<{ dtype: tf.DataType }>({
    kernelName: 'Cast',
    gradFunc: (dy, saved, attributes) =>
      attributes.dtype === 'int32' || attributes.dtype === 'bool'
        ? { x: () => tf.zeros(dy.shape) }
        : own(dy, saved, attributes),
  });
}

/** Where an operand was broadcast, its gradient adds up; TensorFlow.js forgets that for these. */
function registerSummed(kernelName: string): void {
  const own = ownGradient(kernelName);
  registerGradientOf({
    kernelName,
    inputsToSave: ['a', 'b'],
    gradFunc: (dy, saved, attributes) => {
      const { a, b } = own(dy, saved, attributes);
      return { a: () => sumTo(a(), saved[0].shape), b: () => sumTo(b(), saved[1].shape) };
    },
  });
}

type Gradient = (dy: tf.Tensor, saved: tf.Tensor[], attributes: object) => Readonly<Record<string, () => tf.Tensor>>;

/** TensorFlow.js's gradient of a kernel. */
export function ownGradient(kernelName: string): Gradient {
  const own = tf.getGradient(kernelName);
  if (own) return own.gradFunc as Gradient;
  throw new EngineError(
    `This version of TensorFlow.js has no gradient of ${kernelName}. Take version 4.22 ("npm install @tensorflow/tfjs@4.22").`,
  );
}
