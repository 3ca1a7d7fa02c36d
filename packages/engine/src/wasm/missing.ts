/**
 * Kernels that the plain and the wasm engine lack or get wrong, besides those on many dimensions: products of batches that broadcast both ways (wrong numbers,
 * and reads beyond the memory), scans along an axis counted from the right (likewise), einsum, sums over segments and PReLU.
 */

import * as tf from '@tensorflow/tfjs';
import { OperandError } from '../errors.js';
import { einsumOf } from '../gradients/einsum.js';
import { axisOf } from '../gradients/scans.js';
import { broadcastShapes, expandTo, type Shape, sameShape } from '../ops/shapes.js';
import { registerKernelOf, wrapKernel } from './kernels.js';

const done = new Set<string>();

/** Puts ours into TensorFlow.js, once for each of the two. */
export function addMissingKernels(backendName: 'cpu' | 'wasm'): void {
  if (done.has(backendName)) return;
  done.add(backendName);
  for (const name of ['Cumsum', 'Cumprod']) {
    wrapKernel(name, backendName, (own) => (call) => {
      const { axis = 0 } = call.attrs as { axis?: number };
      return own({ ...call, attrs: { ...call.attrs, axis: axisOf(axis, call.inputs.x?.shape.length ?? 0) } });
    });
  }
  wrapKernel('BatchMatMul', backendName, (own) => (call) => {
    const { a, b } = call.inputs as { a: tf.TensorInfo; b: tf.TensorInfo };
    if (a.shape.length < 2 || b.shape.length < 2) {
      throw new OperandError(
        `matMul: the operands have shapes [${a.shape}] and [${b.shape}], and each needs two dimensions or more. tf.dot takes vectors; reshape makes a row or a column.`,
      );
    }
    const batches = [a, b].map(({ shape }) => shape.slice(0, -2));
    const joint = broadcastShapes(...batches);
    if (!joint || batches.every((batch) => isSuffix(batch, joint))) return own(call);
    return within(() => {
      const [wideA, wideB] = [a, b].map((x) => expandTo(asTensor(x), [...joint, ...x.shape.slice(-2)]));
      return own({ ...call, inputs: { a: wideA, b: wideB } });
    });
  });
  if (backendName === 'wasm') wrapKernel('BatchMatMul', backendName, freshWhereReshaped);
  if (tf.getKernel('Einsum', backendName)) tf.unregisterKernel('Einsum', backendName);
  registerKernelOf<string, { equation: string }>('Einsum', backendName, ({ inputs, attrs }) =>
    within(() => einsumOf(attrs.equation, Object.values(inputs).map(asTensor))),
  );
  if (backendName === 'cpu') return;
  registerKernelOf<'x' | 'segmentIds', { numSegments: number }>(
    'UnsortedSegmentSum',
    backendName,
    ({ inputs, attrs }) => segmentSum(asTensor(inputs.x), asTensor(inputs.segmentIds), attrs.numSegments),
  );
  // Its own reads the slopes as if they had the shape of x.
  wrapKernel('Prelu', backendName, (own) => (call) => {
    const { x, alpha } = call.inputs as { x: tf.TensorInfo; alpha: tf.TensorInfo };
    return within(() => own({ ...call, inputs: { x, alpha: expandTo(asTensor(alpha), x.shape) } }));
  });
}

/**
 * The wasm engine keeps the packed right operand of a product by its data, whatever its shape: the same numbers under another shape (a reshape, which copies
 * nothing) would be multiplied as before. They get a copy.
 */
const freshWhereReshaped = (own: tf.KernelFunc): tf.KernelFunc => {
  const shapes = new WeakMap<object, string>();
  return (call) => {
    const { a, b } = call.inputs as { a: tf.TensorInfo; b: tf.TensorInfo };
    const shape = b.shape.join();
    const before = shapes.get(b.dataId);
    if (before === undefined) shapes.set(b.dataId, shape);
    if (before === undefined || before === shape) return own(call);
    return within(() => own({ ...call, inputs: { a, b: tf.add(asTensor(b), 0) } }));
  };
};

/** Whether `batch` is the end of `joint`, ones in front apart: then both are walked through in the same order. */
const isSuffix = (batch: Shape, joint: Shape): boolean => {
  const own = batch.slice(batch.findIndex((n) => n !== 1));
  return batch.every((n) => n === 1) || sameShape(own, joint.slice(joint.length - own.length));
};

/** What a kernel returns, as a tensor; what it made on the way is freed. */
function within(kernel: () => tf.TensorInfo | tf.TensorInfo[]): tf.Tensor {
  return tf.tidy(() => {
    const [result] = [kernel()].flat();
    return result instanceof tf.Tensor
      ? result
      : tf.engine().makeTensorFromDataId(result.dataId, result.shape, result.dtype);
  });
}

/** Every kernel is run on tensors, of which its types show what an engine needs. */
const asTensor = (info: tf.TensorInfo): tf.Tensor => info as tf.Tensor;

function segmentSum(x: tf.Tensor, segmentIds: tf.Tensor, numSegments: number): tf.Tensor {
  const [values, ids] = [x.dataSync(), segmentIds.dataSync()];
  const size = values.length / Math.max(1, ids.length);
  const sums = new Float64Array(numSegments * size);
  // A segment that does not exist is skipped, as by the other engines.
  for (let i = 0; i < ids.length; i++) {
    if (ids[i] < 0 || ids[i] >= numSegments) continue;
    for (let k = 0; k < size; k++) sums[ids[i] * size + k] += values[i * size + k];
  }
  const shape = [numSegments, ...x.shape.slice(segmentIds.rank)];
  return tf.tensor(x.dtype === 'int32' ? Int32Array.from(sums) : Float32Array.from(sums), shape, x.dtype);
}
