/** Gradients of running sums and products, and of products. */
import * as tf from '@tensorflow/tfjs';
import { hostCall } from '../recording/hostCalls.js';
import { registerGradientOf } from '../wasm/kernels.js';
import { ownGradient } from './arithmetic.js';

interface Scan {
  readonly axis: number;
  readonly exclusive: boolean;
  readonly reverse: boolean;
}

/** An axis counted from the left; TensorFlow.js reads beyond its list of axes for one that is counted from the right. */
export const axisOf = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

export function registerScans(): void {
  // TensorFlow.js's transposes once too often.
  registerGradientOf<Scan>({
    kernelName: 'Cumsum',
    gradFunc: (dy, _, { axis, exclusive, reverse }) => ({
      x: () => tf.cumsum(dy, axisOf(axis, dy.rank), exclusive, !reverse),
    }),
  });
  registerGradientOf<Scan>({
    kernelName: 'Cumprod',
    inputsToSave: ['x'],
    gradFunc: (dy, [x], scan) => ({ x: () => cumprodGradient(dy, x, scan) }),
  });
  const own = ownGradient('Prod');
  registerGradientOf<{ axis: number | number[] | null; keepDims: boolean }>({
    kernelName: 'Prod',
    inputsToSave: ['x'],
    gradFunc: (dy, saved, attributes) => {
      const { axis } = attributes;
      const axes = axis === null || axis === undefined ? axis : [axis].flat().map((a) => axisOf(a, saved[0].rank));
      return own(dy, saved, { ...attributes, axis: axes });
    },
  });
}

/**
 * With p_i the product of what comes before x_i, and s_i = dy_i + x_{i+1} s_{i+1} (for an exclusive scan s_i = dy_{i+1} + x_{i+1} s_{i+1}), the
 * gradient is p_i s_i, also where an x is 0. In float64 on the host.
 */
function cumprodGradient(dy: tf.Tensor, x: tf.Tensor, { axis, exclusive, reverse }: Scan): tf.Tensor {
  const at = axisOf(axis, x.rank);
  const n = x.shape[at];
  const step = x.shape.slice(at + 1).reduce((a, b) => a * b, 1);
  const run = ([values, upstream]: readonly ArrayLike<number>[], out: Float32Array | Int32Array): void => {
    for (let start = 0; start < values.length; start++) {
      // The first of each line along the axis.
      if (Math.floor(start / step) % n !== 0) continue;
      const place = (i: number) => start + step * (reverse ? n - 1 - i : i);
      for (let i = 0, before = 1; i < n; before *= values[place(i)], i++) out[place(i)] = before;
      let after = 0;
      for (let i = n - 1; i >= 0; i--) {
        const next = i + 1 < n ? values[place(i + 1)] * after : 0;
        const own = exclusive ? (i + 1 < n ? upstream[place(i + 1)] : 0) : upstream[place(i)];
        after = own + next;
        out[place(i)] *= after;
      }
    }
  };
  return hostCall({ name: 'gradient of cumprod', inputs: [x, dy], shape: x.shape, dtype: 'float32', run });
}
