/** Reports that the engine's memory is full, where tfjs-wasm aborts and loses every tensor. */
import * as tf from '@tensorflow/tfjs';
import { EngineError } from '../errors.js';

interface Allocator {
  _malloc(bytes: number): number;
  _free(address: number): void;
}

const guarded = new WeakSet<Allocator>();

/** Makes the running wasm engine throw an EngineError where its memory has no room for another tensor. */
export function guardMemory(): void {
  const { wasm } = tf.backend() as { wasm?: Allocator };
  if (typeof wasm?._malloc !== 'function' || guarded.has(wasm)) return;
  guarded.add(wasm);
  // The first call puts another function in its place.
  wasm._free(wasm._malloc(4));
  const allocate = wasm._malloc;
  wasm._malloc = (bytes) => {
    const address = allocate(bytes);
    if (address !== 0 || bytes === 0) return address;
    throw new EngineError(
      `The engine's memory has no room for another tensor of ${bytes} bytes: a wasm engine has at most 4 GB. Take a smaller batch or subsample, ` +
        'dispose of what is no longer needed (tf.tidy), or use the engine "tensorflow".',
    );
  };
}
