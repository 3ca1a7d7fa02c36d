/** A typed face over `tf.customGrad`, the way every operation with a gradient of its own is written here. */
import * as tf from '@tensorflow/tfjs';

export interface ForwardResult {
  value: tf.Tensor;
  /** Tensors that the gradient needs; the tape keeps them alive. */
  saved?: tf.Tensor[];
  /** Gradients for each input, in order, given the upstream gradient and the saved tensors. */
  grad: (upstream: tf.Tensor, saved: tf.Tensor[]) => tf.Tensor[];
}

/**
 * Runs `forward` on `inputs` and puts its own gradient on the tape in place of the gradient of its operations.
 * @example
 * const cubed = (x: tf.Tensor) => customGrad([x], (a) => ({ value: a.pow(3), saved: [a], grad: (dy, [b]) => [dy.mul(b.square().mul(3))] }));
 * tf.grad(cubed)(tf.scalar(2)) // 12
 */
export function customGrad(inputs: tf.Tensor[], forward: (...inputs: tf.Tensor[]) => ForwardResult): tf.Tensor {
  const f = (...args: unknown[]) => {
    const save = args.pop() as tf.GradSaveFunc;
    const { value, saved = [], grad } = forward(...(args as tf.Tensor[]));
    save(saved);
    return {
      value,
      gradFunc: (dy: tf.Tensor, kept: tf.Tensor[]) => {
        const grads = grad(dy, kept);
        return grads.length === 1 ? grads[0] : grads;
      },
    };
  };
  return tf.customGrad(f as Parameters<typeof tf.customGrad>[0])(...inputs);
}
