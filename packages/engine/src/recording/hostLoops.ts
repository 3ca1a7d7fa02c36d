/** Loops of machine code on the numbers of arrays, which another package provides and compiled programs use where they are large. */
import type { AdamMoments, AdamRates } from '../ops/adam.js';
import type { ArrayMatrix } from '../wasm/arena.js';

export interface HostLoops {
  /** The product of two matrices, row by row, to `output`, which overlaps neither. The operands hold float32 numbers. */
  multiply(a: FloatMatrix, b: FloatMatrix, output: Float32Array): void;
  /** One step of Adam: moves `values` and `moments` in place. */
  adam(values: Float32Array, gradient: Float32Array, moments: AdamMoments, rates: AdamRates): void;
}

export interface FloatMatrix extends ArrayMatrix {
  readonly values: Float32Array;
}

/** The last one is used. */
const provided: HostLoops[] = [];

/**
 * Lets compiled programs use `loops`, until the function that is returned is called.
 * @example
 * const withdraw = provideLoops(kernel.loops);
 * svi.run(10, data);
 * withdraw();
 */
export function provideLoops(loops: HostLoops): () => void {
  provided.push(loops);
  return () => {
    const at = provided.lastIndexOf(loops);
    if (at >= 0) provided.splice(at, 1);
  };
}

/** The loops that run now, if any. */
export const providedLoops = (): HostLoops | undefined => provided.at(-1);
