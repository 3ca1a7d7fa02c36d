/** A bias and an activation, as they follow a product or a convolution: one pass over memory on the wasm engine, and as much for both gradients. */

import * as tf from '@tensorflow/tfjs';
import { OperandError } from '../errors.js';
import { type Heap, runningHeap } from '../wasm/heap.js';
import { registerOnWasm } from '../wasm/kernels.js';
import { customGrad } from './customGrad.js';
import { sizeOf } from './shapes.js';

/** Rows of `columns` numbers; addresses in the engine's memory. */
interface Rows {
  readonly rows: number;
  readonly columns: number;
}

/** One activation of x + bias: by TensorFlow.js, and by our loops, whose gradients are computed from the result `y`. */
interface Fused {
  readonly name: string;
  /** What x + bias is multiplied by below 0; NaN for another activation. */
  readonly below: number;
  plainly(x: tf.Tensor): tf.Tensor;
  forward(heap: Heap, x: number, bias: number, size: Rows, y: number): void;
  /** To `slope` the gradient along x, to `sums` its sum over the rows. */
  backward(heap: Heap, y: number, upstream: number, size: Rows, slope: number, sums: number): void;
}

const tanh: Fused = {
  name: 'biasTanh',
  below: Number.NaN,
  plainly: (x) => tf.tanh(x),
  forward: ({ loops }, x, bias, { rows, columns }, y) => void loops.biasTanh(x, bias, rows, columns, y),
  backward: ({ loops }, y, upstream, { rows, columns }, slope, sums) =>
    void loops.biasTanhSlope(y, upstream, rows, columns, slope, sums),
};

const leakyRelu = (below: number): Fused => ({
  name: 'biasLeakyRelu',
  below,
  plainly: (x) => tf.leakyRelu(x, below),
  forward: ({ loops }, x, bias, { rows, columns }, y) => void loops.biasLeakyRelu(x, bias, rows, columns, below, y),
  backward: (heap, y, upstream, { rows, columns }, slope, sums) => {
    heap.loops.leakyReluSlope(y, upstream, rows * columns, below, slope);
    heap.withRoom(columns, (part) => void heap.loops.sumRows(slope, rows, columns, sums, part));
  },
});

/** tanh(x + bias) for x [..., n], bias [n]: [..., n]. On the wasm engine it has no second derivatives: TensorFlow.js rejects them. */
export const biasTanh = (x: tf.Tensor, bias: tf.Tensor1D): tf.Tensor => biased(tanh, x, bias);

/** As `biasTanh`, with x + bias where that is above 0 and `below` (from 0 to 1) times it elsewhere. */
export function biasLeakyRelu(x: tf.Tensor, bias: tf.Tensor1D, below: number): tf.Tensor {
  if (!(below > 0 && below < 1)) throw new OperandError(`biasLeakyRelu: below is between 0 and 1, not ${below}.`);
  return biased(leakyRelu(below), x, bias);
}

function biased(fused: Fused, x: tf.Tensor, bias: tf.Tensor1D): tf.Tensor {
  const columns = bias.shape[0];
  if (x.rank === 0 || x.shape[x.rank - 1] !== columns) {
    throw new OperandError(`${fused.name}: x [${x.shape}] must end in the ${columns} numbers of the bias.`);
  }
  const heap = x.size > 0 ? runningHeap() : undefined;
  if (!heap) return fused.plainly(tf.add(x, bias));
  register();
  return customGrad([x, bias], () => {
    const y = tf.engine().makeTensorFromTensorInfo(heap.output(x.shape));
    fused.forward(heap, heap.address(x), heap.address(bias), { rows: x.size / columns, columns }, heap.address(y));
    return {
      value: y,
      saved: [y],
      // A kernel of the engine, so that it stands on the tape.
      grad: (upstream, [kept]) =>
        tf.engine().runKernel(slopeName, { y: kept, upstream }, { below: fused.below }) as tf.Tensor[],
    };
  });
}

const slopeName = 'PyroBiasSlope';

function register(): void {
  registerOnWasm<'y' | 'upstream', Pick<Fused, 'below'>>(slopeName, (heap, { y, upstream }, { below }) => {
    const fused = Number.isNaN(below) ? tanh : leakyRelu(below);
    const columns = y.shape[y.shape.length - 1];
    const results = [heap.output(y.shape), heap.output([columns])];
    const [from, up, slope, sums] = [y, upstream, ...results].map((t) => heap.address(t));
    fused.backward(heap, from, up, { rows: sizeOf(y.shape) / columns, columns }, slope, sums);
    return results;
  });
}
