/**
 * Matrix products and dense layers whose gradients take the fast path: tfjs's own gradient multiplies with a transposed operand, which on the wasm engine
 * is five times slower than to transpose first, and it multiplies by an operand that is data as if someone wanted its gradient.
 */
import * as tf from '@tensorflow/tfjs';
import { customGrad } from './customGrad.js';
import { sizeOf } from './shapes.js';

const kernelName = 'PyroMatMul';
const registered = new Set<string>();

tf.registerGradient({
  kernelName,
  inputsToSave: ['a', 'b'],
  // tfjs calls only the entries whose operand leads back to a parameter.
  gradFunc: (dy, saved) => {
    const [a, b] = saved as tf.Tensor2D[];
    return {
      a: () => timesTransposed(dy as tf.Tensor2D, b),
      b: () => transposedTimes(a, dy as tf.Tensor2D),
    };
  },
});

/** a [n, k] times b [k, m]: [n, m]. */
export function product(a: tf.Tensor2D, b: tf.Tensor2D): tf.Tensor2D {
  if (a.rank !== 2 || b.rank !== 2 || a.shape[1] !== b.shape[0]) {
    throw new RangeError(
      `product: a matrix [${a.shape}] cannot be multiplied by [${b.shape}]: the inner sizes must be equal.`,
    );
  }
  if (a.size === 0 || b.size === 0) return emptyProduct(a, b);
  registerOn(tf.getBackend());
  return tf.engine().runKernel(kernelName, { a, b }) as tf.Tensor2D;
}

/** a b^T for a [n, k] and b [m, k]; turns b, or a and the result, whichever is less to copy. */
function timesTransposed(a: tf.Tensor2D, b: tf.Tensor2D): tf.Tensor2D {
  const [n, k] = a.shape;
  const m = b.shape[0];
  return m * k <= n * (k + m) ? product(a, tf.transpose(b)) : tf.transpose(product(b, tf.transpose(a)));
}

/** a^T b for a [k, n] and b [k, m]; turns a, or b and the result, whichever is less to copy. */
function transposedTimes(a: tf.Tensor2D, b: tf.Tensor2D): tf.Tensor2D {
  const [k, n] = a.shape;
  const m = b.shape[1];
  return n * k <= m * (k + n) ? product(tf.transpose(a), b) : tf.transpose(product(tf.transpose(b), a));
}

/** Zeros with zero gradients, where an operand has no elements; tfjs-wasm fails there or returns what lay in memory. */
function emptyProduct(a: tf.Tensor2D, b: tf.Tensor2D): tf.Tensor2D {
  return customGrad([a, b], () => ({
    value: tf.zeros([a.shape[0], b.shape[1]]),
    grad: () => [tf.zeros(a.shape), tf.zeros(b.shape)],
  })) as tf.Tensor2D;
}

/** x [..., inputs] times weight [inputs, outputs], plus bias [outputs] where given: [..., outputs]. */
export function dense(x: tf.Tensor, weight: tf.Tensor2D, bias?: tf.Tensor1D): tf.Tensor {
  const [inputs, outputs] = weight.shape;
  if (x.rank === 0 || x.shape[x.rank - 1] !== inputs) {
    throw new RangeError(`dense: x [${x.shape}] must end in the ${inputs} inputs of the weight [${weight.shape}].`);
  }
  const rows =
    x.rank === 2 ? (x as tf.Tensor2D) : (tf.reshape(x, [sizeOf(x.shape.slice(0, -1)), inputs]) as tf.Tensor2D);
  const result = bias ? tf.add(product(rows, weight), bias) : product(rows, weight);
  return x.rank === 2 ? result : tf.reshape(result, [...x.shape.slice(0, -1), outputs]);
}

/** The kernel on one backend: its own matrix product, under a name that has the gradient above. */
function registerOn(backendName: string): void {
  if (registered.has(backendName)) return;
  const own = tf.getKernel('BatchMatMul', backendName);
  if (!tf.getKernel(kernelName, backendName)) {
    tf.registerKernel({
      kernelName,
      backendName,
      kernelFunc: ({ inputs, backend }) =>
        own.kernelFunc({ inputs, backend, attrs: { transposeA: false, transposeB: false } }),
    });
  }
  registered.add(backendName);
}
