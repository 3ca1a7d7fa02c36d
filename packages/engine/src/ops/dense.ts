/**
 * Matrix products and dense layers whose gradients run as one kernel. tfjs's own gradient multiplies by an operand that is data as if someone wanted
 * its gradient; on the wasm engine its products run at a quarter of what is possible, and at a twentieth where an operand is transposed.
 */

import * as tf from '@tensorflow/tfjs';
import { OperandError } from '../errors.js';
import { isRecording } from '../recording/hostCalls.js';
import { multiplyApart, type Transposed } from '../recording/products.js';
import { hasArena } from '../wasm/arena.js';
import { runningHeap } from '../wasm/heap.js';
import { registerGradientOf, registerKernelOf, registerOnWasm } from '../wasm/kernels.js';
import { matrixAt } from '../wasm/loopMemory.js';
import { multiplyOn } from '../wasm/products.js';
import { customGrad } from './customGrad.js';
import { sizeOf } from './shapes.js';

const kernelName = 'PyroMatMul';
const registered = new Set<string>();

registerGradientOf<Transposed>({
  kernelName,
  inputsToSave: ['a', 'b'],
  gradFunc: (up, [a, b], { transposeA, transposeB }) => ({
    a: () => (transposeA ? multiply(b, up, transposeB, true) : multiply(up, b, false, !transposeB)),
    b: () => (transposeB ? multiply(up, a, true, transposeA) : multiply(a, up, !transposeA, false)),
  }),
});

/**
 * a [n, k] times b [k, m]: [n, m]. Its gradients transpose no operand, which is slow on the wasm engine.
 * @throws {OperandError} when the inner sizes differ
 * @example matMul(tf.tensor2d([[1, 2]]), tf.tensor2d([[3], [4]])).flatten() // [11]
 */
export function matMul(a: tf.Tensor2D, b: tf.Tensor2D): tf.Tensor2D {
  if (a.rank !== 2 || b.rank !== 2 || a.shape[1] !== b.shape[0]) {
    throw new OperandError(
      `matMul: a matrix [${a.shape}] cannot be multiplied by [${b.shape}]: the inner sizes must be equal.`,
    );
  }
  return a.size === 0 || b.size === 0 ? emptyProduct(a, b) : multiply(a, b, false, false);
}

/** The product of `a` and `b`, each optionally transposed. */
function multiply(a: tf.Tensor, b: tf.Tensor, transposeA: boolean, transposeB: boolean): tf.Tensor2D {
  const backendName = tf.getBackend();
  registerOn(backendName);
  const run = (x: tf.Tensor, y: tf.Tensor, operands: Transposed) =>
    tf.engine().runKernel(kernelName, { a: x, b: y }, { ...operands }) as tf.Tensor2D;
  if (backendName !== 'wasm' || runningHeap()) return run(a, b, { transposeA, transposeB });
  // The engine's own product is five times slower on a transposed operand than to transpose first.
  return run(transposeA ? tf.transpose(a) : a, transposeB ? tf.transpose(b) : b, {
    transposeA: false,
    transposeB: false,
  });
}

/** Zeros with zero gradients, where an operand has no elements; tfjs-wasm fails there or returns what lay in memory. */
function emptyProduct(a: tf.Tensor2D, b: tf.Tensor2D): tf.Tensor2D {
  return customGrad([a, b], () => ({
    value: tf.zeros([a.shape[0], b.shape[1]]),
    grad: () => [tf.zeros(a.shape), tf.zeros(b.shape)],
  })) as tf.Tensor2D;
}

/**
 * x [..., inputs] times weight [inputs, outputs], plus an optional bias [outputs]: [..., outputs].
 * @throws {OperandError} when the sizes do not fit together
 * @example dense(tf.tensor1d([1, 2]), tf.tensor2d([[1, 0], [3, 1]]), tf.tensor1d([0.5, 0])) // [7.5, 2]
 */
export function dense(x: tf.Tensor, weight: tf.Tensor2D, bias?: tf.Tensor1D): tf.Tensor {
  const [inputs, outputs] = weight.shape;
  if (x.rank === 0 || x.shape[x.rank - 1] !== inputs) {
    throw new OperandError(`dense: x [${x.shape}] must end in the ${inputs} inputs of the weight [${weight.shape}].`);
  }
  if (runningHeap() && x.size > 0 && weight.size > 0) return layerOnWasm(x, weight, bias);
  const rows = x.rank === 2 ? (x as tf.Tensor2D) : asRows(x);
  const result = bias ? tf.add(matMul(rows, weight), bias) : matMul(rows, weight);
  return x.rank === 2 ? result : tf.reshape(result, [...x.shape.slice(0, -1), outputs]);
}

/** [..., n] as a matrix of n columns. */
const asRows = (x: tf.Tensor): tf.Tensor2D => tf.reshape(x, [sizeOf(x.shape.slice(0, -1)), x.shape[x.rank - 1]]);

const layerName = 'PyroDense';

registerGradientOf({
  kernelName: layerName,
  inputsToSave: ['x', 'weight'],
  gradFunc: (dy, [x, weight]) => {
    const up = asRows(dy);
    return {
      x: () => tf.reshape(multiply(up, weight, false, true), x.shape),
      weight: () => multiply(asRows(x), up, true, false),
      bias: () => tf.sum(up, 0),
    };
  },
});

/** The layer in one call, on inputs of any rank. */
function layerOnWasm(x: tf.Tensor, weight: tf.Tensor2D, bias?: tf.Tensor1D): tf.Tensor {
  registerOnWasm<'x' | 'weight' | 'bias', object>(layerName, (heap, given) => {
    const [inputs, outputs] = given.weight.shape;
    const rows = sizeOf(given.x.shape) / inputs;
    const output = heap.output([...given.x.shape.slice(0, -1), outputs]);
    const to = heap.address(output);
    const left = matrixAt(heap.address(given.x), rows, inputs);
    heap.multiply(left, matrixAt(heap.address(given.weight), inputs, outputs), to);
    if (given.bias) heap.loops.addRow(to, heap.address(given.bias), rows, outputs);
    return output;
  });
  return tf.engine().runKernel(layerName, bias ? { x, weight, bias } : { x, weight }) as tf.Tensor;
}

/** The kernel on one backend: our own loops where they run, else the backend's product, under a name that has the gradient above. */
function registerOn(backendName: string): void {
  if (registered.has(backendName)) return;
  const own = tf.getKernel('BatchMatMul', backendName);
  registerKernelOf<'a' | 'b', Transposed>(kernelName, backendName, ({ inputs, backend, attrs }) => {
    const heap = runningHeap();
    if (heap) return multiplyOn(heap, inputs.a, inputs.b, attrs);
    if (isRecording() && hasArena()) return multiplyApart(inputs.a as tf.Tensor, inputs.b as tf.Tensor, attrs);
    return own.kernelFunc({ inputs, backend, attrs: { transposeA: attrs.transposeA, transposeB: attrs.transposeB } });
  });
  registered.add(backendName);
}
