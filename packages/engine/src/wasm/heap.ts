/**
 * Our own SIMD loops on the memory of TensorFlow.js's wasm engine: no copies in, none out. They are there once `attachLoops` has run and where the
 * engine shows its memory; every operation that uses them has another way where they are not.
 */
import * as tf from '@tensorflow/tfjs';
import { loopsModule } from './arena.js';
import { hasLoops, LoopMemory, type Loops } from './loopMemory.js';

/** What we use of tfjs-backend-wasm 4; all of it is looked for before it is relied on. */
interface WasmBackend {
  readonly wasm: {
    readonly asm: { readonly memory: WebAssembly.Memory };
    readonly HEAPU8: Uint8Array;
    _malloc(bytes: number): number;
    _free(address: number): void;
  };
  readonly dataIdMap: { get(id: object): { readonly memoryOffset: number } };
  makeOutput(shape: number[], dtype: 'float32'): tf.TensorInfo;
}

/** The memory of one wasm engine, with the loops that run on it. */
export class Heap extends LoopMemory {
  constructor(
    private readonly backend: WasmBackend,
    loops: Loops,
  ) {
    const { wasm } = backend;
    super(
      {
        buffer: () => wasm.HEAPU8.buffer,
        allocate: (bytes) => wasm._malloc(bytes) >>> 0,
        free: (address) => wasm._free(address),
      },
      loops,
    );
  }

  address(tensor: tf.TensorInfo): number {
    return this.backend.dataIdMap.get(tensor.dataId).memoryOffset;
  }

  /** A float32 tensor with whatever lies in its memory; it belongs to nobody yet. */
  output(shape: readonly number[]): tf.TensorInfo {
    return this.backend.makeOutput(shape as number[], 'float32');
  }
}

const heaps = new WeakMap<object, Heap>();

/** The memory of the running engine, or undefined where it is not wasm or the loops do not run on it. */
export const runningHeap = (): Heap | undefined => heaps.get(tf.backend());

/** Puts the loops onto the running wasm engine. Does nothing, for good, where they cannot run (no SIMD, or a memory shared by threads). */
export async function attachLoops(): Promise<void> {
  const backend = tf.backend();
  if (heaps.has(backend) || !isWasm(backend)) return;
  try {
    const imports = { env: { memory: backend.wasm.asm.memory } };
    const { exports } = await WebAssembly.instantiate((await loopsModule()) as WebAssembly.Module, imports);
    if (hasLoops(exports)) heaps.set(backend, new Heap(backend, exports));
  } catch {
    // The engine computes with its own kernels, as without us.
  }
}

function isWasm(backend: object): backend is WasmBackend {
  const { wasm, dataIdMap, makeOutput } = backend as Partial<WasmBackend>;
  return (
    wasm?.asm?.memory instanceof WebAssembly.Memory &&
    wasm.HEAPU8?.buffer === wasm.asm.memory.buffer &&
    typeof wasm._malloc === 'function' &&
    typeof wasm._free === 'function' &&
    typeof dataIdMap?.get === 'function' &&
    typeof makeOutput === 'function'
  );
}
