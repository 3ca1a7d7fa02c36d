/**
 * Our own SIMD loops on the memory of TensorFlow.js's wasm engine: no copies in, none out. They are there once `attachLoops` has run and where the
 * engine shows its memory; every operation that uses them has another way where they are not.
 */
import * as tf from '@tensorflow/tfjs';
import { EngineError } from '../errors.js';
import { compileSimd } from './compile.js';

/** What assembly/index.ts exports. */
const loopNames = [
  'adam',
  'addRow',
  'biasLeakyRelu',
  'biasTanh',
  'biasTanhSlope',
  'convolve',
  'upsample2x',
  'upsample2xSlope',
  'filterGradient',
  'firstOutside',
  'leakyReluSlope',
  'logMass',
  'logMassSlope',
  'maxPool',
  'maxPoolSlope',
  'multiply',
  'packFilter',
  'padImages',
  'resample',
  'sumRows',
] as const;
/** Addresses and strides are in bytes; the order of the arguments is that of assembly/. */
type Loops = Readonly<Record<(typeof loopNames)[number], (...args: number[]) => number>>;

const hasLoops = (exports: object): exports is Loops =>
  loopNames.every((name) => typeof Reflect.get(exports, name) === 'function');

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

/** Of a packed product (assembly/multiply.ts): DEPTH * (ROWS + COLUMNS) + one tile. */
const SCRATCH_FLOATS = 256 * (64 + 256) + 32;

/** A matrix of floats in the engine's memory; steps are bytes from one row, or column, to the next. */
export interface Matrix {
  readonly address: number;
  readonly rows: number;
  readonly columns: number;
  readonly rowStep: number;
  readonly columnStep: number;
}

/** A row-major matrix. */
export const matrixAt = (address: number, rows: number, columns: number): Matrix => ({
  address,
  rows,
  columns,
  rowStep: 4 * columns,
  columnStep: 4,
});

export const transposed = ({ address, rows, columns, rowStep, columnStep }: Matrix): Matrix => ({
  address,
  rows: columns,
  columns: rows,
  rowStep: columnStep,
  columnStep: rowStep,
});

/** The memory of one wasm engine, with the loops that run on it. */
export class Heap {
  /** Room for SCRATCH_FLOATS, for whoever runs; nobody keeps anything there. */
  readonly scratch: number;

  constructor(
    private readonly backend: WasmBackend,
    readonly loops: Loops,
  ) {
    this.scratch = backend.wasm._malloc(4 * SCRATCH_FLOATS) >>> 0;
  }

  address(tensor: tf.TensorInfo): number {
    return this.backend.dataIdMap.get(tensor.dataId).memoryOffset;
  }

  /** A float32 tensor with whatever lies in its memory; it belongs to nobody yet. */
  output(shape: readonly number[]): tf.TensorInfo {
    return this.backend.makeOutput(shape as number[], 'float32');
  }

  /** The product of two matrices, row major, to `output`. */
  multiply(a: Matrix, b: Matrix, output: number): void {
    const operands = [a.address, a.rowStep, a.columnStep, b.address, b.rowStep, b.columnStep];
    this.loops.multiply(...operands, output, a.rows, a.columns, b.columns, this.scratch);
  }

  /** Runs `body` on room for so many floats, which is given back afterwards. */
  withRoom(floats: number, body: (address: number) => void): void {
    const address = this.backend.wasm._malloc(4 * floats) >>> 0;
    if (address === 0)
      throw new EngineError(`The engine's memory has no room for ${4 * floats} more bytes. Take a smaller batch.`);
    try {
      body(address);
    } finally {
      this.backend.wasm._free(address);
    }
  }

  /** `count` floats at `address`. Valid until the engine's memory grows, so until the next tensor is made. */
  view(address: number, count: number): Float32Array {
    return new Float32Array(this.backend.wasm.HEAPU8.buffer, address, count);
  }

  /** `count` 32-bit integers at `address`, valid as `view` is. */
  integers(address: number, count: number): Int32Array {
    return new Int32Array(this.backend.wasm.HEAPU8.buffer, address, count);
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
    const { module } = await compileSimd(await import('./binary.js'));
    const imports = { env: { memory: backend.wasm.asm.memory } };
    const { exports } = await WebAssembly.instantiate(module as WebAssembly.Module, imports);
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
