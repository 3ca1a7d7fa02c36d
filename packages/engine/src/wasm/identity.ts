/**
 * Clones without copies on the wasm engine. Its own kernel copies the whole tensor whenever a tensor is cloned, and every tensor that a gradient
 * needs is cloned; a tensor's memory never changes while it lives, so counting one more owner is enough, as on the other engines.
 */
import * as tf from '@tensorflow/tfjs';

const kernelName = 'Identity';
const backendName = 'wasm';

/** Puts the kernel in place of tfjs's; strings, which live elsewhere, keep tfjs's. */
export function shareClones(): void {
  const own = tf.getKernel(kernelName, backendName);
  if (own === undefined || own.kernelFunc === share) return;
  copy = own.kernelFunc;
  tf.unregisterKernel(kernelName, backendName);
  tf.registerKernel({ ...own, kernelFunc: share });
}

let copy: tf.KernelFunc;

const share: tf.KernelFunc = (call) => {
  const { x } = call.inputs as { x: tf.TensorInfo };
  if (x.dtype === 'string') return copy(call);
  (call.backend as { incRef(id: object): void }).incRef(x.dataId);
  return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
};
