/** Sums of logarithms with weights, where a weight of 0 makes even minus infinity 0: one call on the wasm engine. */
import * as tf from '@tensorflow/tfjs';
import { runningHeap } from '../wasm/heap.js';
import { registerOnWasm } from '../wasm/kernels.js';
import { filledOn, operandOn } from '../wasm/operands.js';
import { customGrad } from './customGrad.js';
import { broadcastShapes, type Shape, sizeOf, sumTo } from './shapes.js';

const kernelName = 'PyroWeightedSum';

/** The sum of weights x logs over the last dimension, broadcast together; 0 where a weight is 0. A gradient to `logs` alone. */
export function weightedSum(weights: tf.Tensor, logs: tf.Tensor): tf.Tensor {
  const shape = broadcastShapes(weights.shape, logs.shape);
  const isFast = runningHeap() && shape && sizeOf(shape) > 0 && weights.dtype === 'float32' && logs.dtype === 'float32';
  return customGrad([weights, logs], (w, l) => ({
    value: isFast ? onWasm(w, l, shape) : plainly(w, l),
    saved: [w, l],
    grad: (dy, [weight, kept]) => [tf.zerosLike(weight), sumTo(tf.mul(tf.expandDims(dy, -1), weight), kept.shape)],
  }));
}

function plainly(weights: tf.Tensor, logs: tf.Tensor): tf.Tensor {
  const each = tf.mul(weights, logs);
  const isNone = tf.equal(tf.add(weights, tf.zerosLike(each)), 0);
  return tf.sum(tf.where(isNone, tf.zerosLike(each), each), -1);
}

function onWasm(weights: tf.Tensor, logs: tf.Tensor, shape: Shape): tf.Tensor {
  registerOnWasm<'weights' | 'logs', { readonly shape: Shape }>(kernelName, (heap, inputs, attributes) => {
    const length = attributes.shape[attributes.shape.length - 1];
    return filledOn(heap, attributes.shape.slice(0, -1), (sums) => {
      const [w, l] = [inputs.weights, inputs.logs].map((x) => operandOn(heap, x, attributes.shape));
      for (let r = 0, i = 0; r < sums.length; r++) {
        let sum = 0;
        for (const end = i + length; i < end; i++) {
          const weight = w.values[i * w.step];
          if (weight !== 0) sum += weight * l.values[i * l.step];
        }
        sums[r] = sum;
      }
    });
  });
  return tf.engine().runKernel(kernelName, { weights, logs }, { shape: [...shape] }) as tf.Tensor;
}
