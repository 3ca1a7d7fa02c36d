/**
 * A dense layer on an input that is given in parts, each with its own rows of the weight: on the wasm engine the rows are read where they lie, and their
 * gradients written there, where tfjs would copy them out and pad and add them.
 */

import * as tf from '@tensorflow/tfjs';
import { OperandError } from '../errors.js';
import { type Heap, runningHeap } from '../wasm/heap.js';
import { byIndex, registerGradientOf, registerOnWasm } from '../wasm/kernels.js';
import { matrixAt, transposed } from '../wasm/loopMemory.js';
import { dense } from './dense.js';

const kernelName = 'PyroDenseParts';
const gradientName = 'PyroDensePartsGradient';

/** Inputs of each part. */
interface Sizes {
  readonly sizes: readonly number[];
}

/** parts[i] [..., inputs_i] times rows of weight [sum of inputs, outputs], the first part's first: each [..., outputs]. */
export function denseParts(parts: readonly tf.Tensor[], weight: tf.Tensor2D): tf.Tensor[] {
  const [inputs, outputs] = weight.shape;
  const sizes = parts.map((part) => part.shape[part.rank - 1]);
  if (sizes.reduce((a, b) => a + b, 0) !== inputs) {
    throw new OperandError(
      `denseParts: the parts end in ${sizes.join(', ')}, which do not add up to the ${inputs} inputs of the weight [${weight.shape}].`,
    );
  }
  if (parts.length === 1) return [dense(parts[0], weight)];
  const isFast = runningHeap() && weight.size > 0 && parts.every((part) => part.size > 0);
  if (!isFast) return parts.map((part, i) => dense(part, rowsOf(weight, sizes, i)));
  register();
  const flat = parts.map((part, i) => tf.reshape(part, [part.size / sizes[i], sizes[i]]));
  const products = tf.engine().runKernel(kernelName, byIndex([weight, ...flat]), { sizes }) as tf.Tensor[];
  return products.map((x, i) => tf.reshape(x, [...parts[i].shape.slice(0, -1), outputs]));
}

function rowsOf(weight: tf.Tensor2D, sizes: readonly number[], i: number): tf.Tensor2D {
  const from = sizes.slice(0, i).reduce((a, b) => a + b, 0);
  return tf.slice(weight, [from, 0], [sizes[i], weight.shape[1]]);
}

registerGradientOf<Sizes, tf.Tensor2D[], tf.Tensor2D>({
  kernelName,
  saveAllInputs: true,
  gradFunc: (upstream, [weight, ...parts], { sizes }) => {
    const ofWeight = () => {
      const inputs = byIndex([...parts, ...upstream]);
      return tf.engine().runKernel(gradientName, inputs, { shape: weight.shape }) as tf.Tensor;
    };
    const ofPart = (i: number) => () => dense(upstream[i], tf.transpose(rowsOf(weight, sizes, i)));
    return Object.fromEntries([ofWeight, ...parts.map((_, i) => ofPart(i))].map((grad, i) => [i, grad]));
  },
});

function register(): void {
  registerOnWasm<string, object>(kernelName, (heap, inputs) => multiplyParts(heap, Object.values(inputs)));
  registerOnWasm<string, { readonly shape: number[] }>(gradientName, (heap, inputs, { shape }) =>
    weightGradient(heap, Object.values(inputs), shape),
  );
}

function multiplyParts(heap: Heap, [weight, ...parts]: tf.TensorInfo[]): tf.TensorInfo[] {
  const outputs = weight.shape[1];
  const products = parts.map((part) => heap.output([part.shape[0], outputs]));
  let rows = heap.address(weight);
  parts.forEach((part, i) => {
    const [count, size] = part.shape;
    const left = matrixAt(heap.address(part), count, size);
    heap.multiply(left, matrixAt(rows, size, outputs), heap.address(products[i]));
    rows += 4 * size * outputs;
  });
  return products;
}

/** The parts' gradients one below the other; the second half of `inputs` are the upstream gradients. */
function weightGradient(heap: Heap, inputs: tf.TensorInfo[], shape: number[]): tf.TensorInfo {
  const gradient = heap.output(shape);
  const half = inputs.length / 2;
  let rows = heap.address(gradient);
  inputs.slice(0, half).forEach((part, i) => {
    const [count, size] = part.shape;
    const upstream = matrixAt(heap.address(inputs[half + i]), count, shape[1]);
    heap.multiply(transposed(matrixAt(heap.address(part), count, size)), upstream, rows);
    rows += 4 * size * shape[1];
  });
  return gradient;
}
