/** Twice as many points along an axis, by repeating or by linear interpolation: one pass over memory on the wasm engine, and one for the gradient. */

import * as tf from '@tensorflow/tfjs';
import { OperandError } from '../errors.js';
import { arenaCall, isOneCall } from '../recording/arenaCall.js';
import { runningHeap } from '../wasm/heap.js';
import { registerGradientOf, registerOnWasm } from '../wasm/kernels.js';
import { customGrad } from './customGrad.js';

const kernelName = 'PyroUpsample2x';
const slopeName = 'PyroUpsample2xSlope';

export type Upsampling = 'linear' | 'nearest';

/** Pieces of `size` numbers, `count` of them in a row and `wanted` in a row of the result. */
interface Pieces {
  readonly size: number;
  readonly count: number;
  readonly wanted: number;
  readonly mode: Upsampling;
}

/**
 * Rows of pieces of `size` numbers, x [rows, count size], to rows of `wanted` pieces, [rows, wanted size]; `wanted` is 2 count or less. "nearest" has each
 * piece twice; "linear" puts the new points a quarter between the old ones. Source: `torch.nn.functional.interpolate(scale_factor=2)` without `align_corners`.
 */
export function upsample2x(x: tf.Tensor2D, size: number, wanted: number, mode: Upsampling): tf.Tensor2D {
  const count = x.shape[1] / size;
  if (!Number.isInteger(count) || wanted > 2 * count || wanted < 0) {
    throw new OperandError(`upsample2x: x [${x.shape}] does not make ${wanted} pieces of ${size} numbers in each row.`);
  }
  if (wanted > 0 && isOneCall(x.size)) return recorded(x, { size, count, wanted, mode });
  if (!runningHeap() || x.size === 0 || wanted === 0) return plainly(x, { size, count, wanted, mode });
  register();
  return tf.engine().runKernel(kernelName, { x }, { size, count, wanted, mode }) as tf.Tensor2D;
}

/** By our loops on memory of their own. */
function recorded(x: tf.Tensor2D, { size, count, wanted, mode }: Pieces): tf.Tensor2D {
  const [rows] = x.shape;
  const isLinear = Number(mode === 'linear');
  return customGrad([x], (pieces) => ({
    value: arenaCall('upsample2x', [pieces], [rows, wanted * size], ({ loops }, [from], to) => {
      loops.upsample2x(from, rows, count, size, wanted, isLinear, to);
    }),
    grad: (dy) => [
      arenaCall('upsample2x, gradient', [dy], x.shape, ({ loops }, [up], to) => {
        loops.upsample2xSlope(up, rows, count, size, wanted, isLinear, to);
      }),
    ],
  })) as tf.Tensor2D;
}

function plainly(x: tf.Tensor2D, { size, count, wanted, mode }: Pieces): tf.Tensor2D {
  const rows = x.shape[0];
  const pieces = (y: tf.Tensor) => tf.reshape(y, [rows * count, 1, size]);
  const [odd, even] = mode === 'linear' && count > 1 ? between(x, count, size) : [x, x];
  const all = tf.reshape(tf.concat([pieces(odd), pieces(even)], 1), [rows, 2 * count * size]) as tf.Tensor2D;
  return wanted === 2 * count ? all : tf.slice(all, [0, 0], [rows, wanted * size]);
}

/** Each piece mixed with the one before it, and with the one after it; the ends with themselves. */
function between(x: tf.Tensor2D, count: number, size: number): [tf.Tensor2D, tf.Tensor2D] {
  const rows = x.shape[0];
  const rest = (count - 1) * size;
  const before = tf.concat([tf.slice(x, [0, 0], [rows, size]), tf.slice(x, [0, 0], [rows, rest])], 1);
  const after = tf.concat([tf.slice(x, [0, size], [rows, rest]), tf.slice(x, [0, rest], [rows, size])], 1);
  const most = tf.mul(x, 0.75);
  return [tf.add(most, tf.mul(before, 0.25)), tf.add(most, tf.mul(after, 0.25))];
}

registerGradientOf<Pieces>({
  kernelName,
  gradFunc: (dy, _, pieces) => ({
    x: () => tf.engine().runKernel(slopeName, { dy }, { ...pieces }) as tf.Tensor,
  }),
});

function register(): void {
  registerOnWasm<'x', Pieces>(kernelName, (heap, { x }, { size, count, wanted, mode }) => {
    const [rows] = x.shape;
    const y = heap.output([rows, wanted * size]);
    heap.loops.upsample2x(heap.address(x), rows, count, size, wanted, Number(mode === 'linear'), heap.address(y));
    return y;
  });
  registerOnWasm<'dy', Pieces>(slopeName, (heap, { dy }, { size, count, wanted, mode }) => {
    const [rows] = dy.shape;
    const dx = heap.output([rows, count * size]);
    heap.loops.upsample2xSlope(
      heap.address(dy),
      rows,
      count,
      size,
      wanted,
      Number(mode === 'linear'),
      heap.address(dx),
    );
    return dx;
  });
}
