/**
 * A convolution that has both gradients on every engine: tfjs-wasm has none for the filter, and its gradient for the image is ten times slower than
 * the same sum written as a convolution with the turned filter. On the wasm engine our own loops run where they can.
 */

import * as tf from '@tensorflow/tfjs';
import { OperandError } from '../errors.js';
import { arenaCall } from '../recording/arenaCall.js';
import { isRecording } from '../recording/hostCalls.js';
import { hasArena } from '../wasm/arena.js';
import { convolveOn, filterGradientOn, imagesOn } from '../wasm/convolution.js';
import { runningHeap } from '../wasm/heap.js';
import { registerGradientOf, registerKernelOf, registerOnWasm } from '../wasm/kernels.js';
import { customGrad } from './customGrad.js';
import { matMul } from './dense.js';
import { sizeOf } from './shapes.js';

const kernelName = 'PyroConvolution';
const imageGradientName = 'PyroConvolutionImages';
const filterGradientName = 'PyroConvolutionFilter';
const registered = new Set<string>();

/** The engines' own kernel, with a stride of 1 and as much padding as keeps the size. */
const attrs = { strides: [1, 1], pad: 'same', dataFormat: 'NHWC', dilations: [1, 1] };

registerGradientOf<object, tf.Tensor4D, tf.Tensor4D>({
  kernelName,
  inputsToSave: ['x', 'filter'],
  gradFunc: (dy, [x, filter]) => {
    if (runningHeap() && x.size > 0 && filter.size > 0) return gradientsOnWasm(x, filter, dy);
    return {
      x: () => convolution(dy, tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2])),
      filter: () => filterGradient(x, dy, filter.shape[0], filter.shape[1]),
    };
  },
});

/**
 * y[b, i, j, o] = sum of x[b, i + u - h, j + v - w, c] filter[u, v, c, o] over u, v and c, zeros around x: [batch, height, width, outputs] for
 * x [batch, height, width, inputs] and a filter [2 h + 1, 2 w + 1, inputs, outputs]. A signal is an image of height 1.
 * @example convolution(tf.ones([1, 1, 3, 1]), tf.ones([1, 3, 1, 1])).flatten() // [2, 3, 2]
 */
export function convolution(x: tf.Tensor4D, filter: tf.Tensor4D): tf.Tensor4D {
  const [height, width, inputs] = filter.shape;
  if (x.rank !== 4 || filter.rank !== 4 || x.shape[3] !== inputs || height % 2 === 0 || width % 2 === 0) {
    throw new OperandError(
      `convolution: images [batch, height, width, inputs] and a filter [odd, odd, inputs, outputs] are needed, not [${x.shape}] and [${filter.shape}].`,
    );
  }
  if (isRecording() && hasArena() && x.size > 0 && filter.size > 0) return recorded(x, filter);
  registerOn(tf.getBackend());
  return tf.engine().runKernel(kernelName, { x, filter }) as tf.Tensor4D;
}

/** By our loops on memory of their own. */
function recorded(x: tf.Tensor4D, filter: tf.Tensor4D): tf.Tensor4D {
  const outputs = [...x.shape.slice(0, 3), filter.shape[3]];
  const at = (address: number, shape: readonly number[]) => ({ address, shape });
  return customGrad([x, filter], (images, weights) => ({
    value: arenaCall('convolution', [images, weights], outputs, (memory, [from, by], to) => {
      convolveOn(memory, at(from, x.shape), at(by, filter.shape), false, to);
    }),
    saved: [images, weights],
    grad: (dy, [seen, by]) => [
      arenaCall('convolution, gradient of the images', [dy, by], x.shape, (memory, [up, w], to) => {
        convolveOn(memory, at(up, outputs), at(w, filter.shape), true, to);
      }),
      arenaCall('convolution, gradient of the filter', [seen, dy], filter.shape, (memory, [from, up], to) => {
        filterGradientOn(memory, at(from, x.shape), at(up, outputs), at(to, filter.shape));
      }),
    ],
  })) as tf.Tensor4D;
}

/**
 * The sum over all places of x times dy, for each offset of the filter. With the padded images laid end to end, an offset is a shift of the rows, so
 * that each is one matrix product; what wraps around the edges meets zeros.
 */
function filterGradient(x: tf.Tensor4D, dy: tf.Tensor4D, height: number, width: number): tf.Tensor4D {
  const [batch, rows, columns, inputs] = x.shape;
  const outputs = dy.shape[3];
  const pitch = columns + width - 1;
  const places = batch * (rows + height - 1) * pitch;
  const used = places - (height - 1) * pitch - (width - 1);
  const [top, left] = [(height - 1) / 2, (width - 1) / 2];
  const around = tf.pad(x, [
    [0, 0],
    [top, top],
    [left, left],
    [0, 0],
  ]);
  const after = tf.pad(dy, [
    [0, 0],
    [0, 2 * top],
    [0, 2 * left],
    [0, 0],
  ]);
  const images = tf.transpose(tf.reshape(around, [places, inputs]));
  const upstream = tf.slice(tf.reshape(after, [places, outputs]), [0, 0], [used, outputs]) as tf.Tensor2D;
  const offsets = Array.from({ length: height * width }, (_, k) => Math.floor(k / width) * pitch + (k % width));
  const sums = offsets.map((offset) => matMul(tf.slice(images, [0, offset], [inputs, used]) as tf.Tensor2D, upstream));
  return tf.reshape(tf.concat(sums, 0), [height, width, inputs, outputs]);
}

/** Both gradients by our own loops. They have no gradients themselves. */
function gradientsOnWasm(x: tf.Tensor4D, filter: tf.Tensor4D, dy: tf.Tensor4D) {
  registerOnWasm<'filter' | 'dy', object>(imageGradientName, (heap, given) => {
    const output = heap.output([...given.dy.shape.slice(0, 3), given.filter.shape[2]]);
    convolveOn(heap, imagesOn(heap, given.dy), imagesOn(heap, given.filter), true, heap.address(output));
    return output;
  });
  registerOnWasm<'x' | 'dy', { readonly shape: number[] }>(filterGradientName, (heap, given, { shape }) => {
    const gradient = heap.output(shape);
    filterGradientOn(heap, imagesOn(heap, given.x), imagesOn(heap, given.dy), imagesOn(heap, gradient));
    return gradient;
  });
  const run = (name: string, inputs: tf.NamedTensorMap, more = {}) =>
    tf.engine().runKernel(name, inputs, more) as tf.Tensor4D;
  return {
    x: () => run(imageGradientName, { filter, dy }),
    filter: () => run(filterGradientName, { x, dy }, { shape: filter.shape }),
  };
}

/** The kernel on one backend: our loops where they run, else its own convolution, under a name that has the gradient above. */
function registerOn(backendName: string): void {
  if (registered.has(backendName)) return;
  const own = tf.getKernel('Conv2D', backendName);
  registerKernelOf<'x' | 'filter'>(kernelName, backendName, ({ inputs, backend }) => {
    const { x, filter } = inputs;
    const heap = sizeOf(x.shape) > 0 && sizeOf(filter.shape) > 0 ? runningHeap() : undefined;
    if (!heap) return own.kernelFunc({ inputs, backend, attrs });
    const output = heap.output([...x.shape.slice(0, 3), filter.shape[3]]);
    convolveOn(heap, imagesOn(heap, x), imagesOn(heap, filter), false, heap.address(output));
    return output;
  });
  registered.add(backendName);
}
