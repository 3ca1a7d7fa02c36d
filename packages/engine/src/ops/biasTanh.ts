/** tanh(x + bias), as it follows a dense layer: one pass over memory on the wasm engine, and one for both gradients. */
import * as tf from '@tensorflow/tfjs';
import { runningHeap } from '../fast/heap.js';
import { customGrad } from './customGrad.js';

/** x [..., n], bias [n]: [..., n]. */
export function biasTanh(x: tf.Tensor, bias: tf.Tensor1D): tf.Tensor {
  const columns = bias.shape[0];
  if (x.rank === 0 || x.shape[x.rank - 1] !== columns) {
    throw new RangeError(`biasTanh: x [${x.shape}] must end in the ${columns} numbers of the bias.`);
  }
  const heap = x.size > 0 ? runningHeap() : undefined;
  if (!heap) return tf.tanh(tf.add(x, bias));
  const rows = x.size / columns;
  const made = (shape: readonly number[]) => tf.engine().makeTensorFromTensorInfo(heap.output(shape));
  return customGrad([x, bias], () => {
    const y = made(x.shape);
    heap.loops.biasTanh(heap.address(x), heap.address(bias), rows, columns, heap.address(y));
    return {
      value: y,
      saved: [y],
      grad: (upstream, [kept]) => {
        const [slope, sums] = [made(x.shape), made(bias.shape)];
        const [from, up, to, total] = [kept, upstream, slope, sums].map((t) => heap.address(t));
        heap.loops.biasTanhSlope(from, up, rows, columns, to, total);
        return [slope, sums];
      },
    };
  });
}
