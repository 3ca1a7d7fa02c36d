/** The largest of each 2 x 2 places, with a right gradient on every engine: that of tfjs-wasm's own `maxPool` is wrong, without an error. */
import * as tf from '@tensorflow/tfjs';
import { arenaCall, isOneCall } from '../recording/arenaCall.js';
import { runningHeap } from '../wasm/heap.js';
import { registerGradientOf, registerOnWasm } from '../wasm/kernels.js';
import { customGrad } from './customGrad.js';

const kernelName = 'PyroMaxPool';
const slopeName = 'PyroMaxPoolSlope';

/**
 * x [batch, height, width, channels] to [batch, floor(height / 2), floor(width / 2), channels]; a height or width of 1 stays, and the last row or
 * column of an odd number is dropped. Where places are equal, the first of them (row by row) gets the gradient, as in PyTorch.
 * @example maxPool(tf.tensor4d([1, 2, 5, 4], [1, 1, 4, 1])).flatten() // [2, 5]
 */
export function maxPool(x: tf.Tensor4D): tf.Tensor4D {
  if (runningHeap() && x.size > 0 && x.dtype === 'float32') {
    register();
    return tf.engine().runKernel(kernelName, { x }) as tf.Tensor4D;
  }
  if (isOneCall(x.size)) return recorded(x);
  const [batch, height, width, channels] = x.shape;
  const [, h, w] = halved(x.shape);
  const isWide = width > 1;
  const isTall = height > 1;
  const [usedHeight, usedWidth] = [isTall ? 2 * h : 1, isWide ? 2 * w : 1];
  const used =
    usedHeight === height && usedWidth === width
      ? x
      : tf.slice(x, [0, 0, 0, 0], [batch, usedHeight, usedWidth, channels]);
  const across = isWide ? largerHalf(used, batch * usedHeight * w, channels) : used;
  const down = isTall ? largerHalf(across, batch * h, w * channels) : across;
  return tf.reshape(down, [batch, h, w, channels]);
}

/** By our loops on memory of their own. */
function recorded(x: tf.Tensor4D): tf.Tensor4D {
  const [batch, height, width, channels] = x.shape;
  return customGrad([x], (images) => ({
    value: arenaCall('maxPool', [images], halved(x.shape), ({ loops }, [from], to) => {
      loops.maxPool(from, batch, height, width, channels, to);
    }),
    saved: [images],
    grad: (dy, [seen]) => [
      arenaCall('maxPool, gradient', [seen, dy], x.shape, ({ loops }, [from, up], to) => {
        loops.maxPoolSlope(from, batch, height, width, channels, up, to);
      }),
    ],
  })) as tf.Tensor4D;
}

/** Of images' sizes. */
const halved = ([batch, height, width, channels]: number[]) => [
  batch,
  Math.max(1, Math.floor(height / 2)),
  Math.max(1, Math.floor(width / 2)),
  channels,
];

registerGradientOf({
  kernelName,
  inputsToSave: ['x'],
  gradFunc: (dy, [x]) => ({
    x: () => tf.engine().runKernel(slopeName, { x, dy }) as tf.Tensor,
  }),
});

/** Each in one pass over memory; the slope has no gradient itself. */
function register(): void {
  registerOnWasm<'x', object>(kernelName, (heap, { x }) => {
    const y = heap.output(halved(x.shape));
    const [batch, height, width, channels] = x.shape;
    heap.loops.maxPool(heap.address(x), batch, height, width, channels, heap.address(y));
    return y;
  });
  registerOnWasm<'x' | 'dy', object>(slopeName, (heap, { x, dy }) => {
    const dx = heap.output(x.shape);
    const [batch, height, width, channels] = x.shape;
    heap.loops.maxPoolSlope(heap.address(x), batch, height, width, channels, heap.address(dy), heap.address(dx));
    return dx;
  });
}

/** Of `rows` rows, each of two halves of `size` numbers: the larger number of the two. */
function largerHalf(x: tf.Tensor, rows: number, size: number): tf.Tensor {
  const pairs = tf.reshape(x, [rows, 2 * size]);
  return tf.maximum(tf.slice(pairs, [0, 0], [rows, size]), tf.slice(pairs, [0, size], [rows, size]));
}
