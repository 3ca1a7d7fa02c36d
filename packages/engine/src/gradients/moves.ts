/** Gradients of operations that move numbers about, without changing them: each goes back to where it came from, and adds up where it was taken twice. */
import * as tf from '@tensorflow/tfjs';
import { registerGradientOf } from '../wasm/kernels.js';

export function registerMoves(): void {
  for (const name of ['StridedSlice', 'MirrorPad', 'DepthToSpace']) {
    registerGradientOf({
      kernelName: name,
      inputsToSave: ['x'],
      gradFunc: (dy, [x], attributes) => ({
        x: () => addAt(dy, run(name, { x: numbered(x) }, attributes), x.shape),
      }),
    });
  }
  registerGradientOf({
    kernelName: 'GatherNd',
    inputsToSave: ['params', 'indices'],
    gradFunc: (dy, [params, indices]) => ({
      params: () => addAt(dy, run('GatherNd', { params: numbered(params), indices }), params.shape),
    }),
  });
  registerGradientOf({
    kernelName: 'ScatterNd',
    inputsToSave: ['indices'],
    gradFunc: (dy, [indices]) => ({ updates: () => run('GatherNd', { params: dy, indices }) }),
  });
  registerGradientOf({
    kernelName: 'TensorScatterUpdate',
    inputsToSave: ['indices', 'updates'],
    gradFunc: (dy, [indices, updates]) => ({
      tensor: () => tf.tensorScatterUpdate(dy, indices, tf.zeros(updates.shape)),
      updates: () => run('GatherNd', { params: dy, indices }),
    }),
  });
  registerGradientOf({
    kernelName: 'Diag',
    inputsToSave: ['x'],
    gradFunc: (dy, [x]) => ({ x: () => addAt(tf.diag(tf.ones(x.shape)).mul(dy), rowsOf(x), x.shape) }),
  });
  registerGradientOf<object, tf.Tensor[]>({
    kernelName: 'TopK',
    inputsToSave: ['x'],
    outputsToSave: [false, true],
    gradFunc: ([dy], [x, indices]) => ({
      x: () => {
        const [n, k] = [x.shape[x.rank - 1], indices.shape[indices.rank - 1]];
        const places = Float64Array.from(indices.dataSync(), (index, i) => Math.floor(i / k) * n + index);
        return addAt(dy, places, x.shape);
      },
    }),
  });
  // TensorFlow.js passes the gradient of a list of one without the list.
  registerGradientOf<{ axis: number }, tf.Tensor | tf.Tensor[]>({
    kernelName: 'Unpack',
    gradFunc: (dy, _, { axis }) => ({ value: () => tf.stack([dy].flat(), axis) }),
  });
}

const run = (kernelName: string, inputs: tf.NamedTensorMap, attributes = {}): tf.Tensor =>
  tf.engine().runKernel(kernelName, inputs, attributes) as tf.Tensor;

/** The place of each entry; exact up to 2^24, beyond which no engine holds a program's tensor. */
const numbered = (x: tf.Tensor): tf.Tensor => tf.reshape(tf.range(0, x.size), x.shape);

/** The place in `x` that each entry of tf.diag(x) is added to. */
const rowsOf = (x: tf.Tensor): Float64Array =>
  Float64Array.from({ length: x.size ** 2 }, (_, i) => Math.floor(i / x.size));

/** Zeros of `shape` to which `dy` is added at `places`. */
function addAt(dy: tf.Tensor, places: tf.Tensor | Float64Array, shape: number[]): tf.Tensor {
  const at = places instanceof tf.Tensor ? places.dataSync() : places;
  const upstream = dy.dataSync();
  const sums = new Float64Array(shape.reduce((a, b) => a * b, 1));
  for (let i = 0; i < upstream.length; i++) sums[at[i]] += upstream[i];
  return tf.tensor(Float32Array.from(sums), shape, 'float32');
}
