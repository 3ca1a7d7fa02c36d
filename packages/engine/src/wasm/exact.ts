/** Two functions of the wasm engine that lose small numbers: its sign(x) is 0 for |x| up to 1e-7, and its log1p(x) is log(1 + x). */
import type * as tf from '@tensorflow/tfjs';
import { wrapOnWasm } from './kernels.js';

/** What we use of tfjs-backend-wasm: tensors, and their numbers where they lie. */
interface Backend {
  makeOutput(shape: number[], dtype: 'float32'): tf.TensorInfo;
  typedArrayFromHeap(x: tf.TensorInfo): Float32Array;
}

/** Puts exact ones in their place. */
export function correctFunctions(): void {
  wrapOnWasm('Sign', (own) => exactly(own, (x) => Math.sign(x) || 0));
  wrapOnWasm('Log1p', (own) => exactly(own, Math.log1p));
}

function exactly(own: tf.KernelFunc, f: (x: number) => number): tf.KernelFunc {
  return (call) => {
    const { x } = call.inputs as { x: tf.TensorInfo };
    if (x.dtype !== 'float32') return own(call);
    const backend = call.backend as Backend;
    const output = backend.makeOutput(x.shape, 'float32');
    const [from, to] = [backend.typedArrayFromHeap(x), backend.typedArrayFromHeap(output)];
    for (let i = 0; i < to.length; i++) to[i] = f(from[i]);
    return output;
  };
}
