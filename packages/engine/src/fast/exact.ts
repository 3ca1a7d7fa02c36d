/** Two functions of the wasm engine that lose small numbers: its sign(x) is 0 for |x| up to 1e-7, and its log1p(x) is log(1 + x). */
import type * as tf from '@tensorflow/tfjs';
import { sizeOf } from '../ops/shapes.js';
import { runningHeap } from './heap.js';
import { wrapOnWasm } from './kernels.js';

/** Puts exact ones in their place, where the engine shows its memory. */
export function correctFunctions(): void {
  wrapOnWasm('Sign', (own) => exactly(own, (x) => Math.sign(x) || 0));
  wrapOnWasm('Log1p', (own) => exactly(own, Math.log1p));
}

function exactly(own: tf.KernelFunc, f: (x: number) => number): tf.KernelFunc {
  return (call) => {
    const { x } = call.inputs as { x: tf.TensorInfo };
    const heap = x.dtype === 'float32' ? runningHeap() : undefined;
    const size = sizeOf(x.shape);
    if (!heap || size === 0) return own(call);
    const output = heap.output(x.shape);
    const [from, to] = [heap.view(heap.address(x), size), heap.view(heap.address(output), size)];
    for (let i = 0; i < size; i++) to[i] = f(from[i]);
    return output;
  };
}
