/** tanh(x + bias), as it follows a dense layer: one pass over memory on the wasm engine, and one for both gradients. */
import * as tf from '@tensorflow/tfjs';
import { type Heap, runningHeap } from '../fast/heap.js';
import { customGrad } from './customGrad.js';
import { sizeOf } from './shapes.js';

const slopeName = 'PyroBiasTanhSlope';

/** x [..., n], bias [n]: [..., n]. On the wasm engine it has no second derivatives: TensorFlow.js refuses them. */
export function biasTanh(x: tf.Tensor, bias: tf.Tensor1D): tf.Tensor {
  const columns = bias.shape[0];
  if (x.rank === 0 || x.shape[x.rank - 1] !== columns) {
    throw new RangeError(`biasTanh: x [${x.shape}] must end in the ${columns} numbers of the bias.`);
  }
  const heap = x.size > 0 ? runningHeap() : undefined;
  if (!heap) return tf.tanh(tf.add(x, bias));
  registerOnWasm();
  return customGrad([x, bias], () => {
    const y = tf.engine().makeTensorFromTensorInfo(heap.output(x.shape));
    heap.loops.biasTanh(heap.address(x), heap.address(bias), x.size / columns, columns, heap.address(y));
    return {
      value: y,
      saved: [y],
      // A kernel of the engine, so that it stands on the tape.
      grad: (upstream, [kept]) => tf.engine().runKernel(slopeName, { y: kept, upstream }) as tf.Tensor[],
    };
  });
}

function registerOnWasm(): void {
  if (tf.getKernel(slopeName, 'wasm')) return;
  tf.registerKernel({
    kernelName: slopeName,
    backendName: 'wasm',
    kernelFunc: ({ inputs }) => {
      const heap = runningHeap() as Heap;
      const { y, upstream } = inputs as unknown as Readonly<Record<'y' | 'upstream', tf.TensorInfo>>;
      const columns = y.shape[y.shape.length - 1];
      const results = [heap.output(y.shape), heap.output([columns])];
      const [from, up, slope, sums] = [y, upstream, ...results].map((t) => heap.address(t));
      heap.loops.biasTanhSlope(from, up, sizeOf(y.shape) / columns, columns, slope, sums);
      return results;
    },
  });
}
