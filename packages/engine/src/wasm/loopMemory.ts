/** Memory that our SIMD loops run on: that of TensorFlow.js's wasm engine, or one of our own. */
import { EngineError } from '../errors.js';

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
export type Loops = Readonly<Record<(typeof loopNames)[number], (...args: number[]) => number>>;

export const hasLoops = (exports: object): exports is Loops =>
  loopNames.every((name) => typeof Reflect.get(exports, name) === 'function');

/** Where room for numbers comes from. */
export interface Allocator {
  readonly buffer: () => ArrayBufferLike;
  /** 0 where there is no room. */
  readonly allocate: (bytes: number) => number;
  readonly free: (address: number) => void;
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

export class LoopMemory {
  /** Room for SCRATCH_FLOATS, for whoever runs; nobody keeps anything there. */
  readonly scratch: number;

  constructor(
    private readonly allocator: Allocator,
    readonly loops: Loops,
  ) {
    this.scratch = allocator.allocate(4 * SCRATCH_FLOATS);
  }

  /** The product of two matrices, row major, to `output`. */
  multiply(a: Matrix, b: Matrix, output: number): void {
    const operands = [a.address, a.rowStep, a.columnStep, b.address, b.rowStep, b.columnStep];
    this.loops.multiply(...operands, output, a.rows, a.columns, b.columns, this.scratch);
  }

  /** Runs `body` on room for so many floats, which is given back afterwards. */
  withRoom<R>(floats: number, body: (address: number) => R): R {
    const address = this.allocator.allocate(4 * floats);
    if (address === 0)
      throw new EngineError(`The engine's memory has no room for ${4 * floats} more bytes. Take a smaller batch.`);
    try {
      return body(address);
    } finally {
      this.allocator.free(address);
    }
  }

  /** `count` floats at `address`. Valid until the memory grows: in an engine's, until the next tensor is made. */
  view(address: number, count: number): Float32Array {
    return new Float32Array(this.allocator.buffer(), address, count);
  }

  /** `count` 32-bit integers at `address`, valid as `view` is. */
  integers(address: number, count: number): Int32Array {
    return new Int32Array(this.allocator.buffer(), address, count);
  }
}
